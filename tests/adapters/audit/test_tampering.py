"""A real store with a real audit is changed behind its back, in every way there is: the first bad entry is
named; and where nothing can be audited, nothing is done."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from adapters.audit.chain import Link
from adapters.audit.trail import AuditTrail, head_path
from adapters.cli import run
from adapters.driver import Driver
from adapters.problems import Unusable
from adapters.stores.port import Commit
from adapters.stores.sqlite import SqliteStore
from adapters.wiring import Options, open_desk, open_store_behind, open_trail, trail_of
from engine import Audience
from tests.adapters.real_desk import finish

ENTRIES = 24
COMMIT = Commit((b"{}",), b"{}", 1, "here", (), "2026-11-23T09:30:00Z")


def filled(path: Path, entries: int = ENTRIES) -> Path:
    """A store with so many entries in its audit."""
    with SqliteStore(path, open_trail) as store:
        for number in range(1, entries + 1):
            store.note_down((f'{{"n":{number}}}'.encode(),))
    return path


def first_flaw(path: Path) -> tuple[int, str] | None:
    """What looking the audit over finds."""
    with open_store_behind(path) as store:
        trail = trail_of(store)
        head = trail.head()
        before, entries = store.audited()
        checked = trail.look_over(before, [Link(*each) for each in entries], head)
    return None if checked.flaw is None else (checked.flaw.number, checked.flaw.what)


def damage(db: sqlite3.Connection, random: Random) -> int:
    """Edit, delete, insert or swap something; the number of the first entry that is not as it was."""
    one = random.randint(1, ENTRIES)
    kind = random.choice(("body", "seal", "delete", "swap", "copy", "insert"))
    if kind in ("body", "seal"):
        (old,) = db.execute(f"SELECT {kind} FROM audit WHERE number = ?", (one,)).fetchone()
        at = random.randrange(len(old))
        new = old[:at] + bytes([old[at] ^ (1 << random.randrange(8))]) + old[at + 1 :]
        db.execute(f"UPDATE audit SET {kind} = ? WHERE number = ?", (new, one))
        return one
    if kind == "delete":
        db.execute("DELETE FROM audit WHERE number = ?", (one,))
        return one
    if kind == "insert":
        db.execute("UPDATE audit SET number = -number - 1 WHERE number >= ?", (one,))
        db.execute("UPDATE audit SET number = -number WHERE number < 0")
        db.execute("INSERT INTO audit VALUES (?, ?, ?)", (one, b'{"n":0}', random.randbytes(32)))
        return one
    two = random.choice([each for each in range(1, ENTRIES + 1) if each != one])
    rows = {
        n: db.execute("SELECT body, seal FROM audit WHERE number = ?", (n,)).fetchone() for n in (one, two)
    }
    db.execute("UPDATE audit SET body = ?, seal = ? WHERE number = ?", (*rows[two], one))
    if kind == "copy":
        return one
    db.execute("UPDATE audit SET body = ?, seal = ? WHERE number = ?", (*rows[one], two))
    return min(one, two)


def test_a_thousand_random_changes_are_found_and_the_first_is_named(tmp_path: Path) -> None:
    path = filled(tmp_path / "sessions.db")
    assert first_flaw(path) is None
    random = Random(8)
    with open_store_behind(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as db:
        trail = trail_of(store)
        head = trail.head()
        for attempt in range(1000):
            db.execute("BEGIN")
            wanted = damage(db, random)
            rows = db.execute("SELECT number, body, seal FROM audit ORDER BY number").fetchall()
            db.execute("ROLLBACK")
            checked = trail.look_over((0, b""), [Link(*row) for row in rows], head)
            assert checked.flaw is not None, attempt
            assert checked.flaw.number == wanted, attempt
            assert str(wanted) in checked.flaw.what


@pytest.mark.parametrize("left", [0, 1, ENTRIES // 2, ENTRIES - 1])
def test_a_cut_tail_is_found_against_the_head_and_stops_every_write(tmp_path: Path, left: int) -> None:
    path = filled(tmp_path / "sessions.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DELETE FROM audit WHERE number > ?", (left,))
    found = first_flaw(path)
    assert found is not None
    assert found[0] == left + 1
    with open_store_behind(path) as store, pytest.raises(Unusable, match=f"knows {ENTRIES} entries"):
        store.note_down((b"{}",))


def test_without_its_head_the_audit_is_not_taken_for_whole_and_nothing_is_added(tmp_path: Path) -> None:
    path = filled(tmp_path / "sessions.db")
    head_path(path).unlink()
    found = first_flaw(path)
    assert found is not None
    assert "head" in found[1]
    with open_store_behind(path) as store, pytest.raises(Unusable, match="head of the audit"):
        store.note_down((b"{}",))


def test_a_head_one_behind_as_after_a_crash_is_no_alarm(tmp_path: Path) -> None:
    path = filled(tmp_path / "sessions.db", 4)
    shutil.copy(head_path(path), tmp_path / "older")
    filled(path, 1)
    shutil.copy(tmp_path / "older", head_path(path))
    assert first_flaw(path) is None
    filled(path, 1)
    assert first_flaw(path) is None


def read_only(path: Path) -> None:
    """What stands where the head is cannot be written, whoever tries."""
    kept = head_path(path)
    kept.unlink()
    kept.mkdir()


def refusing(path: Path) -> None:
    """The table takes no more entries, as when there is no room for them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")


def gone(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE audit")


@pytest.mark.parametrize("broken", [read_only, refusing, gone])
def test_nothing_is_kept_that_cannot_be_audited(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    path = filled(tmp_path / "sessions.db", 2)
    with open_store_behind(path) as store:
        store.keep_version("v", {"flow.yaml": "flow: x"})
        broken(path)
        audited = Commit(
            **{name: getattr(COMMIT, name) for name in COMMIT.__struct_fields__} | {"audit": (b"{}",)}
        )
        with pytest.raises(Unusable):
            store.begin("s", "x", "v", "kim", "agent", audited)
        assert store.sessions(10) == ()


def test_a_conversation_stops_where_it_cannot_be_audited_and_the_clinic_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    home = tmp_path / "unstuck"
    with open_desk(Options()) as desk:
        view = desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        for answer in ("Ana Souza", "missing"):
            assert view.prompt is not None
            view = desk.driver.answer(view.session, answer, seq=view.seq)
        before = switches(home / "clinic.db")
        read_only(home / "sessions.db")
        with pytest.raises(Unusable, match="audit"):
            desk.driver.answer(view.session, "both", seq=view.seq)
        assert switches(home / "clinic.db") == before
        head_path(home / "sessions.db").rmdir()
        with open_store_behind(home / "sessions.db") as store:
            trail = trail_of(store)
            before_first, entries = store.audited()
            checked = trail.look_over(
                before_first, [Link(*each) for each in entries], None, against_head=False
            )
            trail.begin_anew(checked.end)
        goes_on(desk.driver, view.session)
        assert switches(home / "clinic.db") != before
    assert first_flaw(home / "sessions.db") is None


@contextmanager
def full(path: Path) -> Iterator[None]:
    """No file may grow beyond the log of the store at `path`: the system refuses, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = path.with_name(path.name + "-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_stops_a_conversation_before_anything_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    home = tmp_path / "unstuck"
    with open_desk(Options()) as desk:
        view = desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        for answer in ("Ana Souza", "missing"):
            view = desk.driver.answer(view.session, answer, seq=view.seq)
        before = switches(home / "clinic.db")
        with full(home / "sessions.db"), pytest.raises(Unusable):
            desk.driver.answer(view.session, "both", seq=view.seq)
        assert switches(home / "clinic.db") == before
        goes_on(desk.driver, view.session)
        assert switches(home / "clinic.db") != before
    assert first_flaw(home / "sessions.db") is None


def goes_on(driver: Driver, session: str) -> None:
    view = finish(driver, driver.resume(session))
    assert view.end is not None


def switches(path: Path) -> list[tuple[object, ...]]:
    """Everything the clinic keeps of its people."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT count(*) FROM journal").fetchall()


def test_every_write_has_its_intent_before_and_its_outcome_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with open_desk(Options()) as desk:
        finish(desk.driver, desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT))
    with open_store_behind(tmp_path / "unstuck" / "sessions.db") as store:
        told = [entry.body.decode() for entry in store.audited()[1]]
    kinds = [line.split('"kind":"')[1].split('"')[0] for line in told]
    assert kinds[0] == "held"
    assert "read" in kinds
    writes = [kind for kind in kinds if kind in ("intent", "outcome")]
    assert writes
    assert writes == ["intent", "outcome"] * (len(writes) // 2)
    assert not any("Souza" in line or "\n" in line for line in told)


def test_the_head_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "other" / "head"
    elsewhere.parent.mkdir()
    monkeypatch.setenv("UNSTUCK_AUDIT_HEAD", str(elsewhere))
    path = filled(tmp_path / "sessions.db", 2)
    assert elsewhere.exists()
    assert not head_path(path).exists()
    assert first_flaw(path) is None


def test_a_trail_with_another_key_finds_the_first_entry_bad(tmp_path: Path) -> None:
    path = filled(tmp_path / "sessions.db", 2)
    with open_store_behind(path) as store:
        before, entries = store.audited()
    other = AuditTrail(path, b"o" * 32)
    checked = other.look_over(before, [Link(*each) for each in entries], None, against_head=False)
    assert checked.flaw is not None
    assert checked.flaw.number == 1


def test_whatever_is_done_with_what_is_kept_is_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with open_desk(Options()) as desk:
        session = desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT).session
    deeds = {
        "show": ["sessions", "show", session],
        "export": ["sessions", "export", session, "-o", str(tmp_path / "export")],
        "backup": ["sessions", "backup", str(tmp_path / "copy.db")],
        "rotate keys": ["keys", "rotate"],
        "find person": ["person", "find", "Ana Souza"],
        "export person": ["person", "export", "Ana Souza"],
        "erase person": ["person", "erase", "Ana Souza", "--yes"],
        "purge outdated": ["sessions", "purge", "--outdated", "--yes"],
        "purge": ["sessions", "purge", session, "--open", "--yes"],
        "export audit": ["audit", "export"],
    }
    for words in deeds.values():
        assert run(words) in (0, 1), words
    with open_store_behind(tmp_path / "unstuck" / "sessions.db") as store:
        told = [json.loads(entry.body) for entry in store.audited()[1]]
    assert [each["action"] for each in told if each["kind"] == "records"] == list(deeds)
    assert all(each["by"]["actor"] for each in told)
