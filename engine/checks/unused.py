"""What a flow has and nobody uses: facts, inputs, results, exits, audiences, and labels of the vocabulary.

What is never used is mostly mistyped, or left over. Looked for only where nothing is an error:
a mistake may hide the very place where something is used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from engine.actions import Audience
from engine.checks.visited_first import visited_first
from engine.diagnostics import Diagnostic, Severity
from engine.expression_tree import Member, Name, parts
from engine.expressions import Expression
from engine.finding import finding
from engine.flow import Tree
from engine.source import Place
from engine.steps.base import Step
from engine.steps.return_ import Return
from engine.steps.visit import VisitFlow
from engine.texts import expressions


def check_unused(
    trees: Mapping[str, Tree], labels: Mapping[str, Place], findings: Collection[Diagnostic]
) -> Iterator[Diagnostic]:
    """What nobody uses in these flows. `labels` says where each label of the vocabulary stands; `findings` is
    everything that was found before."""
    wrong = {id(each.place.source) for each in findings if each.severity is Severity.ERROR}
    for tree in trees.values():
        if id(tree.source) not in wrong:
            yield from _facts(tree)
            yield from _exits(tree)
    if not wrong:
        yield from _results(trees)
        yield from _audiences(trees)
        yield from _labels(trees, labels)


def _facts(tree: Tree) -> Iterator[Diagnostic]:
    read = {name for step in tree.steps.values() for each in _expressions(step) for name in each.reads}
    for name in tree.inputs:
        if name not in read and name not in tree.results:
            words = f"No step of this flow reads the input `{name}`."
            yield finding("U321", tree.declared[f"inputs.{name}"], words, None, "Use it, or take it out.")
    for step in tree.steps.values():
        for name, place in _set(step):
            if name not in read and name not in tree.results:
                words = f"`{name}` is set here, and no step of this flow reads it."
                yield finding("U320", place, words, None, "Use it, or do not keep it.")


def _set(step: Step) -> Iterator[tuple[str, Place]]:
    """The facts that a step sets, each with where that is written."""
    written = step.plan.parts
    if (saved := written.words.get("save")) is not None:
        yield saved.text, saved.place
    for name, (key, _) in written.values.get("set", {}).items():
        yield name, key.place
    for name, result in written.saves.get("save", {}).items():
        yield name, result.place


def _exits(tree: Tree) -> Iterator[Diagnostic]:
    taken = {step.leaving for step in tree.steps.values() if isinstance(step, Return)}
    for name in tree.exits:
        if name not in taken:
            words = f"No `return` leaves this flow by the exit `{name}`."
            repair = f"Write `return: {name}` where it is meant, or take it out of `exits`."
            yield finding("U323", tree.declared[f"exits.{name}"], words, None, repair)


def _results(trees: Mapping[str, Tree]) -> Iterator[Diagnostic]:
    taken: dict[str, set[str]] = {}
    for tree in trees.values():
        for step in tree.steps.values():
            if isinstance(step, VisitFlow):
                saved = {result.text for result in step.save.values()}
                taken.setdefault(step.flow.text, set()).update(saved)
    for name, results in taken.items():
        tree = trees[name]
        for result in tree.results:
            if result not in results:
                words = f"No flow that visits `{name}` saves the result `{result}`."
                place = tree.declared[f"results.{result}"]
                yield finding("U322", place, words, None, "Save it where it is needed, or take it out.")


def _audiences(trees: Mapping[str, Tree]) -> Iterator[Diagnostic]:
    """Audiences of flows that are only visited, for which none of the flows that visit them is."""
    coming: dict[str, set[Audience]] = {}
    for name in reversed(list(visited_first(trees))):
        tree = trees[name]
        here = coming.get(name)
        for audience in sorted(tree.audience - here) if here is not None and not tree.card.alone else ():
            place = tree.declared.get(f"audience.{audience.value}")
            if place is not None:
                words = f"No flow that visits `{name}` is for {audience.value}."
                repair = "Take it out, so that nothing is open to more people than come."
                yield finding("U325", place, words, None, repair)
        brought = tree.audience if here is None or tree.card.alone else tree.audience & here
        for visited in tree.visits:
            coming.setdefault(visited, set()).update(brought)


def _labels(trees: Mapping[str, Tree], labels: Mapping[str, Place]) -> Iterator[Diagnostic]:
    if not labels:
        return
    shown = {
        part.name
        for tree in trees.values()
        for step in tree.steps.values()
        for each in _expressions(step)
        if "labels" in each.reads
        for part in parts(each.tree)
        if isinstance(part, Member) and isinstance(part.of, Name) and part.of.name == "labels"
    }
    for name, place in labels.items():
        if name not in shown:
            words = f"No flow shows the label `{name}`."
            yield finding("U324", place, words, None, "Use it, or take it out.")


def _expressions(step: Step) -> Iterator[Expression]:
    yield from step.plan.parts.all_expressions()
    for text in step.plan.parts.all_texts():
        yield from expressions(text.pieces)
