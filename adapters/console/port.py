"""What the console needs from outside: a conversation to talk to, and somebody who answers."""

from __future__ import annotations

from typing import Protocol

from adapters.console.replies import Reply
from adapters.view import View
from engine import Given, Prompt, Value


class Talk(Protocol):
    """The part of the driver the console uses. Every call returns the next view of the session and may
    raise PlainProblem when the store or the session cannot be used."""

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        """Answer the prompt."""
        ...

    def reveal(self, session: str, id: str) -> tuple[str | None, View]:
        """The secret that waits to be shown, once (None where it is gone), and the next view."""
        ...

    def back(self, session: str) -> View:
        """Go back to the question before."""
        ...

    def answered(self, session: str) -> tuple[Given, ...]:
        """The answers that can be changed, in the order in which they were given."""
        ...

    def change(self, session: str, prompt: str, seq: int | None = None) -> View:
        """Go back to a question that was answered (its id, and its number where it was put several times)."""
        ...

    def why(self, session: str) -> View:
        """The same prompt, with the reason for it as `info`."""
        ...

    def note(self, session: str, text: str) -> View:
        """Write a note for the record."""
        ...

    def stop(self, session: str) -> View:
        """Give the session up for good."""
        ...


class Asker(Protocol):
    """Reads what the person says to a prompt whose question is on the screen already.

    Raises KeyboardInterrupt for Ctrl-C and EOFError at the end of the input.
    """

    def ask(self, prompt: Prompt) -> Reply:
        """The next reply."""
        ...

    def ready(self) -> None:
        """Wait until the person wants to see the secret that was announced."""
        ...

    def show_once(self, label: str, value: str) -> None:
        """Show a secret until the person has passed it on, and clear it away as far as the screen can."""
        ...
