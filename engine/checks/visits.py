"""Visits and the ways back: the flow that is visited, its inputs, results and exits, and who may go there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.actions import Audience
from engine.diagnostics import closest, did_you_mean
from engine.knowledge import Knowledge
from engine.source import Place
from engine.types import fits, in_words, present

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.flow import Tree
    from engine.steps.visit import VisitFlow


def check_visit(checking: Checking, step: VisitFlow, known: Knowledge) -> None:
    """Report what is wrong with a visit."""
    tree = checking.trees.get(step.flow.text)
    if tree is None and step.flow.text in checking.unread:
        return
    if tree is None:
        checking.report(
            "U214",
            step.flow.place,
            f"There is no flow `{step.flow.text}`.",
            None,
            did_you_mean(step.flow.text, checking.trees),
        )
        return
    shut_out = sorted(each.value for each in checking.audience_at(known) - tree.audience)
    if shut_out:
        checking.report(
            "U307",
            step.flow.place,
            f"`{tree.name}` is not for {' and '.join(shut_out)}, and this flow is"
            + checking.shown_by(lambda known: Audience(shut_out[0]) in checking.audience_at(known)),
            None,
            "Widen the `audience` there, or narrow it here.",
        )
    step.check_each(checking, known)
    _inputs(checking, step, tree, known)
    _results(checking, step, tree)
    _exits(checking, step, tree)


def _inputs(checking: Checking, step: VisitFlow, tree: Tree, known: Knowledge) -> None:
    if step.items is not None and step.name in step.args:
        words = f"`{step.name}` gets each item of the list already."
        place = step.args[step.name][0].place
        checking.report("U223", place, words, None, "Take it out of `with`, or name the item otherwise.")
    strange = [*step.args, *([step.name] if step.items is not None else [])]
    meant = {closest(name, tree.inputs) for name in strange if name not in tree.inputs}
    if "each" in step.plan.parts.written and step.name not in tree.inputs:
        meant.update(tree.inputs)
    for name, (key, value) in step.args.items():
        if name in tree.untyped:
            checking.type_of(value, known)
        elif name not in tree.inputs:
            checking.report(
                "U303",
                key.place,
                f"`{tree.name}` has no input `{name}`.",
                f"It has {', '.join(tree.inputs) or 'none'}.",
                did_you_mean(name, tree.inputs),
            )
        else:
            checking.value_for(value, known, tree.inputs[name], f"The input `{name}`")
    item = step.item_type(checking, known)
    if step.name in tree.untyped:
        item = None
    elif step.name and step.name not in tree.inputs:
        checking.report("U303", step.place, f"`{tree.name}` has no input `{step.name}` for the item.")
    elif step.name and item is not None and not fits(item, tree.inputs[step.name]):
        checking.report(
            "U301",
            step.place,
            f"The input `{step.name}` gets {in_words(item)}.",
            f"Expected: {in_words(tree.inputs[step.name])}.",
        )
    for name, kind in tree.inputs.items():
        given = f"with.{name}" in step.plan.parts.written or name == step.name
        if not given and present(kind) == kind and name not in meant:
            checking.report(
                "U302",
                step.place,
                f"`{tree.name}` needs `{name}` ({in_words(kind)}).",
                None,
                f"Add it under `with`: `{name}: …`.",
            )


def _results(checking: Checking, step: VisitFlow, tree: Tree) -> None:
    for result in step.save.values():
        if result.text not in tree.results and result.text not in tree.untyped:
            checking.report(
                "U309",
                result.place,
                f"`{tree.name}` has no result `{result.text}`.",
                f"It has {', '.join(tree.results) or 'none'}.",
                did_you_mean(result.text, tree.results),
            )


def _exits(checking: Checking, step: VisitFlow, tree: Tree) -> None:
    routes = step.plan.parts.routes.get("then")
    for name, (key, _) in routes.each.items() if routes is not None else ():
        if name not in tree.exits:
            checking.report(
                "U215",
                key.place,
                f"`{tree.name}` has no exit `{name}`.",
                f"It has {', '.join(tree.exits) or 'none'}.",
                did_you_mean(name, tree.exits),
            )


def check_return(checking: Checking, name: str, place: Place, known: Knowledge) -> None:
    """Report what is wrong with coming back by the exit `name`."""
    if name not in checking.tree.exits:
        checking.report(
            "U222",
            place,
            f"This flow declares no exit `{name}`.",
            f"Its `exits` are {', '.join(checking.tree.exits) or 'none'}.",
            did_you_mean(name, checking.tree.exits) or f"Add `{name}` to `exits`.",
        )
    for result, kind in checking.tree.results.items():
        given = known.facts.get(result) or (known.maybe.get(result) if present(kind) != kind else None)
        if result in checking.lost:
            continue
        if given is None and result in known.clashes:
            checking.unset(result, place, known)
            continue
        if given is None and present(kind) == kind:
            checking.report("U308", place, f"The result `{result}` is not set on every way that leads here.")
        elif given is not None and not fits(present(given) if result in known.known else given, kind):
            checking.report(
                "U301",
                place,
                f"The result `{result}` is {in_words(given)} here.",
                f"Expected: {in_words(kind)}.",
            )
