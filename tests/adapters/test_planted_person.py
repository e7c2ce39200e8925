"""A person with a name, an address, a number, a birth date and a phrase in a note is looked for in every file
that unstuck writes: during, after, in a copy, and once they were erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli import unstuck
from adapters.wiring import Options, open_desk
from engine import Audience

PLANTED = {
    "name": "Zenobia Quillfeather",
    "email": "zenobia.quillfeather@clinic.example",
    "phone": "+15550142277",
    "birth date": "1971-08-19",
    "note": "the marmalade incident",
}
PEOPLE = """\
clients:
  - {name: Zenobia Quillfeather, kind: adult, email: zenobia.quillfeather@clinic.example,
     phone: "+15550142277", birth_date: 1971-08-19, online_access: false, email_notifications: false}
"""
CLINICS_OWN = ("clinic.db",)
"""The clinic's own system, which is the record of its people, is not unstuck's to hide."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    home = tmp_path / "data" / "unstuck"
    home.mkdir(parents=True)
    run("clinic", "init", str(home / "clinic.db"), "--from", str(tmp_path / "people.yaml"))
    return tmp_path


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(unstuck, list(words), catch_exceptions=False, standalone_mode=False)
    assert done.return_value in (code, None), done.output
    return done.output


def hits(folder: Path, *, mail: bool = True) -> Iterator[str]:
    """Where any part of the person stands in clear, in any of the usual encodings."""
    for path in folder.rglob("*"):
        own = path.name.startswith(CLINICS_OWN) or path.name == "people.yaml"
        if not path.is_file() or own or (not mail and "mail" in path.parts):
            continue
        data = path.read_bytes().lower()
        for what, text in PLANTED.items():
            if any(text.lower().encode(code) in data for code in ("utf-8", "utf-16-le", "utf-16-be")):
                yield f"{what} in {path.relative_to(folder)}"


def held(home: Path) -> str:
    """A conversation about the person, with everything in it; looked for while it is under way."""
    with open_desk(Options(log_file=home / "unstuck.log", log_level="debug")) as desk:
        view = desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        view = desk.driver.answer(view.session, PLANTED["name"], seq=view.seq)
        desk.driver.note(view.session, f"{PLANTED['note']} {PLANTED['phone']} {PLANTED['birth date']}")
        view = desk.driver.answer(view.session, "missing", seq=view.seq)
        view = desk.driver.answer(view.session, "both", seq=view.seq)
        assert view.problem is None
        assert list(hits(home, mail=False)) == []
        return view.session


def test_a_person_stands_in_clear_nowhere_and_after_erasing_not_even_encrypted(home: Path) -> None:
    session = held(home)
    assert list(hits(home, mail=False)) == []
    run("sessions", "backup", str(home / "copy.db"))
    assert list(hits(home, mail=False)) == []
    assert PLANTED["note"] in run("person", "export", PLANTED["name"])
    assert session in run("person", "find", PLANTED["email"])
    assert "Nothing was done yet" in run("person", "erase", PLANTED["name"])
    assert session in run("person", "find", PLANTED["name"])
    run("person", "erase", PLANTED["name"], "--yes")
    assert "Conversations: none" in run("person", "find", PLANTED["name"], code=1)
    assert session not in run("sessions", "list")
    assert list(hits(home)) == []
    assert run("audit", "verify").startswith("The audit is as it was written")


def test_what_is_outdated_goes_and_what_is_not_stays(home: Path) -> None:
    session = held(home)
    (home / "retention.yaml").write_text("unfinished: 1\n", encoding="utf-8")
    told = run("sessions", "purge", "--outdated", "--config", str(home), "--yes")
    assert "1 if unfinished" in told
    assert session in run("sessions", "list")
    assert run("audit", "verify").startswith("The audit is as it was written")
