"""What the console needs from outside: a conversation to talk to and look at, and somebody who answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from adapters.console.layout import Row
from adapters.console.replies import Reply
from adapters.console.toolbar import Status
from adapters.onlooker import UnderWay
from adapters.view import View
from engine import Given, Prompt, Value

if TYPE_CHECKING:
    from engine import Outline, Standing


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

    def why(self, session: str, rules: bool) -> View:
        """The same prompt, with the reason for it as `info`: in plain words, or with the `rules` as their
        authors wrote them."""
        ...

    def why_not(self, session: str, step: str, rules: bool) -> View:
        """The same prompt, with why the conversation did not come to a step as `info`."""
        ...

    def note(self, session: str, text: str) -> View:
        """Write a note for the record."""
        ...

    def stop(self, session: str) -> View:
        """Give the session up for good."""
        ...

    def hand_over(self, session: str, text: str) -> View:
        """Hand the case over to the clinic's support, with what its ticket shall say of it."""
        ...

    def standing(self, session: str) -> Standing:
        """The conversation in a few words."""
        ...

    def outline(self, session: str, rules: bool) -> Outline:
        """Where it stands in the tree of its flows."""
        ...

    def digest(self, session: str) -> str:
        """The conversation as a text for a ticket."""
        ...

    def notes(self, session: str) -> tuple[str, ...]:
        """The notes that were written."""
        ...

    def under_way(self, session: str) -> UnderWay | None:
        """The call that is being made right now, if any. May be asked from another thread's point of view:
        while `answer` is still at work."""
        ...


class Asker(Protocol):
    """Puts a question to the person, and reads what they say.

    Raises KeyboardInterrupt for Ctrl-C and EOFError at the end of the input.
    """

    def ask(self, prompt: Prompt, fresh: bool, status: Status) -> Reply:
        """The next reply. A `fresh` question was not put just before; `status` tells where one is."""
        ...

    def read(self, rows: Sequence[Row], at: int = 0) -> None:
        """Let the person read a text that may be longer than the screen; `at` is the row to begin around."""
        ...

    def ready(self) -> None:
        """Wait until the person wants to see the secret that was announced."""
        ...

    def show_once(self, label: str, value: str) -> None:
        """Show a secret until the person has passed it on, and clear it away as far as the screen can."""
        ...
