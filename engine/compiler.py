"""From the texts of flow files to a checked pack: read, laid out, linked, checked.

Everything wrong with all files is reported at once. A pack is given only if nothing is an error.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from engine.actions import Audience, Catalog, Effect, Failure
from engine.checks.allowances import without_allowed
from engine.diagnostics import Diagnostic, did_you_mean, has_errors, in_reading_order
from engine.flow import FALL_OFF, Pack, Tree
from engine.layout import Layout
from engine.limits import DEFAULT_LIMITS, Limits
from engine.nodes import Mapping as MappingNode
from engine.nodes import Node, Scalar, Sequence
from engine.reader import read
from engine.schema import FACT, ID, RESERVED, Field, Parts, Reading, Shape
from engine.source import Place, Source
from engine.steps.ask import Ask, leads_to_call
from engine.steps.base import Step
from engine.type_names import repair, type_named
from engine.types import Type
from engine.vocabulary import NO_VOCABULARY, read_vocabulary

_NAME_LINE = re.compile(r"^flow:[ \t]*[\"']?([\w-]+)", re.MULTILINE)

HEADER = (
    Field("flow", Shape.WORD, "the name of the flow, as others visit it", required=True),
    Field("title", Shape.WORD, "what the flow is about, in a line"),
    Field(
        "audience",
        Shape.WORDS,
        "who may hold this conversation",
        words=tuple(each.value for each in Audience),
    ),
    Field("symptoms", Shape.WORDS, "what people say when they need this flow"),
    Field("inputs", Shape.REMARK, "the facts it needs from the flow that visits it, with their types"),
    Field("results", Shape.REMARK, "the facts it gives back, with their types"),
    Field("exits", Shape.WORDS, "the ways back, from the best to the worst"),
    Field("on", Shape.CASES, "where to go on after each kind of failure"),
    Field("steps", Shape.REMARK, "the steps", required=True),
    Field("note", Shape.REMARK, "a remark for other authors"),
)


class Compiled(msgspec.Struct, frozen=True):
    """What compiling gave: the pack (None if anything is an error), and the findings in reading order."""

    pack: Pack | None
    findings: tuple[Diagnostic, ...]


def compile_pack(
    sources: Iterable[Source],
    catalog: Catalog,
    vocabulary: Source | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Compiled:
    """Read, link and check flow files together.

    `sources` are the texts of the flow files, `vocabulary` the file with the clinic software's labels.
    """
    # A pack that was proven before is not checked again, and its checks are not imported.
    from engine.checks.pack import check_pack
    from engine.checks.unused import check_unused

    reading = Reading(limits)
    words = read_vocabulary(vocabulary, reading) if vocabulary is not None else NO_VOCABULARY
    trees: dict[str, Tree] = {}
    unread: set[str] = set()
    for source in sources:
        tree = compile_tree(source, reading, catalog)
        if tree is None:
            unread.update(_likely_names(source))
            continue
        if tree.name in trees:
            reading.report(
                "U219",
                _place_of_name(source, tree.name),
                f"There are two flows named `{tree.name}`.",
                f"The other is in {trees[tree.name].source.path}.",
                "Give one of them another name.",
            )
            continue
        trees[tree.name] = tree
    found = [*reading.findings, *check_pack(trees, words.labels, catalog, limits, frozenset(unread))]
    found += check_unused(trees, words.places, found)
    findings = in_reading_order(without_allowed(found, reading.allowances))
    if has_errors(findings):
        return Compiled(None, findings)
    cards = {name: tree.card for name, tree in trees.items()}
    kept = {name: tree.source for name, tree in trees.items()}
    pack = Pack(trees, {}, words.labels, catalog, limits, cards, kept)
    versions = {name: _version(pack, name, vocabulary) for name in trees}
    return Compiled(msgspec.structs.replace(pack, versions=versions), findings)


def _likely_names(source: Source) -> Iterator[str]:
    """The name of a flow that could not be read: as far as a look at its text tells."""
    found = _NAME_LINE.search(source.text)
    if found is not None:
        yield found.group(1)


def _place_of_name(source: Source, name: str) -> Place:
    for number, line in enumerate(source.text.splitlines(), 1):
        if _NAME_LINE.match(line):
            return Place(source, number, line.find(name) + 1, len(name))
    return Place(source, 1, 1)


def compile_tree(source: Source, reading: Reading, catalog: Catalog) -> Tree | None:
    """One flow file, linked in itself and not checked; None where it cannot be. What is wrong with it is
    reported to `reading`."""
    root, findings = read(source, reading.limits)
    reading.findings.extend(findings)
    if root is None:
        return None
    if not isinstance(root, MappingNode):
        reading.report("U200", root.place, "A flow is a mapping.", "Expected: `flow: NAME`, then `steps:`.")
        return None
    reading.remarks(source, root)
    parts = reading.parts(root, HEADER, "a flow")
    steps = root.get("steps")
    if not isinstance(steps, Sequence) or "flow" not in parts.words:
        if steps is not None and not isinstance(steps, Sequence):
            reading.shape_is_wrong(steps, "steps", "a list of steps")
        return None
    return _compiled(source, reading, catalog, root, parts, steps)


def _compiled(
    source: Source,
    reading: Reading,
    catalog: Catalog,
    root: MappingNode,
    parts: Parts,
    steps: Sequence,
) -> Tree | None:
    layout = Layout(reading)
    start = layout.lay_out(steps, FALL_OFF, "")
    made = layout.steps()
    _limit_steps(reading, steps, len(made))
    if _has_too_many_facts(reading, steps, made):
        return None
    _require_ids(reading, made, catalog)
    reading.name(parts.words["flow"], ID, "the name of a flow")
    for leaving in parts.lists.get("exits", ()):
        reading.name(leaving, ID, "the name of an exit")
    name = parts.words["flow"].text
    inputs, untyped_inputs = _types(reading, root.get("inputs"), "inputs", catalog)
    results, untyped_results = _types(reading, root.get("results"), "results", catalog)
    title = parts.word("title") or name
    return Tree(
        name,
        title,
        source,
        frozenset(Audience(each.text) for each in parts.lists.get("audience", ())) or frozenset(Audience),
        tuple(each.text for each in parts.lists.get("symptoms", ())),
        inputs,
        results,
        tuple(each.text for each in parts.lists.get("exits", ())),
        _branches(reading, parts, layout),
        made,
        start if start in made else FALL_OFF,
        {path: leads for path, step in made.items() if (leads := _leads(step, made, catalog))},
        untyped_inputs | untyped_results,
        _places_of_branches(parts),
        _places_declared(root, parts),
    )


def _leads(step: Step, steps: Mapping[str, Step], catalog: Catalog) -> dict[str, str]:
    if not isinstance(step, Ask):
        return {}
    ways = {name: step.routes.get(name, step.then) for name in step.answer_ids()}
    return leads_to_call(ways, steps, catalog.actions)


def _limit_steps(reading: Reading, steps: Sequence, count: int) -> None:
    if count > reading.limits.steps_a_flow:
        reading.report(
            "U220",
            steps.place,
            f"This flow has {count} steps; {reading.limits.steps_a_flow} are allowed.",
            None,
            "Move a part of it into a flow of its own, and visit that.",
        )


def _has_too_many_facts(reading: Reading, steps: Sequence, made: Mapping[str, Step]) -> bool:
    """Whether a flow sets more facts than it may have steps. What is known of them is not worked out then: it
    takes time in the square of their number."""
    count = len(frozenset[str]().union(*(step.plan.sets for step in made.values())))
    most = reading.limits.steps_a_flow
    if count > most:
        words = f"This flow sets {count} facts; {most} are allowed, as many as steps."
        reading.report("U220", steps.place, words, None, "Move a part of it into a flow of its own.")
    return count > most


def _require_ids(reading: Reading, steps: Mapping[str, Step], catalog: Catalog) -> None:
    for step in steps.values():
        action = catalog.actions.get(step.calls)
        if action is not None and action.effect is not Effect.READ and "id" not in step.plan.parts.words:
            reading.report(
                "U208",
                step.place,
                f"This call of `{action.name}` has no `id`.",
                "What changes something is recorded under its id.",
                "Add `id: a-short-name`.",
            )


def _branches(reading: Reading, parts: Parts, layout: Layout) -> dict[Failure, str]:
    routes = parts.routes.get("on")
    found: dict[Failure, str] = {}
    words = [each.value for each in Failure]
    for name, (key, target) in routes.each.items() if routes is not None else ():
        if name not in words:
            reading.report(
                "U217", key.place, f"`{name}` is not a kind of failure.", None, did_you_mean(name, words)
            )
        elif target.name is None:
            reading.report(
                "U203", target.place, "A flow's own `on` names steps.", "Expected: the id of a step."
            )
        else:
            found[Failure(name)] = layout.find(target.name, target.place)
    return found


def _places_of_branches(parts: Parts) -> dict[Failure, Place]:
    """Where each failure of the flow's own `on` is written."""
    routes = parts.routes.get("on")
    words = {each.value: each for each in Failure}
    entries = routes.each.items() if routes is not None else ()
    return {words[name]: key.place for name, (key, _) in entries if name in words}


def _places_declared(root: MappingNode, parts: Parts) -> dict[str, Place]:
    """Where each input, result, exit and audience is declared, as `inputs.NAME` and so on."""
    lists = ("exits", "audience")
    found = {f"{name}.{each.text}": each.place for name in lists for each in parts.lists.get(name, ())}
    for name in ("inputs", "results"):
        node = root.get(name)
        entries = node.entries if isinstance(node, MappingNode) else ()
        found.update({f"{name}.{key.text}": key.place for key, _ in entries})
    return found


def _types(
    reading: Reading, node: Node | None, name: str, catalog: Catalog
) -> tuple[dict[str, Type], frozenset[str]]:
    """The types under `name`, and the names of which the type cannot be read."""
    found: dict[str, Type] = {}
    untyped: set[str] = set()
    mapping = reading.mapping(node, name, "a mapping of names to types") if node is not None else None
    for key, value in mapping.entries if mapping is not None else ():
        reading.name(key, FACT, "the name of a fact")
        if key.text in RESERVED:
            reading.report("U311", key.place, f"`{key.text}` has a meaning of its own and cannot be set.")
        kind = type_named(value.text, catalog.records) if isinstance(value, Scalar) else None
        if kind is not None:
            found[key.text] = kind
            continue
        untyped.add(key.text)
        text = value.text if isinstance(value, Scalar) else "this"
        reading.report(
            "U309",
            value.place,
            f"`{text}` is not a type.",
            "Expected: text, number, yes/no, date, a record like Client, `list of …` or `optional …`.",
            repair(text, catalog.records),
        )
    return found, frozenset(untyped)


def _version(pack: Pack, name: str, vocabulary: Source | None) -> str:
    """A hash over everything the flow is made of: all reachable files, and the vocabulary."""
    digest = hashlib.sha256()
    texts = [pack.sources[each].text for each in sorted(pack.reachable(name))]
    for text in [*texts, vocabulary.text if vocabulary is not None else ""]:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
