"""The embedded clinic: every action of the catalogue on one SQLite file.

Only the order of things is here: check the call, recall its key, act in one transaction, carry mail outside
of any. What each action does is in the file named after it. Clock, tokens and mailer come from outside.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from adapters.clinic.actions import CAPABILITIES, CATALOG
from adapters.clinic.arguments import checked_arguments
from adapters.clinic.database import Database, make_database, open_database
from adapters.clinic.outcomes import (
    GIVEN_UP,
    Broken,
    Call,
    Done,
    Open,
    Outcome,
    forget,
    journal,
    keep,
    recall,
    told,
)
from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.clinic.reads import read
from adapters.clinic.records import find_person, load_clinic
from adapters.letters import Accepted, Carried, Mailer, Report, Uncertain, Unreachable
from adapters.secret import Secret
from engine import Action, CannotTell, DidNotHappen, Effect, Failure, Finding, Happened, Value

if TYPE_CHECKING:
    # What changes something, or makes people, is imported when that is done.
    from adapters.clinic.by_hand import ByHand
    from adapters.clinic.invitations import Redeemed
    from adapters.clinic.notices import Notice, Telling
    from adapters.clinic.people import People
    from adapters.clinic.postings import Posting
    from adapters.clinic.sign_ins import LogIn

# A mail that was carried must be recorded, however little of the call's own time is left.
_SETTLE_SECONDS = 10.0
# What these tell may have been reported since the mail was accepted.
_TOLD_LATER = frozenset({"get_delivery", "get_invitation", "check_email"})


def _new_password() -> Secret:
    from adapters.clinic.passwords import new_password

    return new_password()


class EmbeddedClinic:
    """A clinic in one file. Safe to call from several threads, and from several processes at once."""

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        clock: Callable[[], datetime],
        tokens: Callable[[], str],
        passwords: Callable[[], Secret],
        reports: Callable[[], Iterable[Report]] = tuple,
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._clock = clock
        self._tokens = tokens
        self._passwords = passwords
        self._reports = reports
        self._running: set[str] = set()
        self._finished = threading.Condition()

    @classmethod
    def open(
        cls,
        path: Path,
        mailer: Mailer,
        clock: Callable[[], datetime],
        tokens: Callable[[], str],
        passwords: Callable[[], Secret] = _new_password,
        reports: Callable[[], Iterable[Report]] = tuple,
    ) -> EmbeddedClinic:
        """Open the clinic at `path`.

        `clock` gives the moment with its time zone, `tokens` a new unguessable word of at least 128 bits, fit
        for an address, at each call, `passwords` a new password that can be read out, `reports` what became
        of mails since it was last asked. Raises Unusable, with
        what to do.
        """
        return cls(open_database(path), mailer, clock, tokens, passwords, reports)

    @staticmethod
    def create(path: Path, people: People, clock: Callable[[], datetime], replace: bool = False) -> None:
        """Make a new clinic at `path` with these people; times like "3 days ago" count from the clock.

        Raises PlainProblem if a file is there already and `replace` is false, or the people contradict
        themselves; Unusable if it cannot be written.
        """
        from adapters.clinic.populate import populate

        now = clock()
        make_database(path, lambda connection: populate(connection, people, now), replace)

    def capabilities(self) -> frozenset[str]:
        """All there is."""
        return CAPABILITIES

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `port.Backend.perform`."""
        declared = CATALOG.actions.get(action)
        if declared is None:
            raise ActionFailed(Failure.UNSUPPORTED, f"This clinic's system does not know {action}.")
        checked = checked_arguments(declared, args)
        if declared.effect is Effect.READ:
            if action in _TOLD_LATER:
                self._take_in(context.deadline)
            with self._database.reading(context.deadline) as connection:
                return read(connection, action, checked, self._clock())
        if not context.key:
            raise ActionFailed(Failure.INVALID_INPUT, f"{action} needs a key.")
        call = Call(declared, checked, context, self._clock())
        from adapters.clinic.writes import PREPARING, TELLING

        with self._under_way(context.key):
            if action in PREPARING:
                return self._post(call)
            return self._tell(call) if action in TELLING else self._write(call)

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `port.Backend.check_back`. A call still under way is waited for."""
        declared = CATALOG.actions.get(action)
        if declared is None or declared.effect is Effect.READ:
            return DidNotHappen()
        until = monotonic() + context.deadline
        if not self._wait_for(context.key, context.deadline):
            return CannotTell()
        try:
            return self._looked_up(declared, args, context, max(until - monotonic(), 0.1))
        except (ActionFailed, OutcomeLost):
            return CannotTell()

    def _take_in(self, seconds: float) -> None:
        """Record what mail systems reported since the last time."""
        reports = tuple(self._reports())
        if reports:
            from adapters.clinic.deliveries import take_in

            with self._database.writing(seconds) as connection:
                for report in reports:
                    take_in(connection, report, self._clock())

    def redeem(self, token: str, password: Secret | None = None) -> Redeemed:
        """Follow a one-time link, as the person who got the mail would, and choose a password there. Raises
        LinkRefused, and ActionFailed `invalid_input` for a password that is too short."""
        from adapters.clinic.invitations import redeem

        with self._database.writing(_SETTLE_SECONDS) as connection:
            return redeem(connection, token, self._clock(), password)

    def log_in(self, email: str, password: Secret) -> LogIn:
        """Try to log in to the portal, as the person at the log-in page would."""
        from adapters.clinic.sign_ins import log_in

        with self._database.writing(_SETTLE_SECONDS) as connection:
            return log_in(connection, email, password, self._clock())

    def signed_in(self, subject: str) -> int:
        """On how many devices the person is signed in to the portal."""
        from adapters.clinic.accounts import account_of
        from adapters.clinic.sign_ins import open_sign_ins

        with self._database.reading(_SETTLE_SECONDS) as connection:
            account = account_of(connection, find_person(connection, subject))
            return open_sign_ins(connection, account) if account is not None else 0

    def change_by_hand(self, subject: str, changes: ByHand) -> None:
        """Change a record as somebody does in the clinic's own software.

        Raises ActionFailed `not_found`, `conflict` or `not_ready`.
        """
        from adapters.clinic.by_hand import change_by_hand

        with self._database.writing(_SETTLE_SECONDS) as connection:
            change_by_hand(connection, subject, changes, self._clock())

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _write(self, call: Call) -> Value:
        """An action that is over when its transaction is."""
        from adapters.clinic.writes import PLAIN

        with self._database.writing(call.context.deadline) as connection:
            outcome = recall(connection, call)
            if outcome is None:
                outcome = Done(PLAIN[call.action.name](connection, call))
                _record(connection, call, outcome)
        return told(outcome)

    def _tell(self, call: Call) -> Value:
        """An action that is over when its transaction is; then those whom it concerns are told by mail."""
        from adapters.clinic.notices import Making
        from adapters.clinic.writes import TELLING

        with self._database.writing(call.context.deadline) as connection:
            earlier = recall(connection, call)
            if earlier is not None:
                return told(earlier)
            making = Making(load_clinic(connection), self._tokens, self._passwords)
            telling = TELLING[call.action.name](connection, call, making)
            _record(connection, call, Done(telling.result))
        answers: list[tuple[Notice, Carried]] = []
        for notice in telling.notices:
            # A mail system that is out of reach is waited for once only.
            if not any(isinstance(carried, Unreachable) for _, carried in answers):
                answers.append((notice, self._carried(notice)))
        return self._told_to(call, telling, answers)

    def _told_to(self, call: Call, telling: Telling, answers: list[tuple[Notice, Carried]]) -> Value:
        """The result with who could be told. What was done stays done if even that cannot be kept."""
        from adapters.clinic.notices import settle_notice

        accepted = {notice.member for notice, carried in answers if isinstance(carried, Accepted)}
        result = {**telling.result, **dict.fromkeys(accepted - {""}, True)}
        try:
            with self._database.writing(_SETTLE_SECONDS) as connection:
                for notice, carried in answers:
                    settle_notice(connection, notice, carried, self._clock())
                keep(connection, call, Done(result))
        except (ActionFailed, OutcomeLost):
            return telling.result
        return result

    def _post(self, call: Call) -> Value:
        """An action that sends a mail: recorded, carried, settled."""
        from adapters.clinic.postings import Posting

        with self._database.writing(call.context.deadline) as connection:
            earlier = recall(connection, call)
            prepared = self._prepared(connection, call) if earlier is None else earlier
        if not isinstance(prepared, Posting):
            return told(prepared)
        carried = self._carried(prepared)
        try:
            with self._database.writing(_SETTLE_SECONDS) as connection:
                outcome = _settled(connection, call, prepared, carried, self._clock())
        except ActionFailed as failed:
            raise OutcomeLost(f"the mail was handed over, but not recorded: {failed.message}") from None
        if outcome is None:
            raise ActionFailed(Failure.UNAVAILABLE, "The mail system cannot be reached; nothing was sent.")
        return told(outcome)

    def _prepared(self, connection: sqlite3.Connection, call: Call) -> Posting | Broken:
        from adapters.clinic.writes import PREPARING

        prepared = PREPARING[call.action.name](connection, call, load_clinic(connection), self._tokens)
        if isinstance(prepared, Broken):
            _record(connection, call, prepared)
        else:
            keep(connection, call, prepared.opening)
        return prepared

    def _carried(self, mail: Posting | Notice) -> Carried:
        from adapters.clinic.mail_texts import postal

        envelope = mail.envelope
        try:
            return self._mailer.send(mail.letter, envelope.clinic.mail_from, postal(envelope.to_address))
        except Exception as error:  # whatever a carrier raises, the mail may be on its way
            return Uncertain(f"{type(error).__name__}")

    def _looked_up(
        self, declared: Action, args: Mapping[str, Value], context: CallContext, seconds: float
    ) -> Finding:
        call = Call(declared, checked_arguments(declared, args), context, self._clock())
        with self._database.writing(seconds) as connection:
            outcome = recall(connection, call)
            if outcome is None:
                # From now on it cannot happen any more, however late its sender is.
                keep(connection, call, GIVEN_UP)
        match outcome:
            case Done(result=result):
                return Happened(result)
            case None:
                return DidNotHappen()
            case Broken(failure=Failure.UNDELIVERABLE | Failure.UNAVAILABLE):
                return DidNotHappen()
            case Broken() | Open():
                return CannotTell()

    @contextmanager
    def _under_way(self, key: str) -> Iterator[None]:
        with self._finished:
            first = key not in self._running
            self._running.add(key)
        try:
            yield
        finally:
            with self._finished:
                if first:
                    self._running.discard(key)
                self._finished.notify_all()

    def _wait_for(self, key: str, seconds: float) -> bool:
        """Whether no call under this key is under way any more, waiting at most so long."""
        with self._finished:
            return self._finished.wait_for(lambda: key not in self._running, seconds)


def _record(connection: sqlite3.Connection, call: Call, outcome: Outcome) -> None:
    keep(connection, call, outcome)
    journal(connection, call, outcome)


def _settled(
    connection: sqlite3.Connection, call: Call, posting: Posting, carried: Carried, now: datetime
) -> Outcome | None:
    from adapters.clinic.writes import SETTLING

    outcome = SETTLING[call.action.name](connection, call, posting, carried, now)
    if outcome is None:
        forget(connection, call)
    else:
        _record(connection, call, outcome)
    return outcome
