"""`unstuck doctor`: what is in order, what is not, and what to do; nothing is made by looking."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters import doctor
from adapters.cli import run
from adapters.clinic.actions import CATALOG
from adapters.doctor import Found, examine
from adapters.keys import keys_path
from adapters.leases import FileLeases
from adapters.stores.key_file import key_path
from adapters.wiring import (
    Options,
    create_clinic,
    data_folder,
    leases_path,
    note_down,
    open_book,
    open_store,
    open_store_behind,
)
from tests.adapters.stores.contract import begin, commit, entry


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def store() -> Path:
    """A store with one conversation, and the sample clinic."""
    folder = data_folder()
    folder.mkdir(parents=True)
    create_clinic(folder / "clinic.db", None)
    with open_store(folder / "sessions.db") as store:
        begin(store)
    return folder / "sessions.db"


def bad(found: list[Found]) -> dict[str, Found]:
    return {each.what: each for each in found if each.state == "bad"}


def test_where_all_is_well_nothing_is_bad(store: Path) -> None:
    found = examine(Options())
    assert bad(found) == {}
    assert {"versions", "flows", "policy", "store", "keys", "clock", "disk", "clinic", "links", "mail"} <= {
        each.what for each in found
    }
    assert run(["doctor"]) == 0


def test_nothing_is_made_by_looking(home: Path) -> None:
    assert bad(examine(Options())) == {}
    assert list(home.iterdir()) == []


def test_a_damaged_conversation_is_named(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(store)) as db:
        db.execute("UPDATE sessions SET state = x'00'")
        db.commit()
    found = bad(examine(Options()))["store"]
    assert "damaged: s-1" in found.said
    assert "recover" in found.do
    assert run(["doctor", "--json"]) == 1
    assert {"what": "store", "state": "bad", "said": found.said, "do": found.do} in json.loads(
        capsys.readouterr().out
    )


def test_a_key_that_others_may_read_is_bad(store: Path) -> None:
    key_path(store).chmod(0o644)
    assert bad(examine(Options()))["keys"].do == f"chmod 600 {key_path(store)}"


def test_a_clock_that_went_back_is_bad(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = doctor.utc_now
    monkeypatch.setattr(doctor, "utc_now", lambda: really().replace(year=2020, day=1))
    assert "2020" in bad(examine(Options()))["clock"].said


def test_an_audit_that_was_changed_is_bad(store: Path) -> None:
    with open_store_behind(store) as kept:
        note_down(kept, "show")
    assert "audit" not in bad(examine(Options()))
    with closing(sqlite3.connect(store)) as db:
        db.execute("UPDATE audit SET body = x'7b7d'")
        db.commit()
    assert "Entry 1" in bad(examine(Options()))["audit"].said


def test_what_is_kept_too_long_is_bad(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = doctor.utc_now
    monkeypatch.setattr(doctor, "utc_now", lambda: really() + timedelta(days=1000))
    assert "purge --outdated" in bad(examine(Options()))["old data"].do


def test_too_little_room_is_bad(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 2**60)
    assert "Make room" in bad(examine(Options()))["disk"].do


def test_links_that_run_out_too_soon_are_bad(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SHORTEST_LINK", 100)
    assert "48 hours" in bad(examine(Options()))["links"].said


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (Options(config=Path("nowhere")), "policy"),
        (Options(clinic="sqlite:///nowhere.db"), "clinic"),
        (Options(mail="pigeon:home"), "mail"),
        (Options(store="mysql://x"), "store"),
        (Options(flows=Path("nowhere")), "flows"),
    ],
)
def test_what_was_named_wrongly_is_said_with_what_to_do(store: Path, options: Options, what: str) -> None:
    found = bad(examine(options))
    assert found[what].do


def test_what_cannot_be_opened_is_said_once(store: Path) -> None:
    store.write_bytes(b"no store at all" * 1_000)
    found = [each for each in examine(Options()) if each.state == "bad"]
    assert [each.what for each in found] == ["store"]
    assert "is not a session store" in found[0].said


def test_missing_and_other_data_keys_are_bad(store: Path) -> None:
    keys = keys_path(store)
    kept = keys.read_text()
    keys.unlink()
    assert "are missing" in bad(examine(Options()))["data keys"].said
    keys.write_text("".join(f"{'ab' * 32 if len(line) == 64 else line}\n" for line in kept.splitlines()))
    found = bad(examine(Options()))["data keys"]
    assert found.said == "1 conversation cannot be read with the keys there are: s-1."
    keys.write_text(kept)
    keys.chmod(0o600)
    assert bad(examine(Options())) == {}


def test_a_damaged_memory_of_the_gates_is_bad(store: Path) -> None:
    with open_store_behind(store) as kept, closing(open_book(kept)):
        pass
    assert "gates" in {each.what for each in examine(Options())}
    store.with_name("gates.db").write_bytes(b"x" * 9_000)
    assert bad(examine(Options()))["gates"].do


def test_calls_that_were_cut_off_or_are_unknown_are_named(store: Path) -> None:
    def calls() -> list[str]:
        return [each.said for each in examine(Options()) if each.what == "calls"]

    assert calls() == ["It is known of every call how it ended."]
    with open_store(store) as kept:
        kept.commit("s-1", 1, commit(ledger=(entry("k", "planned"), entry("k", "sent"))))
    assert calls() == ["Cut off in the middle of a call: 1 conversation, s-1."]
    lease = FileLeases(leases_path(store)).take("s-1")
    assert lease is not None
    assert calls() == ["It is known of every call how it ended."]
    lease.let_go()
    with open_store(store) as kept:
        kept.commit("s-1", 2, commit(ledger=(entry("k", "unknown"),)))
    assert calls() == ["Nobody knows what became of a call in 1 conversation: s-1."]


LEAST = (
    "  find_clients: {get: /c, result: body}\n  get_client: {get: /c, result: body}\n"
    "  list_contacts: {result: []}\n  check_email: {get: /e, result: body}\n"
)


@pytest.mark.parametrize(("more", "count", "state"), [("", 6, "bad"), (LEAST, 10, "note")])
def test_what_the_clinic_cannot_do_tell_or_look_up_is_noted(
    more: str, count: int, state: str, home: Path
) -> None:
    mapping = home / "little.rest.yaml"
    mapping.write_text(
        "base: http://127.0.0.1:1\nactions:\n"
        "  get_clinic: {result: {id: \"'c'\", name: \"'C'\", login_url: \"'https://c.example'\","
        " support_email: \"'s@c.example'\", timezone: \"'UTC'\", invite_hours: 24,"
        " mail_policy: \"'manual'\", resend_minutes: 1}}\n"
        "  unlock_account: {post: /unlock, result: body, look_back: {get: /log, happened: body.done}}\n"
        "  reset_mfa: {post: /mfa, result: body, effects: [signs_out]}\n" + more
    )
    found = {each.what: each for each in examine(Options(clinic=f"rest:{mapping}"))}
    assert found["clinic"].state == "good"
    every = len(CATALOG.actions)
    assert f"can do {count} of {every} actions; " in found["actions"].said
    assert ("find_clients" in found["actions"].said) is (state == "bad")
    assert found["effects"].said.endswith(": reset_mfa.ends_password, reset_mfa.tells_person.")
    assert found["lost"].said.endswith(" of reset_mfa.")
    assert [found[each].state for each in ("actions", "effects", "lost")] == [state, "note", "note"]


def test_a_clinic_that_can_do_everything_is_noted_once(store: Path) -> None:
    found = {each.what: each for each in examine(Options())}
    every = len(CATALOG.actions)
    assert found["actions"].said == f"It can do {every} of {every} actions."
    assert not {"effects", "lost"} & set(found)
