"""What every session store must do. A store's own tests subclass `StoreContract` and say how to open it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.problems import PlainProblem
from adapters.stores.ledger_rules import NEXT
from adapters.stores.port import (
    Commit,
    LedgerEntry,
    LedgerStatus,
    Outrun,
    Store,
    StoredReply,
    StoreMisuse,
    UnknownSession,
    UnknownVersion,
    WrongTransition,
)

OpenStore = Callable[[], Store]
# Every example begins a session of its own, so that they can share one store; several stores are tried.
one_store = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
)
FILES = {"email/flow.yaml": "flow: email\n", "common/né.yaml": "tekst: 'ünïcode'\n"}


def entry(key: str, status: LedgerStatus, **changes: object) -> LedgerEntry:
    values = {
        "key": key,
        "action": "send_invitation",
        "subject": "c-1",
        "step": "email/resend",
        "status": status,
        "args": b'{"subject":"c-1"}',
        "result": b"",
        "at": "2026-11-23T09:30:00Z",
    }
    return LedgerEntry(**{**values, **changes})


def commit(**changes: object) -> Commit:
    values = {
        "events": (b"answered",),
        "state": b"state",
        "seq": 1,
        "waiting": "email/junk",
        "ledger": (),
        "at": "2026-11-23T09:30:00Z",
    }
    return Commit(**{**values, **changes})


def begin(store: Store, session: str = "s-1", *, actor: str = "kim", **changes: object) -> int:
    store.keep_version("v1", FILES)
    return store.begin(session, "email", "v1", actor, "agent", commit(**changes))


class StoreContract:
    """Subclasses override the fixture `open_store`: every call opens the same store once more."""

    @pytest.fixture
    def open_store(self) -> OpenStore:
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: OpenStore) -> Iterator[Store]:
        store = open_store()
        yield store
        store.close()

    def test_a_session_that_began_is_there_for_everybody(self, store: Store, open_store: OpenStore) -> None:
        assert begin(store, state=b"\x00first\xff", waiting="email/who") == 1
        other = open_store()
        found = other.load("s-1")
        other.close()
        assert (found.session, found.flow, found.version) == ("s-1", "email", "v1")
        assert (found.actor, found.audience) == ("kim", "agent")
        assert (found.revision, found.seq, found.waiting) == (1, 1, "email/who")
        assert found.state == b"\x00first\xff"
        assert found.started_at == found.updated_at == "2026-11-23T09:30:00Z"

    def test_a_commit_replaces_the_state_and_adds_the_rest(self, store: Store) -> None:
        begin(store, events=(b"started", b"one"))
        later = commit(events=(b"two",), state=b"next", seq=2, waiting="call k", at="2026-11-23T09:31:00Z")
        assert store.commit("s-1", 1, later) == 2
        found = store.load("s-1")
        assert (found.state, found.seq, found.waiting, found.revision) == (b"next", 2, "call k", 2)
        assert (found.started_at, found.updated_at) == ("2026-11-23T09:30:00Z", "2026-11-23T09:31:00Z")
        assert store.events("s-1") == ((1, b"started"), (2, b"one"), (3, b"two"))

    def test_what_was_committed_is_there_after_reopening(self, store: Store, open_store: OpenStore) -> None:
        begin(store)
        store.commit("s-1", 1, commit(state=b"kept", ledger=(entry("k", "planned"),)))
        store.close()
        again = open_store()
        assert again.load("s-1").state == b"kept"
        assert again.ledger("s-1") == (entry("k", "planned"),)
        again.close()

    def test_a_commit_may_have_no_events(self, store: Store) -> None:
        begin(store, events=())
        assert store.commit("s-1", 1, commit(events=())) == 2
        assert store.events("s-1") == ()

    def test_of_two_commits_on_one_revision_the_second_is_outrun(self, store: Store) -> None:
        begin(store)
        store.commit("s-1", 1, commit(state=b"winner"))
        with pytest.raises(Outrun) as caught:
            store.commit("s-1", 1, commit(events=(b"lost",), state=b"loser"))
        assert (caught.value.session, caught.value.expected, caught.value.revision) == ("s-1", 1, 2)
        assert store.load("s-1").state == b"winner"
        assert b"lost" not in [body for _, body in store.events("s-1")]

    def test_a_revision_of_the_future_is_outrun_too(self, store: Store) -> None:
        begin(store)
        with pytest.raises(Outrun):
            store.commit("s-1", 2, commit())

    def test_threads_racing_for_one_revision_have_one_winner(self, store: Store) -> None:
        begin(store)
        start = Barrier(4)
        won: list[str] = []
        outrun: list[tuple[int, int]] = []

        def race(name: str) -> None:
            start.wait()
            for revision in range(1, 21):
                try:
                    store.commit("s-1", revision, commit(events=(name.encode(),)))
                    won.append(name)
                except Outrun as caught:
                    outrun.append((revision, caught.revision))

        threads = [Thread(target=race, args=(str(number),)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 20
        assert len(outrun) == 60
        assert all(expected < found for expected, found in outrun)
        assert store.load("s-1").revision == 21
        assert len(store.events("s-1")) == 21

    @pytest.mark.parametrize("method", ["load", "events", "ledger"])
    def test_an_unknown_session_is_said_plainly(self, store: Store, method: str) -> None:
        with pytest.raises(UnknownSession) as caught:
            getattr(store, method)("nobody")
        assert "'nobody'" in caught.value.message
        assert "unstuck sessions list" in caught.value.advice
        assert caught.value.exit_code == 2

    def test_committing_to_an_unknown_session_is_said_plainly(self, store: Store) -> None:
        with pytest.raises(UnknownSession):
            store.commit("nobody", 1, commit())

    def test_a_session_begins_once(self, store: Store) -> None:
        begin(store, state=b"first")
        with pytest.raises(StoreMisuse):
            begin(store, state=b"second")
        assert store.load("s-1").state == b"first"

    def test_a_version_must_be_kept_before_a_session_uses_it(self, store: Store) -> None:
        with pytest.raises(UnknownVersion):
            store.begin("s-1", "email", "v9", "kim", "agent", commit())
        with pytest.raises(UnknownSession):
            store.load("s-1")

    def test_a_version_is_kept_as_it_was(self, store: Store, open_store: OpenStore) -> None:
        store.keep_version("v1", FILES)
        store.keep_version("v1", dict(reversed(FILES.items())))
        store.close()
        again = open_store()
        assert again.load_version("v1") == FILES
        again.close()

    def test_other_files_under_a_kept_version_are_refused(self, store: Store) -> None:
        store.keep_version("v1", FILES)
        with pytest.raises(StoreMisuse):
            store.keep_version("v1", {**FILES, "email/flow.yaml": "flow: other\n"})
        assert store.load_version("v1") == FILES

    def test_an_unknown_version_is_said_plainly(self, store: Store) -> None:
        with pytest.raises(UnknownVersion) as caught:
            store.load_version("v9")
        assert isinstance(caught.value, PlainProblem)
        assert "'v9'" in caught.value.message

    def test_a_reply_is_kept_with_its_commit(self, store: Store) -> None:
        begin(store)
        reply = StoredReply("r-1", "digest", b"\x00reply")
        store.commit("s-1", 1, commit(reply=reply))
        assert store.stored_reply("s-1", "r-1") == reply
        assert store.stored_reply("s-1", "r-2") is None
        assert store.stored_reply("s-2", "r-1") is None

    def test_a_request_is_replied_to_once(self, store: Store) -> None:
        begin(store, reply=StoredReply("r-1", "digest", b"first"))
        with pytest.raises(StoreMisuse):
            store.commit("s-1", 1, commit(reply=StoredReply("r-1", "digest", b"second")))
        assert store.load("s-1").revision == 1
        assert store.stored_reply("s-1", "r-1") == ("r-1", "digest", b"first")

    def test_the_list_shows_the_last_touched_first_whatever_the_clock_says(self, store: Store) -> None:
        begin(store, "s-1", at="2026-11-23T09:00:00Z")
        begin(store, "s-2", at="2026-11-23T08:00:00Z")
        begin(store, "s-3", at="2026-11-23T07:00:00Z")
        store.commit("s-1", 1, commit(at="2026-11-23T06:00:00Z", seq=7, waiting="email/x"))
        found = store.sessions(10)
        assert [summary.session for summary in found] == ["s-1", "s-3", "s-2"]
        assert (found[0].revision, found[0].seq, found[0].waiting) == (2, 7, "email/x")
        assert not any(summary.damaged for summary in found)
        assert [summary.session for summary in store.sessions(2)] == ["s-1", "s-3"]
        assert store.sessions(0) == store.sessions(-1) == ()

    def test_the_list_can_be_narrowed(self, store: Store) -> None:
        begin(store, "s-1", actor="kim")
        begin(store, "s-2", actor="lou")
        begin(store, "s-3", actor="kim", waiting="end solved")
        begin(store, "s-4", actor="kim", waiting="ending/step")
        assert [found.session for found in store.sessions(10, actor="kim")] == ["s-4", "s-3", "s-1"]
        assert [found.session for found in store.sessions(10, True, "kim")] == ["s-4", "s-1"]
        assert [found.session for found in store.sessions(10, only_open=True)] == ["s-4", "s-2", "s-1"]
        assert store.sessions(10, actor="max") == ()

    def test_the_ledger_shows_each_call_as_it_stands(self, store: Store) -> None:
        begin(store, ledger=(entry("a", "planned"), entry("b", "planned")))
        store.commit("s-1", 1, commit(ledger=(entry("b", "sent"), entry("a", "sent"))))
        store.commit("s-1", 2, commit(ledger=(entry("b", "confirmed", result=b"done"),)))
        assert store.ledger("s-1") == (entry("a", "sent"), entry("b", "confirmed", result=b"done"))

    def test_a_refused_ledger_entry_refuses_the_whole_commit(self, store: Store) -> None:
        begin(store)
        bad = commit(
            events=(b"never",),
            state=b"never",
            ledger=(entry("a", "planned"), entry("b", "sent")),
            reply=StoredReply("r-1", "digest", b"never"),
        )
        with pytest.raises(WrongTransition) as caught:
            store.commit("s-1", 1, bad)
        assert (caught.value.key, caught.value.before, caught.value.after) == ("b", None, "sent")
        assert store.load("s-1").state == b"state"
        assert store.ledger("s-1") == ()
        assert store.events("s-1") == ((1, b"answered"),)
        assert store.stored_reply("s-1", "r-1") is None
        assert store.commit("s-1", 1, commit()) == 2

    def test_a_session_that_would_begin_with_a_sent_call_does_not_begin(self, store: Store) -> None:
        with pytest.raises(WrongTransition):
            begin(store, ledger=(entry("a", "sent"),))
        with pytest.raises(UnknownSession):
            store.load("s-1")

    @pytest.mark.parametrize(
        "other",
        [{"action": "x"}, {"subject": "x"}, {"step": "x"}, {"args": b"x"}],
        ids=lambda d: next(iter(d)),
    )
    def test_a_key_stands_for_one_call_only(self, store: Store, other: dict[str, object]) -> None:
        begin(store, ledger=(entry("a", "planned"),))
        with pytest.raises(WrongTransition):
            store.commit("s-1", 1, commit(ledger=(entry("a", "sent", **other),)))

    def test_one_key_in_two_sessions_is_two_calls(self, store: Store) -> None:
        begin(store, "s-1", ledger=(entry("a", "planned"),))
        begin(store, "s-2", ledger=(entry("a", "planned"), entry("a", "sent")))
        assert store.ledger("s-1")[0].status == "planned"
        assert store.ledger("s-2")[0].status == "sent"

    @one_store
    @given(
        steps=st.lists(
            st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(get_args(LedgerStatus))), max_size=12
        )
    )
    def test_whatever_is_asked_for_the_ledger_only_goes_forward(
        self, open_store: OpenStore, steps: list[tuple[str, LedgerStatus]]
    ) -> None:
        store = open_store()
        session = f"s-{len(store.sessions(100_000))}"
        begin(store, session)
        revision = 1
        stands: dict[str, LedgerStatus] = {}
        sent: list[str] = []
        for key, status in steps:
            allowed = status in NEXT[stands.get(key)]
            try:
                revision = store.commit(session, revision, commit(ledger=(entry(key, status),)))
            except WrongTransition:
                assert not allowed
                continue
            assert allowed
            stands[key] = status
            sent += [key] if status == "sent" else []
        assert {found.key: found.status for found in store.ledger(session)} == stands
        assert len(sent) == len(set(sent))
        store.close()

    @one_store
    @given(body=st.binary(max_size=5_000), words=st.text(st.characters(codec="utf-8"), max_size=50))
    def test_any_bytes_and_words_come_back_as_they_were(
        self, open_store: OpenStore, body: bytes, words: str
    ) -> None:
        store = open_store()
        session = f"s-{len(store.sessions(100_000))}-{words}"
        begin(store, session, actor=words, events=(body,), state=body, waiting=words)
        found = store.load(session)
        assert (found.session, found.actor, found.waiting, found.state) == (session, words, words, body)
        assert store.events(session) == ((1, body),)
        assert not store.sessions(1)[0].damaged
        store.close()

    def test_a_closed_store_says_so_and_closes_again(self, store: Store) -> None:
        store.close()
        store.close()
        with pytest.raises(StoreMisuse):
            store.load("s-1")
