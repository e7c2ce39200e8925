"""All checks of a pack, in one call."""

from __future__ import annotations

from collections.abc import Mapping

from engine.actions import Catalog
from engine.checks.checking import Checking
from engine.checks.circles import Silence, circles_in
from engine.checks.facts import check_facts
from engine.checks.graph import check_graph
from engine.checks.lengths import check_lengths
from engine.checks.private import check_private
from engine.checks.solved import check_solved
from engine.checks.visited_first import visited_first
from engine.diagnostics import Diagnostic
from engine.finding import finding
from engine.flow import Tree
from engine.limits import Limits
from engine.source import Place


def check_pack(
    trees: Mapping[str, Tree],
    labels: Mapping[str, object],
    catalog: Catalog,
    limits: Limits,
    unread: frozenset[str] = frozenset(),
) -> list[Diagnostic]:
    """Everything wrong with these flows as they stand together. `unread` names flows that are there, and
    whose files could not be read."""
    findings: list[Diagnostic] = []
    checkings = {tree.name: Checking(tree, trees, labels, catalog, unread, limits) for tree in trees.values()}
    for tree in trees.values():
        check_facts(tree, checkings[tree.name])
    silence = Silence(checkings)
    for tree in trees.values():
        check_graph(tree, checkings[tree.name], silence)
    check_lengths(checkings, limits)
    check_private(checkings)
    check_solved(checkings)
    findings += [each for checking in checkings.values() for each in checking.findings]
    endless = _endless_visits(trees)
    findings += endless or _too_deep_visits(trees, limits)
    findings += _too_many_steps(trees, limits)
    return findings


def _endless_visits(trees: Mapping[str, Tree]) -> list[Diagnostic]:
    """A flow that visits itself, directly or through others, would never come to an end."""
    visits = {name: [each for each in tree.visits if each in trees] for name, tree in trees.items()}
    around = {name: circle for circle in circles_in(visits) for name in circle}
    findings: list[Diagnostic] = []
    for tree in trees.values():
        for step in tree.steps.values():
            if step.visits in around.get(tree.name, ()):
                findings.append(
                    finding(
                        "U221",
                        step.place,
                        f"`{tree.name}` visits `{step.visits}`, which leads back to `{tree.name}`.",
                        None,
                        "Use `go` within a flow, and let visits lead to other flows only.",
                    )
                )
    return findings


def _too_deep_visits(trees: Mapping[str, Tree], limits: Limits) -> list[Diagnostic]:
    """Visits that stand inside each other more deeply than is allowed; for packs in which none is endless."""
    depths: dict[str, int] = {}
    for name in visited_first(trees):
        depths[name] = 1 + max((depths.get(each, 0) for each in trees[name].visits), default=0)
    findings: list[Diagnostic] = []
    for tree in trees.values():
        for step in tree.steps.values():
            if step.visits and depths.get(step.visits, 0) == limits.visit_depth + 1:
                words = f"Visits go on inside each other here; {limits.visit_depth} are allowed."
                findings.append(finding("U220", step.place, words, None, "Let fewer flows visit others."))
    return findings


def _too_many_steps(trees: Mapping[str, Tree], limits: Limits) -> list[Diagnostic]:
    count = sum(len(tree.steps) for tree in trees.values())
    if count <= limits.steps_a_pack:
        return []
    place = Place(next(iter(trees.values())).source, 1, 1)
    words = f"These flows have {count} steps together; {limits.steps_a_pack} are allowed."
    return [finding("U220", place, words, None, "Raise the limit `steps_a_pack`, or split the folder.")]
