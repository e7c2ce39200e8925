"""The driver as one person talks to it, and what that person can see of their conversations: who answers goes
with every answer.

A conversation can be gone on with by a colleague, who then speaks for themself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.driver import Driver
from adapters.onlooker import Onlooker, OpenSession, UnderWay
from adapters.view import View
from engine import Audience, Given, Value

if TYPE_CHECKING:
    from engine import Outline, Standing


class Talk:
    """What the surfaces use of the driver. `actor` is who sits there, `audience` the role they asked for,
    if any; neither is a matter of what is said."""

    def __init__(
        self, driver: Driver, actor: str, onlooker: Onlooker, audience: Audience | None = None
    ) -> None:
        self._driver = driver
        self._actor = actor
        self._onlooker = onlooker
        self._audience = audience

    def resume(self, session: str) -> View:
        """See `Driver.resume`."""
        return self._driver.resume(session, actor=self._actor, audience=self._audience)

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        """See `Driver.answer`."""
        return self._driver.answer(
            session, value, prompt=prompt, seq=seq, actor=self._actor, audience=self._audience
        )

    def reveal(self, session: str, id: str) -> tuple[str | None, View]:
        """See `Driver.reveal`."""
        return self._driver.reveal(session, id, actor=self._actor, audience=self._audience)

    def back(self, session: str) -> View:
        """See `Driver.back`."""
        return self._driver.back(session, actor=self._actor, audience=self._audience)

    def answered(self, session: str) -> tuple[Given, ...]:
        """See `Driver.answered`."""
        return self._driver.answered(session)

    def change(self, session: str, prompt: str, seq: int | None = None) -> View:
        """See `Driver.change`."""
        return self._driver.change(session, prompt, seq, actor=self._actor, audience=self._audience)

    def why(self, session: str, rules: bool = True) -> View:
        """See `Driver.why`."""
        return self._driver.why(session, rules)

    def why_not(self, session: str, step: str, rules: bool = True) -> View:
        """See `Driver.why_not`."""
        return self._driver.why_not(session, step, rules)

    def note(self, session: str, text: str) -> View:
        """See `Driver.note`."""
        return self._driver.note(session, text, actor=self._actor, audience=self._audience)

    def stop(self, session: str) -> View:
        """See `Driver.stop`."""
        return self._driver.stop(session, actor=self._actor, audience=self._audience)

    def hand_over(self, session: str, text: str) -> View:
        """See `Driver.hand_over`."""
        return self._driver.hand_over(session, text, actor=self._actor, audience=self._audience)

    def standing(self, session: str) -> Standing:
        """See `Onlooker.standing`."""
        return self._onlooker.standing(session)

    def outline(self, session: str, rules: bool = False) -> Outline:
        """See `Onlooker.outline`."""
        return self._onlooker.outline(session, rules)

    def digest(self, session: str) -> str:
        """See `Onlooker.digest`."""
        return self._onlooker.digest(session)

    def notes(self, session: str) -> tuple[str, ...]:
        """See `Onlooker.notes`."""
        return self._onlooker.notes(session)

    def under_way(self, session: str) -> UnderWay | None:
        """See `Onlooker.under_way`."""
        return self._onlooker.under_way(session)

    def open_ones(self, limit: int) -> tuple[OpenSession, ...]:
        """See `Onlooker.open_ones`."""
        return self._onlooker.open_ones(self._actor, limit)
