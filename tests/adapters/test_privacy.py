"""The page for whoever answers for privacy says what is so: its copy, columns, files, keys and tests."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path

import pytest

from adapters import privacy
from adapters.commands import privacy as command
from adapters.gates.book_file import HIDDEN_COLUMNS as GATES_HIDDEN
from adapters.stores.hidden import HIDDEN_COLUMNS
from adapters.wiring import Options, open_desk
from engine import Audience
from tests.adapters.real_desk import finish
from tests.guards.tree import ROOT, imports, modules

NETWORK = frozenset(
    "aiohttp asyncio ftplib http httpx imaplib poplib requests smtplib socket socketserver ssl telnetlib"
    " urllib.request urllib3 websockets xmlrpc".split()
)
PURPOSE = re.compile(r'b?"(unstuck [a-z ]+)"')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder after a conversation that looked, changed and sent something."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("data")
        patch.setenv("XDG_DATA_HOME", str(root))
        with open_desk(Options()) as desk:
            finish(desk.driver, desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT))
        return root / "unstuck"


def test_the_copy_that_lies_beside_the_program_is_the_page() -> None:
    path = Path(command.__file__).with_name(command.COPY)
    words = "The page has changed: unstuck privacy > adapters/commands/privacy.md"
    assert path.read_text(encoding="utf-8") == command.page(), words


def test_what_is_called_encrypted_is(home: Path) -> None:
    seen = set()
    for name, tables in (("sessions.db", HIDDEN_COLUMNS), ("gates.db", {"entry": GATES_HIDDEN})):
        with closing(sqlite3.connect(home / name)) as db:
            for table, columns in tables.items():
                for column in columns:
                    for (value,) in db.execute(f"SELECT {column} FROM {table}"):
                        ended = column == "waiting" and value.startswith("end ")
                        assert not value or ended or value[:1] in ("~", b"\x01"), (table, column, value)
                        seen.add(table)
    assert {"sessions", "events", "ledger", "entry"} <= seen


def test_every_file_that_is_left_is_on_the_page(home: Path) -> None:
    told = [word for file in privacy.FILES for word in patterns(file.name)]
    for path in home.rglob("*"):
        name = str(path.relative_to(home))
        if path.is_file():
            assert any(fnmatch(name, each) for each in told), name
            assert path.stat().st_mode & 0o077 == 0 or name.startswith(("mail/", "clinic.db")), name


def patterns(name: str) -> list[str]:
    """`a.db, -wal` as the names of files: a.db and a.db-wal; a folder stands for all in it."""
    first, *ends = name.split(", ")
    if first.endswith("/"):
        return [first + "*"]
    base = first.partition("-wal")[0]
    return [first, *(base + end for end in ends)]


def test_every_key_is_on_the_page() -> None:
    told = {name for path in (ROOT / "adapters").rglob("*.py") for name in found(path)}
    assert told == set(privacy.KEYS)


def found(path: Path) -> set[str]:
    """The purposes that keys are derived for in this file."""
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "derived(" in line or "person=" in line]
    lines += [line for line in text.splitlines() if line.startswith("_PURPOSE = ")]
    return {name for line in lines for name in PURPOSE.findall(line)}


def test_nothing_else_leaves_the_machine() -> None:
    speaking = {
        name
        for _, name, tree in modules("adapters", "engine")
        for source, _, _ in imports(tree, name)
        if source in NETWORK or source.partition(".")[0] in NETWORK
    }
    told = {name: [each for each in speaking if f"{each}.".startswith(f"{name}.")] for name in privacy.LEAVES}
    assert all(told.values())
    assert speaking == {each for found in told.values() for each in found}


def test_every_test_that_is_named_is_there() -> None:
    for promise, test in privacy.TESTED:
        path, _, name = test.partition("::")
        text = (ROOT / "tests" / path).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text, promise


def test_a_column_without_words_is_not_kept_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "IN_CLEAR", {})
    with pytest.raises(KeyError, match="kept in clear"):
        list(privacy.columns())


def test_what_the_audit_keeps_is_told_as_it_is() -> None:
    told = {(action, value): kept for action, value, kept in privacy.audited()}
    assert told["get_client", "client"] == "a pseudonym"
    assert told["update_email", "new_email"] == "a keyed digest"
    assert told["set_temporary_password", "password"] == "nothing of it"
    assert told["set_portal_settings", "online_access"] == "as it is"
