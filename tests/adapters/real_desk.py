"""The desk as people have it (embedded sample clinic, Maildir, session file) in a folder, for tests that break
off in the middle. Run as a program it holds a conversation and kills itself at a given point:

    python -m tests.adapters.real_desk FOLDER POINT [SESSION]

POINT is `KIND:N`: before-commit, after-commit, before-call, after-call (of a write) or answer, counted from 1;
`never:0` goes to the end. Each turn that was acknowledged is told on standard output: session, seq, step.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.clinic.actions import CATALOG
from adapters.clinic.database import open_database
from adapters.clinic.port import Backend, CallContext
from adapters.clinic.show import journal_lines
from adapters.driver import Driver, Parts
from adapters.gates.book_file import SqliteBook
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.mail.maildir import Maildir
from adapters.secrets.vault import MemoryVault
from adapters.stores.port import Commit, Store
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from adapters.wiring import clinic_day, create_clinic, new_session_id, new_token, open_clinic, open_library
from engine import Audience, Effect, Finding, Value

ANSWERS: Mapping[str, Value] = {
    "who": "Ana Souza",
    "switch-on": "both",
    "compare": "right",
    "send": "send",
    "arrived": "yes",
    # What was cut off before it took effect is offered again.
    "not-now": "again",
}


def answer_for(view: View) -> Value:
    """What the agent says at this question."""
    assert view.prompt is not None
    return ANSWERS[view.prompt.step]


class Countdown:
    """Kills this process at one point."""

    def __init__(self, point: str) -> None:
        kind, _, number = point.partition(":")
        self._kind, self._left = kind, int(number)

    def passed(self, kind: str) -> None:
        """A point of this kind is passed."""
        if kind == self._kind:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class CountedStore:
    """The store, counting its commits."""

    def __init__(self, inside: Store, countdown: Countdown) -> None:
        self._inside, self._countdown = inside, countdown
        self.load, self.events, self.ledger = inside.load, inside.events, inside.ledger
        self.sessions, self.keep_version = inside.sessions, inside.keep_version
        self.load_version, self.stored_reply = inside.load_version, inside.stored_reply
        self.close = inside.close

    def begin(self, session: str, flow: str, version: str, actor: str, audience: str, commit: Commit) -> int:
        return self._counted(lambda: self._inside.begin(session, flow, version, actor, audience, commit))

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        return self._counted(lambda: self._inside.commit(session, expected_revision, commit))

    def _counted(self, commit: Callable[[], int]) -> int:
        self._countdown.passed("before-commit")
        revision = commit()
        self._countdown.passed("after-commit")
        return revision


class CountedClinic:
    """The clinic, counting its writes."""

    def __init__(self, inside: Backend, countdown: Countdown) -> None:
        self._inside, self._countdown = inside, countdown
        self.capabilities, self.close = inside.capabilities, inside.close

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if CATALOG.actions[action].effect is Effect.READ:
            return self._inside.perform(action, args, context)
        self._countdown.passed("before-call")
        result = self._inside.perform(action, args, context)
        self._countdown.passed("after-call")
        return result

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        return self._inside.check_back(action, args, context)


def make_clinic(folder: Path) -> None:
    """A fresh sample clinic."""
    create_clinic(folder / "clinic.db", None)


def copy_clinic(source: Path, folder: Path) -> Path:
    """A copy of a fresh clinic, which is quicker than another one."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(source / "clinic.db", folder / "clinic.db")
    return folder


@contextmanager
def real_desk(folder: Path, point: str = "never:0") -> Iterator[tuple[Driver, Store]]:
    """The driver with real parts in `folder`."""
    countdown = Countdown(point)
    backend = open_clinic(f"sqlite:///{folder / 'clinic.db'}", Maildir(folder / "mail"))
    with closing(SqliteBook(folder / "gates.db")) as book, SqliteStore(folder / "sessions.db") as kept:
        gate = PolicyGate(shipped_policy(), CATALOG, book)
        store = CountedStore(kept, countdown)
        parts = Parts(
            open_library(None),
            CountedClinic(backend, countdown),
            store,
            gate,
            lambda: datetime.now(UTC),
            new_session_id,
            clinic_day(backend),
            MemoryVault(new_token),
        )
        driver = Driver(parts)
        try:
            yield driver, store
        finally:
            driver.close()
            backend.close()


def finish(driver: Driver, view: View, told: Callable[[View], None] = lambda view: None) -> View:
    """Answer every question until the end."""
    told(view)
    while view.end is None:
        assert view.prompt is not None
        view = driver.answer(view.session, answer_for(view), prompt=view.prompt.id, seq=view.seq)
        told(view)
    return view


def journal(folder: Path) -> list[str]:
    """The actions that changed something at the clinic, in order."""
    database = open_database(folder / "clinic.db")
    try:
        with database.reading(5.0) as connection:
            return [line.action for line in journal_lines(connection) if line.action in CATALOG.actions]
    finally:
        database.close()


def letters(folder: Path) -> list[Path]:
    """The messages in the Maildir."""
    return sorted((folder / "mail").glob("new/*"))


def _main() -> None:
    folder, point, *rest = sys.argv[1:]
    countdown = Countdown(point)

    def told(view: View) -> None:
        step = view.prompt.step if view.prompt is not None else "end"
        sys.stdout.write(f"{view.session} {view.seq} {step}\n")
        sys.stdout.flush()
        countdown.passed("answer")

    with real_desk(Path(folder), point) as (driver, _):
        begun = (
            driver.resume(rest[0])
            if rest
            else driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        )
        finish(driver, begun, told)


if __name__ == "__main__":
    _main()
