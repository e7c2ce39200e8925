"""The beginning: which flow fits what the caller says. Asks until one is picked; searching is done by
whoever is asked to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from adapters.console.layout import BLANK, Row, row
from adapters.console.port import Asker
from adapters.console.replies import Answer, Order, Puzzle
from adapters.console.screen import Screen
from adapters.console.toolbar import Status
from adapters.console.transcript import problem_rows
from engine import Choice, Prompt, plain

if TYPE_CHECKING:
    from adapters.finder import Match

QUESTION = "What does the caller say? Type it, or pick:"
IS_IT = "This one may fit. Pick it, or say it in other words:"
SEVERAL = "Several may fit. Pick one, or say it in other words:"
NONE_FITS = "Nothing here fits that. Try other words, or pick from the list."


class Offer(msgspec.Struct, frozen=True):
    """One flow to pick."""

    name: str
    title: str


def pick(
    offers: Sequence[Offer],
    search: Callable[[str], Sequence[Match]],
    screen: Screen,
    asker: Asker,
    *,
    said: str = "",
) -> str:
    """The name of the picked flow. `search` finds flows by free text; with `said` it is asked before the
    person is. Raises KeyboardInterrupt and EOFError."""
    prompt = _prompt(offers, QUESTION)
    while True:
        if said:
            found = search(said)
            if len(found) == 1 and found[0].sure:
                return found[0].name
            prompt = _narrowed(offers, found, screen)
        reply = asker.ask(prompt, True, Status())
        if isinstance(reply, Answer):
            return str(reply.value)
        said = reply.typed if isinstance(reply, Puzzle) and not reply.typed.startswith("/") else ""
        if not said:
            screen.show(_after(reply, screen))
            prompt = _prompt(offers, QUESTION)


def _narrowed(offers: Sequence[Offer], found: Sequence[Match], screen: Screen) -> Prompt:
    """The question between the flows that fit; between all of them if none does."""
    if not found:
        screen.show(problem_rows(NONE_FITS, screen.marks))
        return _prompt(offers, QUESTION)
    fitting = [offer for match in found for offer in offers if offer.name == match.name]
    return _prompt(fitting, SEVERAL if len(fitting) > 1 else IS_IT)


def _prompt(offers: Sequence[Offer], question: str) -> Prompt:
    choices = tuple(Choice(offer.name, offer.title) for offer in offers)
    return Prompt("unstuck/start", "start", 0, "choice", plain(question), choices)


def _after(reply: Order | Puzzle, screen: Screen) -> list[Row]:
    """What is said to a reply that is not about a flow."""
    if isinstance(reply, Puzzle):
        return problem_rows(reply.why, screen.marks)
    if reply.command == "/quit":
        raise EOFError
    return [BLANK, row("Type the caller's words, or the number of a line; Ctrl-C leaves.", "info", "  ")]
