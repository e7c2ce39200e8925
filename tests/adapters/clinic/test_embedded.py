"""The embedded clinic: the contract, the links in its mails, its journal, and what happens to its file."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clinic.by_hand import ByHand
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.invitations import LinkRefused
from adapters.clinic.people import NOBODY, ClientEntry, People
from adapters.clinic.people_file import load_people
from adapters.clinic.port import ActionFailed, OutcomeLost
from adapters.clinic.show import JournalLine, journal_lines
from adapters.letters import Refused
from adapters.problems import PlainProblem, Unusable
from engine import CannotTell, DidNotHappen, Failure, Source, Value
from tests.adapters.clinic.bench import START, Bench, Carrier, Clock, Tokens, failed_with
from tests.adapters.clinic.contract import BackendContract

PEOPLE = Path(__file__).with_name("contract.people.yaml")


def contract_people() -> People:
    people, findings = load_people(Source(PEOPLE.name, PEOPLE.read_text(encoding="utf-8")))
    assert findings == ()
    return people


def bench_at(path: Path, people: People | None = None) -> Bench:
    EmbeddedClinic.create(path, contract_people() if people is None else people, Clock())
    return bench_over(path)


def bench_over(path: Path) -> Bench:
    clock, carrier = Clock(), Carrier()
    return Bench(EmbeddedClinic.open(path, carrier, clock, Tokens()), carrier, clock)


def clinic_of(bench: Bench) -> EmbeddedClinic:
    assert isinstance(bench.backend, EmbeddedClinic)
    return bench.backend


def journal_of(path: Path) -> tuple[JournalLine, ...]:
    with closing(sqlite3.connect(path)) as connection:
        return journal_lines(connection)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.db"


@pytest.fixture
def bench(path: Path) -> Iterator[Bench]:
    made = bench_at(path)
    yield made
    made.backend.close()


def token_of(bench: Bench) -> str:
    """The token in the newest mail's link."""
    body = bench.carrier.sent[-1][0].get_body(("plain",))
    assert body is not None
    (link,) = [line for line in body.get_content().split() if "/setup/" in line or "/reset/" in line]
    return str(link.rpartition("/")[2])


class TestEmbedded(BackendContract):
    """The contract."""


class TestLinks:
    def test_a_link_opens_the_account_once(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        redeemed = clinic_of(bench).redeem(token_of(bench))
        assert (redeemed.subject, redeemed.login_email) == ("tom-becker", "tom.becker@mail.example")
        assert bench.record("get_account", subject="tom-becker")["state"] == "active"
        assert bench.record("get_invitation", subject="tom-becker")["state"] == "used"
        with pytest.raises(LinkRefused, match="used"):
            clinic_of(bench).redeem(token_of(bench))

    def test_a_link_expires(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        bench.clock.forward(hours=48)
        with pytest.raises(LinkRefused, match="expired"):
            clinic_of(bench).redeem(token_of(bench))
        assert bench.record("get_account", subject="tom-becker")["state"] == "invited"

    def test_a_new_mail_ends_the_old_link(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        old = token_of(bench)
        bench.clock.forward(minutes=5)
        bench.call("send_invitation", subject="tom-becker", kind="resend")
        with pytest.raises(LinkRefused, match="replaced"):
            clinic_of(bench).redeem(old)
        clinic_of(bench).redeem(token_of(bench))

    def test_a_refused_mail_leaves_the_old_link_alive(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        bench.clock.forward(minutes=5)
        bench.carrier.answers["tom.becker@mail.example"] = Refused("4.2.2", "full")
        bench.fails("send_invitation", subject="tom-becker", kind="resend")
        assert clinic_of(bench).redeem(token_of(bench)).subject == "tom-becker"

    def test_a_reset_link_lives_a_day_at_most(self, bench: Bench) -> None:
        bench.call("send_password_reset", subject="daniel-okafor")
        bench.clock.forward(hours=24)
        with pytest.raises(LinkRefused, match="expired"):
            clinic_of(bench).redeem(token_of(bench))

    def test_the_file_does_not_hold_the_token(self, bench: Bench, path: Path) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        token = token_of(bench).encode()
        bench.backend.close()
        assert all(token not in file.read_bytes() for file in path.parent.iterdir() if file.is_file())


@pytest.fixture(scope="module")
def one_clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedClinic]:
    bench = bench_at(tmp_path_factory.mktemp("clinic") / "clinic.db")
    yield clinic_of(bench)
    bench.backend.close()


@given(text=st.text())
def test_no_other_text_is_a_link(text: str, one_clinic: EmbeddedClinic) -> None:
    with pytest.raises(LinkRefused, match="unknown"):
        one_clinic.redeem(text)


class TestJournal:
    def test_each_effect_is_noted_once(self, bench: Bench, path: Path) -> None:
        bench.carrier.answers["ivy.walker@post.example"] = Refused("5.1.1", "no")
        bench.switch("ana-souza", online_access=True)
        bench.call("send_invitation", "k1", subject="ana-souza", kind="first")
        bench.call("send_invitation", "k1", subject="ana-souza", kind="first")
        bench.fails("send_invitation", subject="ivy-walker", kind="resend")
        bench.fails("send_invitation", subject="daniel-okafor", kind="resend")
        told = [(line.action, line.subject, line.outcome) for line in journal_of(path)]
        assert told == [
            ("set_portal_settings", "ana-souza", "done"),
            ("send_invitation", "ana-souza", "done"),
            ("send_invitation", "ivy-walker", "undeliverable"),
        ]
        assert {(line.actor, line.session) for line in journal_of(path)} == {("alice", "session-1")}

    @pytest.mark.parametrize("statement", ["DELETE FROM journal", "UPDATE journal SET actor = 'nobody'"])
    def test_it_cannot_be_changed(self, bench: Bench, path: Path, statement: str) -> None:
        bench.call("request_help", topic="x")
        with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)


class TestByHand:
    def test_a_corrected_address_can_be_written_to(self, bench: Bench) -> None:
        before = bench.version("paul-dubois")
        clinic_of(bench).change_by_hand("paul-dubois", ByHand(email="paul@post.example"))
        assert bench.version("paul-dubois") != before
        bench.clock.forward(days=1)
        assert bench.record("send_invitation", subject="paul-dubois", kind="resend")["accepted"] is True
        assert bench.record("get_account", subject="paul-dubois")["login_email"] == "paul@post.example"

    def test_a_password_set_by_hand_opens_the_account(self, bench: Bench) -> None:
        clinic_of(bench).change_by_hand("ivy-walker", ByHand(account="active"))
        assert bench.record("get_account", subject="ivy-walker")["state"] == "active"

    def test_a_login_address_is_one_person_s(self, bench: Bench) -> None:
        with pytest.raises(ActionFailed) as caught:
            clinic_of(bench).change_by_hand("samir-haddad", ByHand(account="active"))
        assert failed_with(caught.value) is Failure.CONFLICT


class TestCrashes:
    def test_a_process_killed_while_mailing_leaves_an_unknown_call(self, path: Path) -> None:
        script = """
import os, sys
from pathlib import Path
from tests.adapters.clinic.test_embedded import bench_at
bench = bench_at(Path(sys.argv[1]))
bench.carrier.before = lambda: os.kill(os.getpid(), 9)
bench.call("send_invitation", "k", subject="tom-becker", kind="first")
"""
        root = Path(__file__).parents[3]
        done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=root, check=False)
        assert done.returncode == -9
        carrier, clock = Carrier(), Clock()
        bench = Bench(EmbeddedClinic.open(path, carrier, clock, Tokens()), carrier, clock)
        args = {"subject": "tom-becker", "kind": "first"}
        assert bench.look_back("send_invitation", "k", args) == CannotTell()
        with pytest.raises(OutcomeLost):
            bench.call("send_invitation", "k", **args)
        assert carrier.sent == []
        invitation = bench.record("get_invitation", subject="tom-becker")
        assert bench.record("get_delivery", message=invitation["message_id"])["state"] == "queued"
        bench.backend.close()

    def test_a_carrier_that_raises_leaves_an_unknown_call(self, bench: Bench) -> None:
        def break_down() -> None:
            raise RuntimeError

        bench.carrier.before = break_down
        with pytest.raises(OutcomeLost):
            bench.call("send_invitation", subject="tom-becker", kind="first")

    def test_a_closed_clinic_is_unavailable(self, bench: Bench) -> None:
        bench.backend.close()
        bench.backend.close()
        assert failed_with(bench.fails("get_clinic")) is Failure.UNAVAILABLE

    def test_a_mail_sent_while_the_file_closes_is_unknown(self, bench: Bench) -> None:
        bench.carrier.before = bench.backend.close
        with pytest.raises(OutcomeLost):
            bench.call("send_invitation", subject="tom-becker", kind="first")
        assert len(bench.carrier.sent) == 1

    def test_a_full_disk_changes_nothing_and_work_goes_on_afterwards(self, bench: Bench, path: Path) -> None:
        connection = clinic_of(bench)._database._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        long = "x" * 100_000
        assert failed_with(bench.fails("request_help", "k", topic=long)) is Failure.UNAVAILABLE
        connection.execute("PRAGMA max_page_count = 1000000")
        bench.call("request_help", "k", topic=long)
        assert len(journal_of(path)) == 1


class TestFiles:
    def open(self, path: Path) -> None:
        EmbeddedClinic.open(path, Carrier(), Clock(), Tokens()).close()

    def test_a_missing_file_says_how_to_make_one(self, path: Path) -> None:
        with pytest.raises(Unusable, match="unstuck clinic init"):
            self.open(path)
        assert not path.exists()

    @pytest.mark.parametrize("content", [b"", b"not a database at all, just some text" * 100, b"\0" * 5000])
    def test_another_file_is_refused_and_left_alone(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        with pytest.raises(Unusable, match="clinic"):
            self.open(path)
        assert path.read_bytes() == content

    def test_another_database_is_refused(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE t (x)")
        with pytest.raises(Unusable, match="not a clinic"):
            self.open(path)

    def test_a_newer_format_is_refused(self, bench: Bench, path: Path) -> None:
        bench.backend.close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(Unusable, match="newer"):
            self.open(path)

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Unusable, match="folder"):
            self.open(tmp_path)
        with pytest.raises(Unusable, match="folder"):
            EmbeddedClinic.create(tmp_path, NOBODY, Clock())

    def test_an_existing_file_is_replaced_only_on_demand(self, bench: Bench, path: Path) -> None:
        bench.backend.close()
        with pytest.raises(PlainProblem, match="--force"):
            EmbeddedClinic.create(path, NOBODY, Clock())
        EmbeddedClinic.create(path, NOBODY, Clock(), replace=True)
        self.open(path)

    def test_a_clinic_cannot_be_made_below_a_file(self, path: Path) -> None:
        path.write_text("a file")
        with pytest.raises(Unusable, match="cannot be made"):
            EmbeddedClinic.create(path / "clinic.db", NOBODY, Clock())

    def test_a_failed_making_leaves_nothing_behind(self, tmp_path: Path) -> None:
        people = People(clients=(ClientEntry("Ana Souza", kind="minor", birth_date="1990-01-01"),))
        with pytest.raises(PlainProblem, match="Ana Souza"):
            EmbeddedClinic.create(tmp_path / "clinic.db", people, Clock())
        assert list(tmp_path.iterdir()) == []

    def test_a_call_that_was_given_up_does_nothing_when_it_comes_late(self, bench: Bench) -> None:
        args: dict[str, Value] = {"subject": "tom-becker", "kind": "first"}
        assert bench.look_back("send_invitation", "k", args) == DidNotHappen()
        assert failed_with(bench.fails("send_invitation", "k", **args)) is Failure.UNAVAILABLE
        assert bench.carrier.sent == []
        assert bench.look_back("send_invitation", "k", args) == DidNotHappen()

    def test_only_the_owner_can_read_it(self, bench: Bench, path: Path) -> None:
        assert path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_an_unwritable_file_is_refused(self, bench: Bench, path: Path) -> None:
        bench.backend.close()
        path.chmod(0o400)
        with pytest.raises(Unusable, match="writing"):
            self.open(path)


# What a person may try, in any order: the clinic must keep its promises throughout.
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("switch"), st.booleans()),
        st.tuples(st.just("send"), st.sampled_from(["first", "resend"])),
        st.tuples(st.just("wait"), st.integers(1, 600)),
        st.tuples(st.just("refuse"), st.booleans()),
        st.tuples(st.just("follow"), st.integers(0, 5)),
    ),
    max_size=12,
)


@given(steps=_STEPS)
@settings(max_examples=40)
def test_no_order_of_things_breaks_a_promise(
    steps: list[tuple[str, bool | str | int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Mails sent are receipts accepted; at most one link works; an account once active stays active."""
    bench = bench_at(tmp_path_factory.mktemp("clinic") / "clinic.db")
    accepted, active = 0, False
    try:
        for kind, value in steps:
            accepted += _step(bench, kind, value)
            state = bench.record("get_account", subject="tom-becker")["state"]
            assert state == "active" or not active
            active = state == "active"
            assert len(bench.carrier.sent) == accepted
        assert active is (bench.record("get_invitation", subject="tom-becker")["state"] == "used")
    finally:
        bench.backend.close()


def _step(bench: Bench, kind: str, value: bool | str | int) -> int:
    """Do one thing; how many mails were accepted."""
    try:
        if kind == "switch":
            bench.switch("tom-becker", online_access=value)
        elif kind == "send":
            return int(bench.record("send_invitation", subject="tom-becker", kind=value)["accepted"] is True)
        elif kind == "wait":
            bench.clock.forward(minutes=float(value))
        elif kind == "refuse":
            bench.carrier.answers = {"tom.becker@mail.example": Refused("4.2.2", "full")} if value else {}
        elif bench.carrier.sent:
            clinic_of(bench).redeem(token_of(bench))
    except (ActionFailed, LinkRefused):
        pass
    return 0


def test_moments_are_told_in_the_zone_of_the_clinic(bench: Bench) -> None:
    receipt = bench.record("send_invitation", subject="tom-becker", kind="first")
    assert receipt["sent_at"] == "2026-11-23T09:30:00-05:00"
    assert START.hour == 14
