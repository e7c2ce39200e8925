"""What it costs to keep conversations encrypted and audited, beside the same conversations without."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.driver import Driver, Parts
from adapters.gates.book import MemoryBook
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.letters import Accepted
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from adapters.wiring import (
    clinic_day,
    create_clinic,
    new_session_id,
    new_token,
    open_clerk,
    open_clinic,
    open_library,
    open_trail,
    over_keys,
)
from engine import Audience
from tests.adapters.real_desk import answer_for
from tests.bench.alternate import Pair, Work, alternate
from tests.bench.report import Figure, Limit

DEAREST = Limit(0.5, above=True)


class TakenMail:
    """A mail server that takes everything and keeps nothing."""

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Accepted:
        return Accepted()


def measured() -> tuple[Figure, ...]:
    """The lines of the table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="unstuck-bench-")))
        bare, audited, hidden, both = (
            stack.enter_context(talks(folder / f"{audit}-{hide}", audit=audit, hide=hide))
            for audit, hide in ((False, False), (True, False), (False, True), (True, True))
        )
        pairs = [alternate(work, bare) for work in (both, hidden, audited)]
    return (
        Figure("turns a second, encrypted and audited", *_words(pairs[0]), pairs[0].ratio, DEAREST),
        Figure("… encrypted only", *_words(pairs[1]), pairs[1].ratio),
        Figure("… audited only", *_words(pairs[2]), pairs[2].ratio),
    )


def _words(pair: Pair) -> tuple[str, str]:
    return f"{pair.ours:,.0f}", f"{pair.theirs:,.0f}"


@contextmanager
def talks(folder: Path, *, audit: bool, hide: bool) -> Iterator[Work]:
    """Holds whole conversations that look, change and send, on a store, with or without audit and keys; says
    how many turns one had. The clinic is put back before
    each of them, which both sides pay for."""
    clinic, fresh = folder / "clinic.db", folder / "fresh.db"
    create_clinic(clinic, None)
    create_clinic(fresh, None)
    with ExitStack() as stack:
        backend = open_clinic(f"sqlite:///{clinic}", TakenMail())
        stack.callback(backend.close)
        kept = stack.enter_context(SqliteStore(folder / "sessions.db", open_trail if audit else None))
        like_new = stack.enter_context(closing(sqlite3.connect(fresh)))
        now = stack.enter_context(closing(sqlite3.connect(clinic)))
        parts = Parts(
            open_library(None),
            backend,
            over_keys(kept) if hide else kept,
            _gate(),
            lambda: datetime.now(UTC),
            new_session_id,
            clinic_day(backend),
            MemoryVault(new_token),
            clerk=open_clerk(kept) if audit else None,
        )

        def work() -> int:
            like_new.backup(now)
            return _hold(msgspec.structs.replace(parts, gate=_gate()))

        yield work


def _gate() -> PolicyGate:
    """The gate, remembering nothing of the conversations before."""
    return PolicyGate(shipped_policy(), CATALOG, MemoryBook())


def _hold(parts: Parts) -> int:
    with closing(Driver(parts)) as driver:
        view = driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        turns = 1
        while view.end is None:
            view = driver.answer(view.session, answer_for(view), seq=view.seq)
            turns += 1
    return turns
