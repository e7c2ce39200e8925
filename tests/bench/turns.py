"""Turns a second in one process, beside a generator written by hand with compiled Jinja2 templates."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.nodes import Scalar
from engine.source import Place, Source
from engine.texts import Template, parse_text
from engine.values import Value
from tests.bench import engine_side, generator_side
from tests.bench.alternate import Pair, alternate
from tests.bench.report import Figure, Limit
from tests.bench.texts import FACTS, TEXTS

FASTER = Limit(1, above=True)
TEXTS_A_ROUND = ("news", "place", "ready", "again", "record", "remark")


def measured() -> tuple[Figure, ...]:
    """The lines of the table."""
    flow, happens = engine_side.compiled(), engine_side.events()
    by_hand = partial(generator_side.hold, generator_side.templates())
    turns = alternate(partial(engine_side.hold, flow, happens), by_hand)
    stored = alternate(partial(engine_side.hold_and_store, flow, happens), by_hand)
    texts = alternate(_ours_rendered(), _theirs_rendered())
    share = 2 * turns.ours / texts.ours
    return (
        Figure("turns a second", *_words(turns), turns.ratio, FASTER),
        Figure("… with the state to JSON and back at each", *_words(stored), stored.ratio),
        Figure("texts a second, alone", *_words(texts), texts.ratio),
        Figure("share of the texts in a turn", f"{share:.0%}"),
    )


def _words(pair: Pair) -> tuple[str, str]:
    return f"{pair.ours:,.0f}", f"{pair.theirs:,.0f}"


def _ours_rendered() -> Callable[[], int]:
    """Shows each text of a round, in the plain and the rich form."""
    texts = [_template(TEXTS[name]) for name in TEXTS_A_ROUND]
    facts: dict[str, Value] = dict(FACTS)

    def work() -> int:
        for text in texts:
            text.render(facts)
        return len(texts)

    return work


def _theirs_rendered() -> Callable[[], int]:
    every = generator_side.templates()
    texts = [every[name] for name in TEXTS_A_ROUND]
    facts = dict(FACTS)

    def work() -> int:
        for text in texts:
            text.render(facts)
        return len(texts)

    return work


def _template(text: str) -> Template:
    made, findings = parse_text(Scalar(text, text, Place(Source("bench", text), 1, 1), True))
    if made is None:
        raise SystemExit("\n".join(str(finding) for finding in findings))
    return made
