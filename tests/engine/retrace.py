"""Finds every next step of a conversation again, from its trace and the flow alone: no state, no events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from engine.evaluation import ALLOWED
from engine.flow import Flow
from engine.steps.ask import Ask
from engine.steps.base import Calling, Step
from engine.steps.choose import Choose
from engine.steps.if_ import If
from engine.steps.visit import VisitFlow
from engine.trace import DONE, Traced
from engine.values import Value


def mistaken(flow: Flow, trace: Iterable[Traced]) -> list[str]:
    """The entries of a trace whose way or target does not follow from what they tell."""
    return [f"{each} (found again: {found})" for each in trace if (found := _found(flow, each)) is not None]


def _found(flow: Flow, each: Traced) -> str | None:
    """What was found again, where that is something else than the trace tells."""
    tree = flow.trees[each.flow]
    step = tree.steps[each.path.partition("!")[0]]
    match each.kind:
        case "step":
            right = each.to == "" or each.to in (*tree.steps, *_starts(flow, step)) or not list(step.edges())
        case "branch":
            right = (each.way, each.to) == _decided(step, each.reads)
        case "answer":
            right = "!" in each.path or (isinstance(step, Ask) and each.to == _answered(step, each.way))
        case "exit":
            right = isinstance(step, VisitFlow) and _left(flow, step, each)
        case "outcome":
            right = "!" in each.path or isinstance(step, Calling)
            if isinstance(step, Calling) and each.path == step.path and each.way == DONE:
                right = each.to == step.next_without_result() and all(
                    rule.holds(facts_of(each.reads)) for rule in step.expected
                )
            elif isinstance(step, Calling) and each.path == step.path and each.way == "not_confirmed":
                # Where nothing is expected, it was the backend that said so.
                right = not step.expected or not all(
                    rule.holds(facts_of(each.reads)) for rule in step.expected
                )
        case "error":
            own = {edge.label: edge.to for edge in step.edges()}
            right = each.to == own.get(
                each.way, {kind.value: to for kind, to in tree.on.items()}.get(each.way)
            )
        case _:
            assert_never(each.kind)
    return None if right else str(list(step.edges()))


def _starts(flow: Flow, step: Step) -> list[str]:
    return [flow.trees[step.visits].start] if step.visits else []


def _decided(step: Step, reads: dict[str, Value]) -> tuple[str, str]:
    facts = facts_of(reads)
    match step:
        case If():
            holds = step.condition.holds(facts)
            return ("true", step.then) if holds else ("false", step.otherwise)
        case Choose():
            value = step.value.evaluate(facts)
            return (value, step.cases[value]) if value in step.cases else ("else", step.otherwise)
        case VisitFlow(items=items) if items is not None:
            return ("empty", step.then) if not items.evaluate(facts) else ("", "")
        case _:
            return "", ""


def _answered(step: Ask, way: str) -> str:
    return step.routes.get(way, step.then)


def _left(flow: Flow, step: VisitFlow, each: Traced) -> bool:
    """The worst exit counts where the visit is made for a list; before its end comes the next item."""
    exits = each.reads.get("exits")
    if not isinstance(exits, list):
        return each.to == step.routes.get(each.way, step.then)
    declared = flow.trees[step.visits].exits
    worst = max(exits, key=lambda name: declared.index(name) if name in declared else -1)
    return each.to in (flow.trees[step.visits].start, step.routes.get(worst, step.then))


def facts_of(reads: dict[str, Value]) -> dict[str, Value]:
    """Facts that hold what a rule read, and nothing else."""
    facts: dict[str, Value] = {}
    allowed: dict[str, Value] = {}
    for name, value in sorted(reads.items()):
        if name.startswith("can('"):
            if value:
                allowed[name[5:-2]] = True
            continue
        *outer, last = name.split(".")
        inside = facts
        for part in outer:
            deeper = inside.setdefault(part, {})
            if not isinstance(deeper, dict):
                break
            inside = deeper
        else:
            inside[last] = value
    return {**facts, ALLOWED: allowed}
