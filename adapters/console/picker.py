"""The beginning: which flow fits what the caller says, or which conversation goes on. Asks until one is
picked; searching is done by whoever is asked to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from adapters.console.layout import BLANK, row
from adapters.console.overview import help_rows
from adapters.console.port import Asker
from adapters.console.replies import START, Answer, Order, Puzzle
from adapters.console.screen import Screen
from adapters.console.toolbar import Status
from adapters.console.transcript import problem_rows
from engine import Choice, Prompt, plain

if TYPE_CHECKING:
    from adapters.finder import Match
    from adapters.onlooker import OpenSession

QUESTION = "What does the caller say? Type it, or pick:"
IS_IT = "This one may fit. Pick it, or say it in other words:"
SEVERAL = "Several may fit. Pick one, or say it in other words:"
HELP = (
    "Here, type what the caller says, in their own words, or the number of a line; Ctrl-C leaves. Later on "
    "it is as follows."
)
NONE_FITS = "Nothing here fits that. Try other words, or pick from the list."


class Offer(msgspec.Struct, frozen=True):
    """One flow to pick, or a conversation to go on with (`open`: its name is the session's id). `detail` is
    what else tells it from others."""

    name: str
    title: str
    detail: str = ""
    open: bool = False


def going_on(found: OpenSession) -> Offer:
    """The offer to go on with a conversation."""
    about = f"{found.client}, {found.title}" if found.client else found.title
    asked = f"asked: {found.question}" if found.question else "waits"
    return Offer(found.session, f"Go on: {about}", f"{asked} {_when(found.touched)}".strip(), open=True)


def _when(touched: str) -> str:
    """The moment (ISO 8601, UTC) as the person's own clock had it; "" where it is none."""
    try:
        return datetime.fromisoformat(touched).astimezone().strftime("(%d %b %H:%M)")
    except ValueError:
        return ""


def pick(
    offers: Sequence[Offer],
    search: Callable[[str], Sequence[Match]],
    screen: Screen,
    asker: Asker,
    *,
    said: str = "",
) -> Offer:
    """What was picked. `search` finds flows by free text; with `said` it is asked before the person is.
    Raises KeyboardInterrupt and EOFError."""
    by_name = {offer.name: offer for offer in offers}
    prompt = _prompt(offers, QUESTION)
    while True:
        if said:
            found = search(said)
            if len(found) == 1 and found[0].sure:
                return by_name[found[0].name]
            prompt = _narrowed(offers, found, screen)
        reply = asker.ask(prompt, True, Status())
        if isinstance(reply, Answer):
            return by_name[str(reply.value)]
        said = reply.typed if isinstance(reply, Puzzle) and not reply.typed.startswith("/") else ""
        if not said:
            _after(reply, screen, asker)
            prompt = _prompt(offers, QUESTION)


def _narrowed(offers: Sequence[Offer], found: Sequence[Match], screen: Screen) -> Prompt:
    """The question between the flows that fit; between all of them if none does."""
    if not found:
        screen.show(problem_rows(NONE_FITS, screen.marks))
        return _prompt(offers, QUESTION)
    fitting = [offer for match in found for offer in offers if offer.name == match.name]
    return _prompt(fitting, SEVERAL if len(fitting) > 1 else IS_IT)


def _prompt(offers: Sequence[Offer], question: str) -> Prompt:
    choices = tuple(Choice(offer.name, offer.title, detail=offer.detail) for offer in offers)
    return Prompt(START, "start", 0, "one", plain(question), choices)


def _after(reply: Order | Puzzle, screen: Screen, asker: Asker) -> None:
    """Say something to a reply that is not about a flow. Raises EOFError for whoever leaves."""
    if isinstance(reply, Puzzle):
        screen.show(problem_rows(reply.why, screen.marks))
        return
    if reply.command == "/quit":
        raise EOFError
    asker.read([BLANK, row(HELP, "info"), *help_rows(screen.takes_keys)])
