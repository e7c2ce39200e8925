"""Steps and the ways out of them in the words of people who read no flows: a question as it is put, a visit
by the title of its flow, an answer by its label.

Made for people to look at; nothing is decided by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.flow import Flow
from engine.steps.ask import PICKED, SKIPPED, YES_NO, Ask
from engine.steps.base import Calling, Step
from engine.steps.if_ import If
from engine.steps.kinds import KINDS
from engine.told.spoken import (
    action_words,
    condition_words,
    plain_id,
    subject_words,
    value_words,
)
from engine.trace import DONE, EMPTY
from engine.values import Value

LONGEST = 70
IF_IT_FAILS = "if that does not work"
_HOLE = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")
_CLICKS = re.compile(r"\[\[.*?\]\]", re.DOTALL)
_BRANCH = re.compile(r"\{%[^%]*%\}")
_WAYS = {"then": "yes", "true": "yes", "else": "no", "false": "no"}
_ANSWERS = {PICKED: "", SKIPPED: "without an answer", **{each.id: each.label for each in YES_NO}}


def kind_of(step: Step) -> str:
    """The YAML key that names the kind of a step; "" for one that could not be read."""
    return next((kind for kind in KINDS if kind in step.plan.parts.written), "")


def in_short(template: str, facts: Mapping[str, Value] | None = None) -> str:
    """A text of a flow on one line: values that are known from `facts`, the others as dots, without what only
    one case would say."""

    def filled(hole: re.Match[str]) -> str:
        return _known(hole.group(1), facts or {}) or "…"

    words = _BRANCH.sub(" ", _CLICKS.sub(" ", template))
    words = " ".join(_HOLE.sub(filled, words).replace("*", "").split())
    question = re.search(r"[^.!?:]*\?", words)
    words = question.group().strip() if question else words
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def step_in_words(flow: Flow, step: Step, facts: Mapping[str, Value]) -> str:
    """What a step does. `facts` fill in names where they are known."""
    kind, parts = kind_of(step), step.plan.parts
    rule = parts.expressions.get(kind)
    if step.visits:
        return flow.trees[step.visits].title
    if step.calls:
        return action_words(flow.catalog.actions[step.calls])
    if kind == "if" and rule is not None:
        return f"If {condition_words(rule.tree, flow.catalog)}"
    if kind == "choose" and rule is not None:
        return f"By {subject_words(rule.tree, flow.catalog)}"
    if kind in parts.texts:
        words = in_short(parts.texts[kind].source.text, {**facts, "labels": flow.labels})
        return f"Hand over: {words}" if kind == "hand over" else words
    return f"{'Back' if kind == 'return' else kind.capitalize()}: {plain_id(parts.word(kind) or '')}"


def way_in_words(flow: Flow, step: Step, way: str, facts: Mapping[str, Value]) -> str:
    """One way out of a step, as its edges or a trace name it; "" for the usual one."""
    match step:
        case Ask(options=options):
            labels = {option.id.text: option.label.source.text for option in options}
            if way in labels:
                return in_short(labels[way], {**facts, "labels": flow.labels})
            return _ANSWERS.get(way, plain_id(way))
        case If():
            return _WAYS.get(way, way)
        case Calling():
            return "" if way in ("", DONE) else IF_IT_FAILS
        case _ if way == EMPTY:
            return "nobody"
        case _:
            return "anything else" if way == "else" else value_words(way.replace("-", " "))


def _known(hole: str, facts: Mapping[str, Value]) -> str:
    """The text or number that a hole stands for, where it is no more than a fact or a member of one."""
    value: Value = dict(facts)
    for name in hole.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
