"""Logging in to the embedded clinic's portal: what opens an account, what closes it, what stays secret."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clinic.database import open_database
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.invitations import LinkRefused
from adapters.clinic.passwords import hashed, is_password, new_password
from adapters.clinic.port import ActionFailed
from adapters.clinic.schema import APPLICATION_ID, MIGRATIONS
from adapters.clinic.sign_ins import TRIES
from adapters.letters import Uncertain, Unreachable
from adapters.secret import Secret
from engine import Failure, Happened, Value
from tests.adapters.clinic.bench import Bench, Carrier, Clock, Tokens, failed_with
from tests.adapters.clinic.test_embedded import bench_at, clinic_of, journal_of, token_of

IVY = "ivy.walker@post.example"
DANIEL = "daniel.okafor@post.example"
GOOD = Secret("a fine long sentence")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.db"


@pytest.fixture
def bench(path: Path) -> Iterator[Bench]:
    made = bench_at(path)
    yield made
    made.backend.close()


def set_password(bench: Bench, subject: str) -> Secret:
    return bench.shown(bench.record("set_temporary_password", subject=subject))


class TestTemporaryPasswords:
    def test_the_account_opens_with_it_and_asks_for_another(self, bench: Bench) -> None:
        password = set_password(bench, "ivy-walker")
        assert clinic_of(bench).log_in(IVY, password) == "must_change"
        assert clinic_of(bench).log_in(" IVY.walker@post.example ", password) == "must_change"

    def test_it_lives_a_day(self, bench: Bench) -> None:
        password = set_password(bench, "ivy-walker")
        bench.clock.forward(hours=24, seconds=-1)
        assert clinic_of(bench).log_in(IVY, password) == "must_change"
        bench.clock.forward(seconds=1)
        assert clinic_of(bench).log_in(IVY, password) == "expired"

    def test_the_next_one_ends_it(self, bench: Bench) -> None:
        first, second = set_password(bench, "ivy-walker"), set_password(bench, "ivy-walker")
        assert clinic_of(bench).log_in(IVY, first) == "refused"
        assert clinic_of(bench).log_in(IVY, second) == "must_change"

    def test_it_ends_the_link_of_the_setup_email(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="ivy-walker", kind="resend")
        link = token_of(bench)
        set_password(bench, "ivy-walker")
        with pytest.raises(LinkRefused, match="replaced"):
            clinic_of(bench).redeem(link, GOOD)

    def test_it_signs_out_everywhere(self, bench: Bench) -> None:
        clinic_of(bench).log_in(DANIEL, set_password(bench, "daniel-okafor"))
        assert clinic_of(bench).signed_in("daniel-okafor") == 1
        set_password(bench, "daniel-okafor")
        assert clinic_of(bench).signed_in("daniel-okafor") == 0

    def test_it_opens_with_the_corrected_address_where_the_account_was_never_set_up(
        self, bench: Bench
    ) -> None:
        change(bench, "ivy-walker", "ivy@work.example")
        password = set_password(bench, "ivy-walker")
        assert clinic_of(bench).log_in("ivy@work.example", password) == "must_change"
        assert clinic_of(bench).log_in(IVY, password) == "refused"

    def test_a_shared_address_opens_for_one_person_only(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="julie-tremblay", kind="first")
        change(bench, "julie-tremblay", "haddad.family@post.example")
        failed = bench.fails("set_temporary_password", subject="julie-tremblay")
        assert failed_with(failed) is Failure.CONFLICT

    def test_typed_with_other_code_points_it_is_the_same(self) -> None:
        assert is_password(
            hashed(Secret("caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait")), Secret("café au lait")
        )

    def test_it_can_be_read_out(self) -> None:
        for _ in range(50):
            words = new_password().reveal().split("-")
            assert len(words) == 4
            assert all(4 <= len(word) <= 8 and word.isascii() and word.islower() for word in words)


def change(bench: Bench, subject: str, address: str) -> None:
    bench.call("update_email", subject=subject, new_email=address, expected_version=bench.version(subject))


class TestLogin:
    def test_nobody_logs_in_without_a_password(self, bench: Bench) -> None:
        for email in (DANIEL, "nobody@post.example", ""):
            for password in ("", "a fine long sentence"):
                assert clinic_of(bench).log_in(email, Secret(password)) == "refused"

    def test_too_many_wrong_tries_lock_until_somebody_unlocks(self, bench: Bench) -> None:
        password = set_password(bench, "daniel-okafor")
        for _ in range(TRIES):
            assert clinic_of(bench).log_in(DANIEL, GOOD) == "refused"
        assert clinic_of(bench).log_in(DANIEL, password) == "locked"
        assert bench.record("get_account", subject="daniel-okafor")["state"] == "locked"
        bench.call("unlock_account", subject="daniel-okafor")
        assert clinic_of(bench).log_in(DANIEL, password) == "must_change"

    def test_a_right_one_in_between_starts_the_count_anew(self, bench: Bench) -> None:
        password = set_password(bench, "daniel-okafor")
        for tried in [*[GOOD] * (TRIES - 1), password, *[GOOD] * (TRIES - 1)]:
            clinic_of(bench).log_in(DANIEL, tried)
        assert clinic_of(bench).log_in(DANIEL, password) == "must_change"

    def test_a_link_chooses_the_lasting_one(self, bench: Bench) -> None:
        temporary = set_password(bench, "daniel-okafor")
        bench.call("send_password_reset", subject="daniel-okafor")
        clinic_of(bench).redeem(token_of(bench), GOOD)
        assert clinic_of(bench).log_in(DANIEL, temporary) == "refused"
        assert clinic_of(bench).log_in(DANIEL, GOOD) == "welcome"
        bench.clock.forward(days=30)
        assert clinic_of(bench).log_in(DANIEL, GOOD) == "welcome"

    def test_a_link_stays_good_when_the_password_is_too_short(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        with pytest.raises(ActionFailed):
            clinic_of(bench).redeem(token_of(bench), Secret("short"))
        clinic_of(bench).redeem(token_of(bench), GOOD)
        assert clinic_of(bench).log_in("tom.becker@mail.example", GOOD) == "welcome"

    def test_signing_out_ends_every_device(self, bench: Bench) -> None:
        password = set_password(bench, "daniel-okafor")
        for _ in range(3):
            clinic_of(bench).log_in(DANIEL, password)
        assert clinic_of(bench).signed_in("daniel-okafor") == 3
        bench.call("revoke_sessions", subject="daniel-okafor")
        assert clinic_of(bench).signed_in("daniel-okafor") == 0

    def test_the_password_ends_with_the_second_factor(self, bench: Bench) -> None:
        password = set_password(bench, "chloe-bennett")
        clinic_of(bench).log_in("chloe.b@work.example", password)
        bench.call("reset_mfa", subject="chloe-bennett")
        assert clinic_of(bench).signed_in("chloe-bennett") == 0
        assert clinic_of(bench).log_in("chloe.b@work.example", password) == "refused"


class TestChangedLogin:
    def test_a_changed_address_opens_nothing_before_it_was_confirmed(self, bench: Bench) -> None:
        password = set_password(bench, "daniel-okafor")
        change(bench, "daniel-okafor", "daniel@work.example")
        assert clinic_of(bench).log_in("daniel@work.example", password) == "refused"
        assert clinic_of(bench).log_in(DANIEL, password) == "must_change"

    def test_a_link_that_was_followed_confirms_it(self, bench: Bench) -> None:
        change(bench, "daniel-okafor", "daniel@work.example")
        bench.call("send_password_reset", subject="daniel-okafor")
        redeemed = clinic_of(bench).redeem(token_of(bench), GOOD)
        assert redeemed.login_email == "daniel@work.example"
        assert clinic_of(bench).log_in("daniel@work.example", GOOD) == "welcome"
        assert clinic_of(bench).log_in(DANIEL, GOOD) == "refused"

    def test_a_link_sent_before_does_not(self, bench: Bench) -> None:
        bench.call("send_password_reset", subject="daniel-okafor")
        link = token_of(bench)
        change(bench, "daniel-okafor", "daniel@work.example")
        with pytest.raises(LinkRefused, match="replaced"):
            clinic_of(bench).redeem(link, GOOD)

    def test_an_address_that_is_somebody_else_s_login_stays_theirs(self, bench: Bench) -> None:
        change(bench, "daniel-okafor", "haddad.family@post.example")
        bench.call("send_password_reset", subject="daniel-okafor")
        assert clinic_of(bench).redeem(token_of(bench), GOOD).login_email == DANIEL

    def test_a_login_that_always_was_another_one_stays(self, bench: Bench) -> None:
        bench.call("send_password_reset", subject="chloe-bennett")
        assert clinic_of(bench).redeem(token_of(bench), GOOD).login_email == "chloe.b@work.example"


class TestSecrecy:
    def test_no_file_holds_a_password(self, bench: Bench, path: Path) -> None:
        typed = "planted-Ünique-pässword"
        generated = set_password(bench, "daniel-okafor").reveal()
        bench.call("set_temporary_password", subject="ivy-walker", password=bench.typed(typed))
        assert clinic_of(bench).log_in(IVY, Secret(typed)) == "must_change"
        clinic_of(bench).log_in(DANIEL, Secret(typed))
        bench.call("send_invitation", subject="tom-becker", kind="first")
        clinic_of(bench).redeem(token_of(bench), Secret(typed))
        kept = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
        bench.backend.close()
        kept += b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
        mails = b"".join(message.as_bytes() for message, _, _ in bench.carrier.sent)
        for secret in (typed, generated):
            for form in (secret.encode(), secret.encode("utf-16-le"), base64.b64encode(secret.encode())):
                assert form not in kept + mails

    def test_one_key_sets_one_password(self, bench: Bench) -> None:
        first = bench.record("set_temporary_password", "k", subject="ivy-walker")
        assert bench.record("set_temporary_password", "k", subject="ivy-walker") == first
        assert len(bench.vault.kept) == 1
        assert clinic_of(bench).log_in(IVY, bench.shown(first)) == "must_change"


class TestTelling:
    def test_a_mail_that_may_have_gone_leaves_the_change_done(self, bench: Bench, path: Path) -> None:
        bench.carrier.answers[DANIEL] = Uncertain("broke")
        args: dict[str, Value] = {"subject": "daniel-okafor"}
        credential = bench.record("set_temporary_password", "k", **args)
        assert credential["notified"] is False
        assert bench.look_back("set_temporary_password", "k", args) == Happened(credential)
        assert [line.outcome for line in journal_of(path)] == ["done"]

    def test_a_file_that_closes_while_telling_leaves_the_change_done(self, bench: Bench) -> None:
        bench.carrier.before = bench.backend.close
        credential = bench.record("set_temporary_password", subject="daniel-okafor")
        assert credential["notified"] is False
        assert len(bench.shown(credential)) >= 15

    def test_a_mail_system_out_of_reach_is_waited_for_once(self, bench: Bench) -> None:
        tried: list[int] = []
        bench.carrier.before = lambda: tried.append(1)
        for address in ("chloe.bennett@post.example", "chloe.b@work.example"):
            bench.carrier.answers[address] = Unreachable("down")
        bench.call("set_temporary_password", subject="chloe-bennett")
        assert len(tried) == 1


class TestMigration:
    @pytest.fixture
    def old(self, path: Path) -> Path:
        """A clinic of the first format, with a client, a contact with consent, and a mail."""
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(MIGRATIONS[0])
            connection.execute(
                "INSERT INTO clinic VALUES (1, 'c', 'C', 'https://c.example', 's@c.example', 'n@c.example',"
                " 'America/Toronto', 48, 5, 18, 'automatic')"
            )
            connection.execute(
                "INSERT INTO person (id, place, name, email, status, online_access) VALUES"
                " ('mia', 0, 'Mia', 'mia@post.example', 'active', 1)"
            )
            connection.execute(
                "INSERT INTO person (id, client_id, place, name, status, relationship, consent) VALUES"
                " ('wei', 'mia', 1, 'Wei', 'active', 'parent', 'active')"
            )
            connection.execute(
                "INSERT INTO message (id, n, purpose, subject, to_address, sent_at, state, state_at) VALUES"
                " ('m', 1, 'invitation', 'mia', 'mia@post.example', '2026-11-20T09:00:00Z', 'sent',"
                " '2026-11-20T09:00:00Z')"
            )
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("PRAGMA user_version = 1")
        return path

    def test_nothing_is_lost(self, old: Path) -> None:
        for _ in range(2):
            bench = Bench(EmbeddedClinic.open(old, Carrier(), Clock(), Tokens()), Carrier(), Clock())
            assert bench.record("get_consent", client="mia", contact="wei")["status"] == "active"
            assert bench.record("get_invitation", subject="mia")["message_id"] == "m"
            assert bench.record("next_video_session", subject="mia")["state"] == "none"
            bench.backend.close()

    def test_what_is_new_can_be_done(self, old: Path) -> None:
        carrier, clock = Carrier(), Clock()
        bench = Bench(EmbeddedClinic.open(old, carrier, clock, Tokens()), carrier, clock)
        change(bench, "mia", "mia@work.example")
        assert carrier.recipients == ["mia@post.example", "mia@work.example"]
        bench.backend.close()

    def test_references_are_watched_again_afterwards(self, old: Path) -> None:
        database = open_database(old)
        with pytest.raises(ActionFailed), database.writing(1.0) as connection:
            connection.execute("INSERT INTO holder (subject, account) VALUES ('nobody', 99)")
        database.close()


@given(password=st.text(max_size=300))
@settings(max_examples=4)
def test_any_text_is_a_password_or_is_not(password: str) -> None:
    assert is_password(hashed(Secret(password)), Secret(password))
    assert not is_password(hashed(Secret(password)), Secret(password + "x"))
