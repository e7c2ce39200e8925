"""The driver as one person talks to it: who answers goes with every answer.

A conversation can be gone on with by a colleague, who then speaks for themself.
"""

from __future__ import annotations

from adapters.driver import Driver
from adapters.view import View
from engine import Given, Value


class Talk:
    """What the surfaces use of the driver. `actor` is who sits there, and not a matter of what is said."""

    def __init__(self, driver: Driver, actor: str) -> None:
        self._driver = driver
        self._actor = actor

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        """See `Driver.answer`."""
        return self._driver.answer(session, value, prompt=prompt, seq=seq, actor=self._actor)

    def reveal(self, session: str, id: str) -> tuple[str | None, View]:
        """See `Driver.reveal`."""
        return self._driver.reveal(session, id)

    def back(self, session: str) -> View:
        """See `Driver.back`."""
        return self._driver.back(session)

    def answered(self, session: str) -> tuple[Given, ...]:
        """See `Driver.answered`."""
        return self._driver.answered(session)

    def change(self, session: str, prompt: str, seq: int | None = None) -> View:
        """See `Driver.change`."""
        return self._driver.change(session, prompt, seq)

    def why(self, session: str) -> View:
        """See `Driver.why`."""
        return self._driver.why(session)

    def why_not(self, session: str, step: str) -> View:
        """See `Driver.why_not`."""
        return self._driver.why_not(session, step)

    def note(self, session: str, text: str) -> View:
        """See `Driver.note`."""
        return self._driver.note(session, text)

    def stop(self, session: str) -> View:
        """See `Driver.stop`."""
        return self._driver.stop(session)
