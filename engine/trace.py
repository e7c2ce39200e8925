"""What a conversation went through, told so that every next step can be found again from it alone.

A trace is made only where it is asked for. Knows no surface; `engine.told.why` puts it into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from engine.evaluation import compiled, condition
from engine.expression_tree import Can, Tree, children, path
from engine.values import Value, secret_id

if TYPE_CHECKING:
    from engine.expressions import Expression
    from engine.run import Run

TraceKind = Literal["step", "answer", "branch", "outcome", "exit", "error"]

DONE = "confirmed"
"""The way of an outcome that is no failure."""

EMPTY = "empty"
"""The way of a visit whose list has no items."""

HIDDEN = "(secret)"


class Traced(msgspec.Struct, frozen=True):
    """One thing that happened on the way.

    `step` is the full id, `path` the step's path in the flow `flow` (with `!…` behind it where the engine
    itself asks or calls), `via` the flow and path of every visit on the way to it, outermost first. By `kind`
    the `way` is

        step      empty: the step was entered
        answer    the answer's id (`picked`, `skipped` where the answer is no choice)
        branch    `true` or `false`, the case or `else`; `empty` for a visit without items
        outcome   `confirmed`, or the kind of failure a call ended in
        error     the failure, where an author's branch for it was taken
        exit      the exit by which the visit at `path` came back; empty past the last step

    `reads` are the values its rule read, by their dotted names (`can('action')` too), secrets never. `to` is
    the path gone to (in the visited flow, for a visit), empty for none or past the last step. `line` is the
    step's line in its flow's file.
    """

    step: str
    flow: str
    path: str
    kind: TraceKind
    way: str = ""
    reads: dict[str, Value] = {}
    to: str = ""
    line: int = 0
    via: tuple[tuple[str, str], ...] = ()


def traced(
    run: Run, kind: TraceKind, way: str, to: str, path: str, reads: dict[str, Value] | None = None
) -> Traced:
    """What happens at `path` of the flow that is running."""
    step = run.tree.steps.get(path.split("!", 1)[0])
    return Traced(
        run.prefix + path,
        run.tree.name,
        path,
        kind,
        way,
        reads or {},
        to,
        step.place.line if step is not None else 0,
        tuple((frame.flow, frame.at) for frame in run.frames[:-1]),
    )


def values_read(expressions: Iterable[Expression], facts: Mapping[str, Value]) -> dict[str, Value]:
    """What these expressions read of the facts: each longest chain of members with its value."""
    found: dict[str, Value] = {}
    for expression in expressions:
        _read(expression.tree, facts, found)
    return found


def _read(tree: Tree, facts: Mapping[str, Value], found: dict[str, Value]) -> None:
    name = path(tree)
    if name is not None:
        found[name] = _without_secrets(compiled(tree)(facts))
    elif isinstance(tree, Can):
        found[f"can('{tree.action}')"] = condition(tree)(facts)
    else:
        for each in children(tree):
            _read(each, facts, found)


def _without_secrets(value: Value) -> Value:
    if secret_id(value) is not None:
        return HIDDEN
    if isinstance(value, dict):
        return {name: _without_secrets(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value
