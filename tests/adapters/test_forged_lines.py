"""Lines that somebody made up, and odd strings, in every field of a conversation: one event stays one line of
JSON in the log, in the audit and in what is exported."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli import unstuck
from adapters.driver import Driver
from adapters.wiring import Options, open_desk, open_store, open_store_behind
from engine import Audience
from tests.adapters.console.scripted import NAUGHTY
from tests.adapters.real_desk import ANSWERS

MADE_UP = '{"at":"2026-11-23T09:30:00Z","level":"error","event":"forged","kind":"forged","number":1}'
FORGED = (
    f"\n{MADE_UP}\n",
    f"\r\n{MADE_UP}\r\n",
    f"\u2028{MADE_UP}\x85{MADE_UP}\x0b{MADE_UP}\x1c{MADE_UP}",
    '","event":"forged","kind":"forged","x":"',
    '\\",\\"event\\":\\"forged\\"',
    "\\n{\\u0022event\\u0022:\\u0022forged\\u0022}",
    "\x00\x1b[2J\x1b]0;forged\x07\x7f\x9b1A",
    "\u202e\ufeff\ufffe'; DROP TABLE audit; -- {{ 7 * 7 }} <script>",
)


def hold(driver: Driver, text: str, notes: list[str]) -> None:
    """A conversation with this text as who holds it, what they look for and, at the clinic, her name."""
    view = driver.start("email-not-received", actor=text, audience=Audience.AGENT)
    view = driver.answer(view.session, f"Ana {text}", seq=view.seq)
    for note in (text, *notes):
        driver.note(view.session, note)
    view = driver.answer(view.session, "Ana", seq=view.seq)
    for _ in range(12):
        if view.end is not None or view.prompt is None:
            break
        one_of = [choice.id for choice in view.prompt.choices]
        usual = ANSWERS.get(view.prompt.step, "Ana")
        view = driver.answer(
            view.session, usual if usual in one_of or not one_of else one_of[0], seq=view.seq
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What such conversations leave, with all odd strings in their notes; commands find it."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("forged")
        patch.setenv("XDG_DATA_HOME", str(root))
        share = -(-len(NAUGHTY) // len(FORGED))
        with open_desk(Options(log_file=root / "log", log_level="debug")) as desk:
            for number, text in enumerate(FORGED):
                with closing(sqlite3.connect(root / "unstuck" / "clinic.db", isolation_level=None)) as db:
                    change = "UPDATE person SET name = ?, phone = ?, city = ? WHERE id = 'ana-souza'"
                    db.execute(change, (f"Ana {text}", text, text))
                hold(desk.driver, text, NAUGHTY[number * share : (number + 1) * share])
        yield root


def parsed(text: str) -> list[dict[str, object]]:
    """Every line as JSON, none of which was made up."""
    assert text.isascii()
    assert not {char for char in text if ord(char) < 0x20 or char == "\x7f"} - {"\n"}
    told = [json.loads(line) for line in text.splitlines()]
    assert told
    for each in told:
        assert isinstance(each, dict)
        assert "forged" not in (each.get("event"), each.get("kind"))
    return told


def test_the_log_has_one_line_an_event(home: Path) -> None:
    for line in parsed((home / "log").read_text("utf-8")):
        assert {"at", "level", "event"} <= set(line)


def test_the_audit_has_one_line_a_deed(home: Path) -> None:
    with open_store_behind(home / "unstuck" / "sessions.db") as store:
        bodies = [entry.body.decode("ascii") for entry in store.audited()[1]]
    assert len(parsed("\n".join(bodies))) == len(bodies)
    told = parsed(run("audit", "export"))
    assert [each["number"] for each in told] == list(range(1, len(bodies) + 2))


def test_an_export_has_one_line_an_event_and_a_call(home: Path) -> None:
    told = parsed(run("sessions", "export", "--all"))
    with open_store(home / "unstuck" / "sessions.db") as store:
        names = [each.session for each in store.sessions(100)]
        events = sum(len(store.events(name)) for name in names)
        calls = sum(len(store.ledger(name)) for name in names)
    kinds = [each["kind"] for each in told]
    assert (kinds.count("session"), kinds.count("event"), kinds.count("call")) == (len(FORGED), events, calls)
    notes = {event.get("text") for each in told if isinstance(event := each.get("event"), dict)}
    assert set(FORGED) <= notes


def test_what_is_exported_of_a_person_is_lines_of_json(home: Path) -> None:
    told = parsed(run("person", "export", "ana-souza"))
    assert {"session", "event", "call"} <= {each.get("kind") for each in told}


def run(*words: str) -> str:
    done = CliRunner().invoke(unstuck, list(words), catch_exceptions=False, standalone_mode=False)
    assert done.return_value in (0, None), done.output
    return done.output
