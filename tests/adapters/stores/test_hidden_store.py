"""The store that hides what it keeps: the contract, and that nothing of it can be read in the file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.keys import VARIABLE, keys_path, open_ring, rotate
from adapters.problems import PlainProblem, Unusable
from adapters.stores.hidden import HiddenStore
from adapters.stores.port import StoredReply
from adapters.stores.sqlite import SqliteStore
from tests.adapters.stores.contract import StoreContract, begin, commit, entry

NAME = "Maria-Neves-1990"


def opened(path: Path) -> HiddenStore:
    return HiddenStore(SqliteStore(path), open_ring(path, may_make=True))


class TestContract(StoreContract):
    @pytest.fixture
    def open_store(self, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], HiddenStore]:
        path = tmp_path_factory.mktemp("hidden") / "sessions.db"
        return lambda: opened(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def filled(store: HiddenStore) -> None:
    """One session with the name in everything a conversation keeps."""
    told = NAME.encode()
    planned = entry(f"k-{NAME}", "planned", subject=NAME, step=f"a[{NAME}]", args=told)
    begin(store, events=(told,), state=told, waiting=f"a[{NAME}]/who", ledger=(planned,))
    sent = entry(f"k-{NAME}", "sent", subject=NAME, step=f"a[{NAME}]", args=told)
    done = entry(f"k-{NAME}", "confirmed", subject=NAME, step=f"a[{NAME}]", args=told, result=told)
    reply = StoredReply("r1", f"digest of {NAME}", told)
    store.commit("s-1", 1, commit(events=(told,), state=told, ledger=(sent,), reply=reply))
    store.commit("s-1", 2, commit(events=(told,), state=told, ledger=(done,), waiting=f"a[{NAME}]/x"))


def everything(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def test_nothing_of_a_conversation_can_be_read_in_the_files(path: Path) -> None:
    with opened(path) as store:
        filled(store)
        assert NAME.encode() not in everything(path.parent)
        assert store.load("s-1").waiting == f"a[{NAME}]/x"
        assert store.ledger("s-1")[0].key == f"k-{NAME}"
        assert [body for _, body in store.events("s-1")] == [NAME.encode()] * 3
        kept = store.stored_reply("s-1", "r1")
        assert kept is not None
        assert (kept.body_digest, kept.reply) == (f"digest of {NAME}", NAME.encode())
        assert store.sessions(5)[0].waiting == f"a[{NAME}]/x"
    assert NAME.encode() not in everything(path.parent)


def test_the_keys_are_made_once_for_their_owner_only(path: Path) -> None:
    with opened(path) as store:
        filled(store)
    made = keys_path(path).read_bytes()
    assert keys_path(path).stat().st_mode & 0o777 == 0o600
    with opened(path) as store:
        assert store.load("s-1").state == NAME.encode()
    assert keys_path(path).read_bytes() == made


def test_somebodys_own_conversations_are_found_under_every_key(path: Path) -> None:
    with opened(path) as store:
        store.keep_version("v1", {"flow.yaml": "flow: flow"})
        store.begin("s-1", "flow", "v1", NAME, "client", commit(state=b"one"))
        store.begin("s-2", "flow", "v1", "somebody else", "client", commit(state=b"two"))
    rotate(path)
    with opened(path) as store:
        store.begin("s-3", "flow", "v1", NAME, "client", commit(state=b"three"))
        assert {each.session for each in store.sessions(9, actor=NAME)} == {"s-1", "s-3"}
        assert len(store.sessions(1, actor=NAME)) == 1
        assert {each.actor for each in store.sessions(9, actor=NAME)} == {NAME}
        assert store.load("s-3").actor == NAME
    assert NAME.encode() not in everything(path.parent)


def test_after_a_rotation_the_old_is_read_and_the_new_uses_the_new_key(path: Path) -> None:
    with opened(path) as store:
        filled(store)
    old = open_ring(path, may_make=False).newest
    new = rotate(path)
    assert open_ring(path, may_make=False).newest == new != old
    with opened(path) as store:
        assert store.load("s-1").state == NAME.encode()
        store.commit("s-1", 3, commit(state=b"later"))
        begin(store, "s-2", state=b"new")
    only_new = [line for line in keys_path(path).read_text().splitlines() if not line.startswith("#")][-1]
    keys_path(path).write_text(only_new + "\n")
    with opened(path) as store:
        assert store.load("s-2").state == b"new"
        with pytest.raises(Unusable, match=f"the key {old}, which is not here"):
            store.load("s-1")
        assert {each.session: each.damaged for each in store.sessions(5)} == {"s-1": True, "s-2": False}


def test_keys_may_come_from_the_environment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, os.urandom(32).hex())
    with opened(path) as store:
        filled(store)
    assert not keys_path(path).exists()
    with pytest.raises(PlainProblem, match=VARIABLE):
        rotate(path)
    monkeypatch.setenv(VARIABLE, "nonsense")
    with pytest.raises(Unusable, match="no key"):
        open_ring(path, may_make=False)


def test_missing_keys_are_said_and_none_are_made_in_their_place(path: Path) -> None:
    with pytest.raises(Unusable, match="are missing"):
        open_ring(path, may_make=False)
    assert not keys_path(path).exists()


def test_what_belongs_to_another_session_or_column_is_not_read(path: Path) -> None:
    with SqliteStore(path) as behind:
        store = HiddenStore(behind, open_ring(path, may_make=True))
        begin(store, "s-1", state=b"mine")
        taken = behind.load("s-1").state
        begin(store, "s-2", state=b"yours")
        behind.commit("s-2", 1, commit(state=taken))
        with pytest.raises(Unusable, match="damaged, or belongs to another"):
            store.load("s-2")


def test_a_session_from_before_goes_on_in_clear(path: Path) -> None:
    planned, sent = entry("k", "planned"), entry("k", "sent")
    with SqliteStore(path) as plain:
        begin(plain, "s-1", state=b"plain", ledger=(planned,))
    with opened(path) as store:
        store.commit("s-1", 1, commit(state=b"still", ledger=(sent,)))
        assert store.load("s-1").state == b"still"
        assert store.ledger("s-1")[0].status == "sent"
