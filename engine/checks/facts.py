"""Which facts are set where, and of what type: worked out along every way through a flow, then checked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from engine.actions import Audience
from engine.checks.checking import Checking
from engine.checks.shortest import onward, unshadowed
from engine.flow import ANYWHERE, Tree
from engine.knowledge import Knowledge
from engine.ruled_out import notes
from engine.steps.ask import Ask
from engine.steps.base import Broken, Step
from engine.texts import Template, check_text


def knowledge_at(tree: Tree, checking: Checking) -> Mapping[str, Knowledge]:
    """What is known on arriving at each step that can be reached.

    Ways that a mistake leaves open are only followed to steps that no other way leads to, so that the mistake
    does not show again in what they do not set.
    """
    inputs = dict(tree.inputs)
    nobody = notes("audience", [each.value for each in Audience if each not in tree.audience])
    arriving = {tree.start: unshadowed(Knowledge(inputs, inputs, nobody))} if tree.start else {}
    while arriving:
        checking.known.update(arriving)
        _spread(tree, checking, list(arriving))
        arriving = {
            target: known
            for path, known in checking.known.items()
            for target in _open_ways(tree.steps.get(path))
            if target in tree.steps and target not in checking.known
        }
    return checking.known


def _spread(tree: Tree, checking: Checking, starts: list[str]) -> None:
    known = checking.known
    settled = frozenset(known) - frozenset(starts)
    waiting = deque(starts)
    queued = set(starts)
    # It ends: where ways meet, less is known each time, and types only grow to text, or vanish.
    while waiting:
        path = waiting.popleft()
        queued.discard(path)
        if path not in tree.steps:
            continue
        for _, target, arriving in onward(tree, tree.steps[path], checking, known[path]):
            before = known.get(target)
            after = arriving if before is None else before.meet(arriving)
            if after != before and target not in settled:
                known[target] = after
                if target not in queued:
                    queued.add(target)
                    waiting.append(target)


def _open_ways(step: Step | None) -> Iterator[str]:
    """Where a step may lead that could not be read, or names a target that does not exist."""
    if isinstance(step, Broken):
        yield from (edge.to for edge in step.edges())
    elif step is not None and any(edge.to == ANYWHERE for edge in step.edges()):
        yield step.next


def _lost(tree: Tree, checking: Checking) -> frozenset[str]:
    """The facts whose type a mistake keeps open, and those that only steps set which nobody reaches."""
    open_ones: set[str] = set()
    typed: set[str] = set()
    unreached: set[str] = set()
    for path, step in tree.steps.items():
        if not step.plan.sets:
            continue
        if path not in checking.known:
            unreached |= step.plan.sets
            continue
        after = step.after(checking, checking.known[path]).values()
        for name in step.plan.sets:
            (typed if any(name in known.facts for known in after) else open_ones).add(name)
    return frozenset(open_ones | (unreached - typed))


def check_facts(tree: Tree, checking: Checking) -> None:
    """Report everything wrong with the expressions, texts and names of a flow."""
    known_at = knowledge_at(tree, checking)
    checking.lost |= _lost(tree, checking)
    for path, known in known_at.items():
        step = tree.steps.get(path)
        if step is None:
            continue
        checking.here = path
        step.check(checking, known)
        _check_loose_expressions(step, checking, known)
        scopes = step.scopes(checking, known) if isinstance(step, Ask) else {}
        lost = step.labels_without_item(checking, known) if isinstance(step, Ask) else ()
        for text in step.plan.parts.all_texts():
            unseen = frozenset({"item"} if text in lost else ())
            _check_text(text, checking, scopes.get(id(text), known), unseen)


def _check_loose_expressions(step: Step, checking: Checking, known: Knowledge) -> None:
    """The expressions that no step looks at itself: lists to pick from, and when an answer is offered."""
    for name in ("of", "each"):
        expression = step.plan.parts.expressions.get(name)
        if expression is not None:
            checking.type_of(expression, known)
    for option in step.plan.parts.answers:
        if option.condition is not None:
            checking.condition(option.condition, known)


def _check_text(text: Template, checking: Checking, known: Knowledge, unseen: frozenset[str]) -> None:
    """Report what is wrong with a text; nothing about the facts in `unseen`, which a mistake keeps open."""
    for name in sorted(text.reads):
        if name in known.maybe and name not in known.facts:
            checking.unset(name, text.place_of(name), known)
    checking.add(check_text(text, checking.scope(known)), unseen)
