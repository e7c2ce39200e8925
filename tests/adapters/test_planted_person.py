"""A person with a name, an address, a number, a birth date and a phrase in a note is looked for in every file
that unstuck writes: during, after, in a copy, and once they were erased."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli import unstuck
from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.behind import example_at
from adapters.person_search import search
from adapters.problems import PlainProblem
from adapters.serving import serving
from adapters.stores.port import Commit
from adapters.wiring import Options, create_clinic, open_desk, open_embedded, open_mail, open_store
from engine import Audience
from tests.adapters.canaries import found, in_process
from tests.adapters.real_desk import finish
from tests.adapters.secret_chat import CODE, environment
from tests.adapters.web.served import EMBEDS, SECRET, identity, web

NOW = "2026-11-23T09:30:00Z"

PLANTED = {
    "name": "Zenobia Quillfeather",
    "first name": "Zenobia",
    "id": "zenobia-quillfeather",
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
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
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
    """Where any part of the person stands in clear: in nine encodings, compressed or not, in any case."""
    for path in folder.rglob("*"):
        own = path.name.startswith(CLINICS_OWN) or path.name == "people.yaml"
        if not path.is_file() or own or (not mail and "mail" in path.parts):
            continue
        data = path.read_bytes()
        for what, text in PLANTED.items():
            if found(text, data) or found(text.lower(), data.lower()) or found(text, path.name.encode()):
                yield f"{what} in {path.relative_to(folder)}"


def held(home: Path, clinic: str | None = None) -> str:
    """A conversation about the person, with everything in it; looked for while it is under way."""
    with open_desk(Options(clinic=clinic, log_file=home / "unstuck.log", log_level="debug")) as desk:
        view = desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        view = desk.driver.answer(view.session, PLANTED["name"], seq=view.seq)
        desk.driver.note(view.session, f"{PLANTED['note']} {PLANTED['phone']} {PLANTED['birth date']}")
        view = desk.driver.answer(view.session, "missing", seq=view.seq)
        view = desk.driver.answer(view.session, "both", seq=view.seq)
        assert view.problem is None
        assert list(hits(home, mail=False)) == []
        return view.session


def test_a_person_stands_in_clear_nowhere_and_after_erasing_nowhere_at_all(home: Path) -> None:
    session = held(home)
    assert list(hits(home, mail=False)) == []
    run("sessions", "backup", str(home / "copy.db"))
    assert list(hits(home, mail=False)) == []
    run("record", session, "-o", str(home / "recorded.replay.yaml"))
    shown = run("sessions", "list") + run("doctor") + run("audit", "export")
    assert [what for what, text in PLANTED.items() if text in shown] == []
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


def test_a_person_on_a_system_behind_http_stands_in_clear_nowhere(home: Path) -> None:
    clinic = closing(open_embedded(None, open_mail(None)))
    with clinic as behind, serving(ServedClinic(behind).application()) as at:
        (home / "mapping").mkdir()
        session = held(home, f"rest:{example_at(at, home / 'mapping')}")
    assert list(hits(home, mail=False)) == []
    run("person", "erase", PLANTED["name"], "--yes")
    assert session not in run("sessions", "list")
    assert list(hits(home)) == []


def test_a_person_who_is_signed_in_over_the_web_stands_in_clear_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSTUCK_TEST_KEY", SECRET)
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    create_clinic(tmp_path / "clinic.db", tmp_path / "people.yaml")
    kept = ("--store", f"sqlite:///{tmp_path / 'sessions.db'}")
    where = (*kept, "--mail", f"maildir:{tmp_path / 'mail'}")
    with web(tmp_path, EMBEDS) as served:
        talk = served.start(embed="portal", identity=identity(sub=PLANTED["id"]))
        assert list(hits(tmp_path, mail=False)) == []
        turn = talk.says("ask")
        assert turn["end"] is not None
        assert list(hits(tmp_path, mail=False)) == []
    assert list(hits(tmp_path, mail=False)) == []
    assert talk.session in run("person", "find", PLANTED["id"], *where)
    told = [json.loads(line) for line in run("person", "export", PLANTED["id"], *where).splitlines()]
    assert [each["session"] for each in told if each.get("kind") == "token"] == [talk.session]
    assert PLANTED["id"] not in run("audit", "export", *kept)
    run("person", "erase", PLANTED["id"], "--yes", *where)
    assert list(hits(tmp_path)) == []
    with closing(sqlite3.connect(tmp_path / "web.db")) as db:
        assert db.execute("SELECT count(*) FROM holders").fetchone() == (0,)
    assert not any(talk.session.encode() in path.read_bytes() for path in tmp_path.glob("web.db*"))


def test_a_purge_takes_along_who_held_the_conversation_over_the_web(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSTUCK_TEST_KEY", SECRET)
    with web(tmp_path, EMBEDS) as served:
        talk, other = (served.start(embed="portal", identity=identity()) for _ in range(2))
    store = f"sqlite:///{tmp_path / 'sessions.db'}"
    run("sessions", "purge", talk.session, "--open", "--yes", "--store", store)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("web.db*"))
    assert talk.session.encode() not in kept
    assert other.session.encode() in kept


def test_a_process_that_is_killed_leaves_nobody_in_clear(tmp_path: Path) -> None:
    env = environment(tmp_path)
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    clinic = tmp_path / "clinic.db"
    create_clinic(clinic, tmp_path / "people.yaml")
    chat = ["chat", "email-not-received", "--json", "--clinic", f"sqlite:///{clinic}"]
    log = ["--log-file", str(tmp_path / "log"), "--log-level", "debug"]
    with subprocess.Popen(
        [sys.executable, "-c", CODE, *chat, *log],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said = [process.stdout.readline()]
        for line in ({"answer": PLANTED["name"]}, {"note": PLANTED["note"]}, {"answer": "missing"}):
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
            said.append(process.stdout.readline())
        told = [each for text in PLANTED.values() for each in in_process(text, process.pid)]
        clinics = {
            str(fd) for fd in Path(f"/proc/{process.pid}/fd").iterdir() if "clinic.db" in os.readlink(fd)
        }
        process.kill()
    assert PLANTED["first name"] in said[-1]
    assert [each for each in told if each.partition(": ")[0] not in clinics] == []
    assert any(tmp_path.rglob("sessions.db-wal"))
    assert list(hits(tmp_path)) == []


def test_of_an_erased_person_not_even_the_encrypted_form_is_left(home: Path) -> None:
    session = held(home)
    with closing(sqlite3.connect(home / "data" / "unstuck" / "sessions.db")) as db:
        (state,) = db.execute("SELECT state FROM sessions WHERE session = ?", (session,)).fetchone()
        bodies = [row[0] for row in db.execute("SELECT body FROM events WHERE session = ?", (session,))]
    pieces = [each[9:41] for each in (state, *bodies)]
    assert any(pieces[0] in path.read_bytes() for path in home.rglob("sessions.db*"))
    run("person", "erase", PLANTED["phone"], "--yes")
    assert not any(piece in path.read_bytes() for path in home.rglob("*.db*") for piece in pieces)


def ended(home: Path) -> str:
    """A conversation to its end, with a setup email on the way."""
    with open_desk(Options()) as desk:
        return finish(
            desk.driver, desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        ).session


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "unstuck"


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    now = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr("adapters.commands.outdated.utc_now", lambda: now)


def counts(home: Path) -> dict[str, int]:
    """How much there is of every kind of data."""
    found = {"mail": len(list((home / "mail").rglob("new/*")))}
    for name, table in (("sessions", "sessions"), ("sessions", "audit"), ("gates", "entry")):
        with closing(sqlite3.connect(home / f"{name}.db")) as db:
            found[table] = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found


def test_what_is_outdated_goes_and_what_is_not_stays(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ended(sample)
    before = counts(sample)
    assert all(before.values())
    later(monkeypatch, 0)
    run("sessions", "purge", "--outdated", "--yes")
    assert counts(sample) == before | {"audit": before["audit"] + 1}
    later(monkeypatch, 40)
    told = run("sessions", "purge", "--outdated")
    assert "Nothing was done yet" in told
    run("sessions", "purge", "--outdated", "--yes")
    assert counts(sample) == {"mail": 0, "sessions": 1, "audit": before["audit"] + 2, "entry": 0}
    later(monkeypatch, 400)
    run("sessions", "purge", "--outdated", "--yes")
    assert counts(sample) == {"mail": 0, "sessions": 0, "audit": before["audit"] + 3, "entry": 0}
    later(monkeypatch, 3000)
    run("sessions", "purge", "--outdated", "--yes")
    assert counts(sample)["audit"] == 1
    assert session not in run("audit", "export")
    assert run("audit", "verify").startswith("The audit is as it was written")


def test_the_settings_say_how_long(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ended(sample)
    (sample / "retention.yaml").write_text("conversations: 3\n", encoding="utf-8")
    later(monkeypatch, 4)
    run("sessions", "purge", "--outdated", "--yes")
    assert session in run("sessions", "list")
    run("sessions", "purge", "--outdated", "--config", str(sample), "--yes")
    assert session not in run("sessions", "list")


def test_what_the_gates_need_is_remembered_for_two_days_whatever_is_purged(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ended(sample)
    before = counts(sample)["entry"]
    assert before
    told = run("person", "erase", "ana-souza", "--yes")
    assert f"need {before} of what they remember for two days" in told
    assert counts(sample) | {"entry": 0, "audit": 0} == {"mail": 0, "sessions": 0, "audit": 0, "entry": 0}
    assert counts(sample)["entry"] == before
    assert b"ana-souza" not in (sample / "gates.db").read_bytes()
    now = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr("adapters.wiring.utc_now", lambda: now)
    run("person", "erase", "ana-souza", "--yes")
    assert counts(sample)["entry"] == 0
    assert session.encode() not in (sample / "gates.db").read_bytes()


def test_a_purge_takes_along_what_the_gates_remember(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ended(sample)
    assert counts(sample)["entry"]
    now = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr("adapters.wiring.utc_now", lambda: now)
    run("sessions", "purge", session, "--yes")
    assert counts(sample)["entry"] == 0
    assert session.encode() not in (sample / "gates.db").read_bytes()


def test_who_may_be_several_people_is_not_erased(sample: Path) -> None:
    session = ended(sample)
    with open_store(sample / "sessions.db") as store:
        assert search(store, "ana  SOUZA", [session]).sessions == (session,)
        assert search(store, "na Souz", [session]).sessions == ()
        records = [{"id": "c-1", "email": "home@post.example"}, {"id": "c-2", "email": "home@post.example"}]
        store.commit(
            session,
            store.load(session).revision,
            Commit((json.dumps(records).encode(),), store.load(session).state, 99, "end solved", (), NOW),
        )
    with pytest.raises(PlainProblem, match="more than one person"):
        run("person", "erase", "home@post.example", "--yes")
    assert session in run("sessions", "list")
