"""Which fields of a question go together, and whether its bounds are of its kind.

Knows the fields of an ask; nothing of types, facts or of where answers lead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.diagnostics import did_you_mean
from engine.effects import PromptKind
from engine.misfit import misfit
from engine.nodes import Scalar
from engine.types import DATE

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.steps.ask import Ask

_LISTS = frozenset({"one", "several"})
_ALLOWED: Mapping[str, frozenset[PromptKind]] = {
    "answers": frozenset({"choice", "one"}),
    "of": frozenset({"one", "several"}),
    "label": frozenset({"one", "several"}),
    "detail": frozenset({"one", "several"}),
    "min": frozenset({"text", "date", "number", "several", "secret"}),
    "max": frozenset({"text", "date", "number", "several"}),
    "pattern": frozenset({"text"}),
    "confirm": frozenset({"secret"}),
}
_QUOTED = re.compile("\\s*[“„‘].*[”“’]\\s*", re.DOTALL)


def review_question(ask: Ask, checking: Checking) -> None:
    """Report fields that do not go together, bounds that cannot be, and routes of answers that are not
    there."""
    _fields(ask, checking)
    _answers(ask, checking)
    _routes(ask, checking)
    for bound in (ask.minimum, ask.maximum):
        if bound is not None:
            _bound(ask, bound, checking)
    _order(ask, checking)
    _longest(ask, checking)


def _fields(ask: Ask, checking: Checking) -> None:
    there = dict(_there(ask))
    needed = {"choice": "answers", "one": "of", "several": "of"}.get(ask.kind)
    if needed is not None and needed not in there and needed not in ask.plan.parts.written:
        checking.report("U223", ask.place, f"An ask of kind `{ask.kind}` needs `{needed}`.")
    for name, kinds in _ALLOWED.items():
        if name in there and ask.kind not in kinds:
            message = f"An ask of kind `{ask.kind}` has no `{name}`."
            checking.report("U223", ask.plan.parts.place_of(name), message)


def _there(ask: Ask) -> Iterator[tuple[str, object]]:
    parts = ask.plan.parts
    for name in _ALLOWED:
        value = parts.texts.get(name) or parts.expressions.get(name) or parts.bounds.get(name)
        if value is not None:
            yield name, value
    if ask.confirm:
        yield "confirm", True
    if ask.options:
        yield "answers", ask.options


def _answers(ask: Ask, checking: Checking) -> None:
    if ask.kind == "choice" and ask.options and all(option.condition for option in ask.options):
        checking.report(
            "U223",
            ask.place,
            "Every answer here has an `if`, so there may be none to give.",
            None,
            "Leave one answer without an `if`.",
        )
    written = [name for name in ask.plan.parts.written if name.startswith("answers.")]
    alone = ask.kind == "choice" and len(ask.options) == len(written) == 1
    if alone and ask.options[0].condition is None and not ask.optional:
        only = ask.options[0].id
        words = f"`{only.text}` is the only answer there is, so this asks nothing."
        repair = "Add the other answer, or tell it with `say`."
        checking.report("U225", only.place, words, None, repair)
    for option in ask.options:
        label = option.label.source
        if _QUOTED.fullmatch(label.text):
            words = "Typographic quotes are part of the text, and people read them."
            checking.report("U132", label.place, words, None, 'Write straight quotes (`"`), or none.')
        taken = (option.id.text == "picked" and ask.kind in _LISTS) or (
            option.id.text == "skipped" and ask.optional
        )
        if taken:
            message = f"`{option.id.text}` has a meaning of its own here, and cannot be an answer."
            checking.report("U311", option.id.place, message)


def _routes(ask: Ask, checking: Checking) -> None:
    routes = ask.plan.parts.routes.get("then")
    ids = ask.answer_ids()
    led = {option.id.text for option in ask.options if option.target is not None}
    for name, (key, _) in routes.each.items() if routes is not None else ():
        if name not in ids:
            checking.report(
                "U218",
                key.place,
                f"There is no answer `{name}`.",
                f"The answers are {', '.join(ids)}.",
                did_you_mean(name, ids),
            )
        elif name in led:
            message = f"The answer `{name}` has a `then` of its own already."
            checking.report("U223", key.place, message, None, "Take one of the two out.")


def _bound(ask: Ask, bound: Scalar, checking: Checking) -> None:
    if ask.kind == "date":
        fits = bound.value == "today" or misfit(bound.value, DATE) is None
        wanted = "a date like 2026-11-23, or `today`"
    elif ask.kind == "number":
        fits = isinstance(bound.value, int | float) and not isinstance(bound.value, bool)
        wanted = "a number"
    elif ask.kind in ("text", "several", "secret"):
        fits = isinstance(bound.value, int) and not isinstance(bound.value, bool) and bound.value >= 0
        wanted = "a whole number from 0"
    else:
        return
    if not fits:
        message = f"`{bound.text}` cannot be a bound here."
        checking.report("U301", bound.place, message, f"Expected: {wanted}.")


def _order(ask: Ask, checking: Checking) -> None:
    if ask.minimum is None or ask.maximum is None:
        return
    least, most = ask.minimum.value, ask.maximum.value
    numbers = isinstance(least, int | float) and isinstance(most, int | float) and least > most
    days = isinstance(least, str) and isinstance(most, str) and "today" not in (least, most) and least > most
    if numbers or days:
        checking.report("U223", ask.maximum.place, f"`max` is below `min` ({ask.minimum.text}).")


def _longest(ask: Ask, checking: Checking) -> None:
    most = checking.limits.answer_characters
    least = ask.minimum.value if ask.minimum is not None and ask.kind in ("text", "secret") else 0
    if ask.minimum is not None and isinstance(least, int) and least > most:
        message = f"No answer has so many characters: {most:,} are taken at most."
        checking.report("U301", ask.minimum.place, message)
