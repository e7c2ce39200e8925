"""What the tests of every clinic backend have at hand: a clock, a carrier of mail, and calls in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count

from adapters.clinic.port import ActionFailed, Backend, CallContext
from adapters.letters import Accepted, Carried
from adapters.secret import Secret, SecretGone
from engine import Failure, Finding, SecretRef, Value, secret_id

START = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Tokens:
    """Words that are different each time, and the same in each run."""

    numbers: count[int] = field(default_factory=lambda: count(1))

    def __call__(self) -> str:
        return f"token-{next(self.numbers):04d}"


@dataclass
class Carrier:
    """Takes mail into a list, and answers what a test wants it to for an address."""

    answers: dict[str, Carried] = field(default_factory=dict)
    sent: list[tuple[EmailMessage, str, str]] = field(default_factory=list)
    before: Callable[[], None] | None = None

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Carried:
        if self.before is not None:
            self.before()
        answer = self.answers.get(recipient, Accepted())
        if isinstance(answer, Accepted):
            self.sent.append((message, sender, recipient))
        return answer

    @property
    def recipients(self) -> list[str]:
        return [recipient for _, _, recipient in self.sent]


@dataclass
class Vault:
    """Keeps secrets for the calls of a test."""

    kept: dict[str, Secret] = field(default_factory=dict)

    def get(self, value: Value) -> Secret:
        found = self.kept.get(secret_id(value) or "")
        if found is None:
            raise SecretGone
        return found

    def keep(self, secret: Secret) -> Value:
        ref = SecretRef(f"secret-{len(self.kept) + 1}")
        self.kept[ref.id] = secret
        return ref.as_value()


@dataclass
class Bench:
    """One backend under test."""

    backend: Backend
    carrier: Carrier
    clock: Clock
    keys: count[int] = field(default_factory=lambda: count(1))
    vault: Vault = field(default_factory=Vault)

    def call(self, action: str, key: str | None = None, **args: Value) -> Value:
        """Make one call, under a new key unless one is given."""
        return self.backend.perform(action, args, self.context(key))

    def record(self, action: str, key: str | None = None, **args: Value) -> dict[str, Value]:
        """The same, for an action whose result is a record."""
        result = self.call(action, key, **args)
        assert isinstance(result, dict)
        return result

    def fails(self, action: str, key: str | None = None, **args: Value) -> ActionFailed:
        """Make one call that must fail, and say how it did."""
        try:
            result = self.call(action, key, **args)
        except ActionFailed as failed:
            return failed
        raise AssertionError(f"{action} was to fail, and returned {result}")

    def look_back(self, action: str, key: str, args: Mapping[str, Value]) -> Finding:
        return self.backend.check_back(action, args, self.context(key))

    def context(self, key: str | None = None) -> CallContext:
        return CallContext(
            f"key-{next(self.keys)}" if key is None else key, "alice", "session-1", 5.0, self.vault
        )

    def settings(self, subject: str) -> tuple[Value, Value]:
        """Online access and email notifications as the backend has them."""
        found = self.record("get_portal_settings", subject=subject)
        return found["online_access"], found["email_notifications"]

    def version(self, subject: str) -> Value:
        return self.record("get_portal_settings", subject=subject)["version"]

    def consent_version(self, client: str, contact: str) -> Value:
        return self.record("get_consent", client=client, contact=contact)["version"]

    def typed(self, password: str) -> Value:
        """The reference of a password that somebody typed."""
        return self.vault.keep(Secret(password))

    def shown(self, credential: dict[str, Value]) -> Secret:
        """The password of a TempCredential."""
        return self.vault.get(credential["secret"])

    def switch(self, subject: str, **switches: Value) -> dict[str, Value]:
        return self.record(
            "set_portal_settings", subject=subject, expected_version=self.version(subject), **switches
        )


def failed_with(failed: ActionFailed) -> Failure:
    """The failure, having checked that it comes with a sentence."""
    assert failed.message.endswith("."), failed.message
    return failed.failure
