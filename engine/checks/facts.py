"""Which facts are set where, and of what type: worked out along every way through a flow, then checked."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from engine.checks.checking import Checking
from engine.flow import FALL_OFF, Tree
from engine.knowledge import Knowledge
from engine.steps.ask import Ask
from engine.steps.base import Step
from engine.steps.do import Do
from engine.texts import Template, check_text

_ROUNDS = 40
"""More visits than this to one step mean that its types keep changing; they grow to text or vanish before."""


def knowledge_at(tree: Tree, checking: Checking) -> Mapping[str, Knowledge]:
    """What is known on arriving at each step that can be reached."""
    inputs = dict(tree.inputs)
    known: dict[str, Knowledge] = {tree.start: Knowledge(inputs, inputs)} if tree.start else {}
    waiting = deque(known)
    rounds: dict[str, int] = {}
    while waiting:
        path = waiting.popleft()
        rounds[path] = rounds.get(path, 0) + 1
        if path not in tree.steps or rounds[path] > _ROUNDS:
            continue
        for target, arriving in _onward(tree, tree.steps[path], checking, known[path]):
            before = known.get(target)
            after = arriving if before is None else before.meet(arriving)
            if after != before:
                known[target] = after
                waiting.append(target)
    return known


def _onward(tree: Tree, step: Step, checking: Checking, known: Knowledge) -> list[tuple[str, Knowledge]]:
    after = step.after(checking, known)
    onward = [(edge.to, after.get(edge.label, known)) for edge in checking.ways(step)]
    if isinstance(step, Do):
        trouble = known.with_fact("problem", checking.problem_type)
        onward += [(path, trouble) for path in tree.on.values()]
    return [(path, arriving) for path, arriving in onward if path != FALL_OFF]


def check_facts(tree: Tree, checking: Checking) -> None:
    """Report everything wrong with the expressions, texts and names of a flow."""
    for path, known in knowledge_at(tree, checking).items():
        step = tree.steps.get(path)
        if step is None:
            continue
        step.check(checking, known)
        _check_loose_expressions(step, checking, known)
        scopes = step.scopes(checking, known) if isinstance(step, Ask) else {}
        for text in step.plan.parts.all_texts():
            _check_text(text, checking, scopes.get(id(text), known))


def _check_loose_expressions(step: Step, checking: Checking, known: Knowledge) -> None:
    """The expressions that no step looks at itself: lists to pick from, and when an answer is offered."""
    for name in ("of", "each"):
        expression = step.plan.parts.expressions.get(name)
        if expression is not None:
            checking.type_of(expression, known)
    for option in step.plan.parts.answers:
        if option.condition is not None:
            checking.condition(option.condition, known)


def _check_text(text: Template, checking: Checking, known: Knowledge) -> None:
    for name in sorted(text.reads):
        if name in known.maybe and name not in known.facts:
            checking.unset(name, text.place_of(name))
    checking.findings.extend(check_text(text, checking.scope(known)))
