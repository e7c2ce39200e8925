"""What a step may say: the declaration of its fields, and reading a mapping by them.

A field's declaration says what it is (text, expression, target, fact …); reading, checking, the JSON Schema
and the reference page come from the declaration. Knows no particular step kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import msgspec

from engine.answers import compile_pattern
from engine.checks.allowances import Allowance, allowances_of
from engine.checks.remarks import cut_off
from engine.diagnostics import Diagnostic, closest, did_you_mean
from engine.expressions import Expression, parse_expression, value_expression
from engine.finding import finding
from engine.limits import Limits
from engine.nodes import Mapping as MappingNode
from engine.nodes import Node, Scalar
from engine.nodes import Sequence as SequenceNode
from engine.source import Place, Source
from engine.texts import Template, parse_text

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
FACT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
RESERVED = frozenset(
    "today audience me labels problem item answer true false null none and or not in is if elif else".split()
)
"""What no fact can be named."""


class Shape(StrEnum):
    """What the value of a field is."""

    TEXT = "text with {{ }} and {% if %}"
    EXPRESSION = "an expression"
    VALUES = "a mapping of names to expressions"
    FACT = "the name of a fact"
    SAVES = "the name of a fact, or a mapping of facts to results"
    WORD = "a word"
    WORDS = "a list of words"
    FLAG = "true or false"
    BOUND = "a number or a date"
    PATTERN = "a pattern (RE2)"
    TARGET = "the id of a step, or a list of steps"
    ROUTES = "the id of a step, a list of steps, or a mapping of answers or exits to those"
    CASES = "a mapping of words to steps"
    ANSWERS = "`name: label` for each answer"
    REMARK = "a remark for other authors"


class Field(msgspec.Struct, frozen=True):
    """One key of a step. `words` closes the list of what a WORD may be."""

    name: str
    shape: Shape
    doc: str
    required: bool = False
    words: tuple[str, ...] = ()


class Target(msgspec.Struct, frozen=True):
    """Where a step leads: the id of a step (`name`), or an inline list of steps (`steps`)."""

    place: Place
    name: str | None = None
    steps: SequenceNode | None = None


class Routes(msgspec.Struct, frozen=True):
    """A `then`: one target for everything (`always`), or one for each answer or exit (`each`)."""

    place: Place
    always: Target | None = None
    each: Mapping[str, tuple[Scalar, Target]] = msgspec.field(default_factory=dict)


class AnswerOption(msgspec.Struct, frozen=True):
    """One answer of an ask: its id, its label, where it leads, and when it is offered."""

    id: Scalar
    label: Template
    target: Target | None = None
    condition: Expression | None = None


class Parts(msgspec.Struct):
    """What was read of one mapping, each value under its field's name and typed by its shape."""

    place: Place
    texts: dict[str, Template] = msgspec.field(default_factory=dict)
    expressions: dict[str, Expression] = msgspec.field(default_factory=dict)
    values: dict[str, Mapping[str, tuple[Scalar, Expression]]] = msgspec.field(default_factory=dict)
    words: dict[str, Scalar] = msgspec.field(default_factory=dict)
    lists: dict[str, tuple[Scalar, ...]] = msgspec.field(default_factory=dict)
    saves: dict[str, Mapping[str, Scalar]] = msgspec.field(default_factory=dict)
    flags: dict[str, bool] = msgspec.field(default_factory=dict)
    bounds: dict[str, Scalar] = msgspec.field(default_factory=dict)
    targets: dict[str, Target] = msgspec.field(default_factory=dict)
    routes: dict[str, Routes] = msgspec.field(default_factory=dict)
    answers: tuple[AnswerOption, ...] = ()
    written: set[str] = msgspec.field(default_factory=set)
    """Which fields are there, also those that cannot be used; of mappings `FIELD.KEY` as well."""

    def word(self, name: str) -> str | None:
        """The word under `name`, or None."""
        scalar = self.words.get(name)
        return None if scalar is None else scalar.text

    def place_of(self, name: str) -> Place:
        """Where the field `name` stands, as well as it is known; the step's own place if it is not there."""
        if (scalar := self.words.get(name) or self.bounds.get(name)) is not None:
            return scalar.place
        if (template := self.texts.get(name)) is not None:
            return template.source.place
        if (expression := self.expressions.get(name)) is not None:
            return expression.source.place
        if (target := self.targets.get(name) or self.routes.get(name)) is not None:
            return target.place
        return self.place

    def all_expressions(self) -> Iterator[Expression]:
        """Every expression in it, in the order of the fields."""
        yield from self.expressions.values()
        for values in self.values.values():
            yield from (expression for _, expression in values.values())
        yield from (option.condition for option in self.answers if option.condition is not None)

    def all_texts(self) -> Iterator[Template]:
        """Every text in it."""
        yield from self.texts.values()
        yield from (option.label for option in self.answers)


class Reading:
    """Reads mappings by their fields, and collects everything that is wrong with them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.findings: list[Diagnostic] = []
        self.allowances: list[Allowance] = []

    def report(
        self,
        code: str,
        place: Place,
        message: str,
        expected: str | None = None,
        repair: str | None = None,
    ) -> None:
        """Remember one finding."""
        self.findings.append(finding(code, place, message, expected, repair))

    def remarks(self, source: Source, root: Node) -> None:
        """Remember what the remarks of a file allow, and what is wrong with them."""
        allowed, wrong = allowances_of(source, root)
        self.allowances.extend(allowed)
        self.findings.extend(wrong)
        self.findings.extend(cut_off(source, root))

    def parts(self, node: MappingNode, fields: tuple[Field, ...], what: str) -> Parts:
        """Read `node` by `fields`; `what` names it in messages ("an ask", "a flow")."""
        parts = Parts(node.entries[0][0].place if node.entries else node.place)
        known = {each.name: each for each in fields}
        read = {key.text for key, _ in node.entries}
        for key, value in node.entries:
            declared = known.get(key.text)
            if declared is None:
                self.report(
                    "U201",
                    key.place,
                    f"`{key.text}` is not something {what} can say.",
                    f"It knows {', '.join(known)}.",
                    did_you_mean(key.text, known),
                )
                # Going on with the likely key keeps one mistake from looking like two.
                declared = known.get(closest(key.text, known) or "")
                if declared is None or declared.name in read:
                    continue
                read.add(declared.name)
            parts.written.add(declared.name)
            _READERS[declared.shape](self, parts, declared, value)
        for each in fields:
            if each.required and each.name not in read:
                self.report("U202", node.place, f"`{each.name}` is missing: {each.doc}.")
        return parts

    def scalar(self, node: Node, declared: Field) -> Scalar | None:
        """`node` as one non-empty value, or None and a finding."""
        if isinstance(node, Scalar) and node.value is not None:
            return node
        self.shape_is_wrong(node, declared.name, declared.shape.value)
        return None

    def mapping(self, node: Node, name: str, expected: str) -> MappingNode | None:
        """`node` as a mapping, or None and a finding."""
        if isinstance(node, MappingNode):
            return node
        self.shape_is_wrong(node, name, expected)
        return None

    def shape_is_wrong(self, node: Node, name: str, expected: str) -> None:
        """Report that the value of `name` has the wrong shape."""
        self.report("U203", node.place, f"`{name}` has {kind_of(node)} here.", f"Expected: {expected}.")

    def name(self, scalar: Scalar, pattern: re.Pattern[str], what: str) -> None:
        """Report a name that does not follow the pattern of ids or facts."""
        if not pattern.fullmatch(scalar.text):
            dash = "dashes" if pattern is ID else "underscores"
            fixed = _likely_name(scalar.text, pattern)
            self.report(
                "U209",
                scalar.place,
                f"`{scalar.text}` cannot be {what}.",
                f"Use small letters, digits and {dash}, with a letter first.",
                f"Write `{fixed}`." if pattern.fullmatch(fixed) else None,
            )

    def word(self, scalar: Scalar, pattern: re.Pattern[str], what: str) -> None:
        """Report a value that is not a name, like `true`, or does not follow the pattern."""
        if isinstance(scalar.value, str):
            self.name(scalar, pattern, what)
        else:
            self.report("U209", scalar.place, f"`{scalar.text}` cannot be {what}: it is {kind_of(scalar)}.")

    def target(self, node: Node, name: str) -> Target | None:
        """A step id or an inline list of steps."""
        if isinstance(node, SequenceNode):
            return Target(node.place, steps=node)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Target(node.place, name=node.text)
        self.shape_is_wrong(node, name, Shape.TARGET.value)
        return None

    def targets(self, node: MappingNode, name: str) -> dict[str, tuple[Scalar, Target]]:
        """A mapping of words to targets."""
        found = ((key, self.target(value, name)) for key, value in node.entries)
        return {key.text: (key, target) for key, target in found if target is not None}

    def text(self, node: Scalar) -> Template:
        """A text, parsed; without what cannot be read of it."""
        template, findings = parse_text(node, self.limits)
        self.findings.extend(findings)
        return template

    def expression(self, node: Scalar) -> Expression | None:
        """An expression, parsed."""
        expression, findings = parse_expression(node, self.limits)
        self.findings.extend(findings)
        return expression


def _likely_name(text: str, pattern: re.Pattern[str]) -> str:
    """The name of an id or a fact that was likely meant."""
    return re.sub(r"[^a-z0-9]+", "-" if pattern is ID else "_", text.lower()).strip("-_")


def kind_of(node: Node) -> str:
    """What a node is, in words."""
    match node:
        case MappingNode():
            return "a mapping"
        case SequenceNode():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return "true or false"
        case Scalar(value=int() | float()):
            return "a number"
        case _:
            return "text"


def _read_text(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    scalar = reading.scalar(node, declared)
    if scalar is not None:
        parts.texts[declared.name] = reading.text(scalar)


def _read_expression(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    scalar = reading.scalar(node, declared)
    if scalar is None:
        return
    expression, findings = value_expression(scalar, reading.limits)
    reading.findings.extend(findings)
    if expression is not None:
        parts.expressions[declared.name] = expression


def _read_values(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    mapping = reading.mapping(node, declared.name, declared.shape.value)
    if mapping is None:
        return
    values: dict[str, tuple[Scalar, Expression]] = {}
    for key, value in mapping.entries:
        parts.written.add(f"{declared.name}.{key.text}")
        if not isinstance(value, Scalar):
            reading.shape_is_wrong(value, key.text, Shape.EXPRESSION.value)
            continue
        expression, findings = value_expression(value, reading.limits)
        reading.findings.extend(findings)
        if expression is not None:
            values[key.text] = (key, expression)
    parts.values[declared.name] = values


def _read_fact(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    scalar = reading.scalar(node, declared)
    if scalar is None:
        return
    reading.word(scalar, FACT, "the name of a fact")
    meant = _likely_name(scalar.text, FACT)
    # Going on with the name that was likely meant keeps those who read the fact from looking wrong too.
    parts.words[declared.name] = scalar if scalar.text == meant else Scalar(meant, meant, scalar.place)


def _read_saves(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    mapping = reading.mapping(node, declared.name, "a mapping of facts to results of the visited flow")
    if mapping is None:
        return
    saves: dict[str, Scalar] = {}
    for key, value in mapping.entries:
        reading.name(key, FACT, "the name of a fact")
        if isinstance(value, Scalar) and isinstance(value.value, str):
            saves[key.text] = value
        else:
            reading.shape_is_wrong(value, key.text, "the name of a result")
    parts.saves[declared.name] = saves


def _read_word(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    scalar = reading.scalar(node, declared)
    if scalar is None:
        return
    if declared.words and scalar.text not in declared.words:
        reading.report(
            "U217",
            scalar.place,
            f"`{declared.name}` cannot be `{scalar.text}`.",
            f"It is one of {', '.join(declared.words)}.",
            did_you_mean(scalar.text, declared.words),
        )
        near = closest(scalar.text, declared.words)
        if near is None:
            return
        # Going on with the likely word keeps what it is for from looking wrong too.
        scalar = Scalar(near, near, scalar.place)
    if declared.name == "id":
        reading.word(scalar, ID, "the id of a step")
    parts.words[declared.name] = scalar


def _read_words(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    if not isinstance(node, SequenceNode):
        reading.shape_is_wrong(node, declared.name, declared.shape.value)
        return
    if declared.words and not node.items:
        # Left out it may mean everybody; an empty list means nobody, which is never meant.
        reading.report("U203", node.place, f"`{declared.name}` is empty.", "Expected: at least one word.")
    words: list[Scalar] = []
    for item in node.items:
        if not isinstance(item, Scalar) or item.value is None:
            reading.shape_is_wrong(item, declared.name, declared.shape.value)
        elif declared.words and item.text not in declared.words:
            reading.report(
                "U217",
                item.place,
                f"`{item.text}` is not known as one of `{declared.name}`.",
                f"It is one of {', '.join(declared.words)}.",
                did_you_mean(item.text, declared.words),
            )
            if (near := closest(item.text, declared.words)) is not None:
                words.append(Scalar(near, near, item.place))
        else:
            words.append(item)
    parts.lists[declared.name] = tuple(words)


def _read_flag(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        parts.flags[declared.name] = node.value
    else:
        reading.shape_is_wrong(node, declared.name, declared.shape.value)


def _read_bound(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    scalar = reading.scalar(node, declared)
    if scalar is not None:
        parts.bounds[declared.name] = scalar


def _read_pattern(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    scalar = reading.scalar(node, declared)
    if scalar is None:
        return
    pattern = compile_pattern(scalar.text, scalar)
    if isinstance(pattern, Diagnostic):
        reading.findings.append(pattern)
    else:
        parts.bounds[declared.name] = scalar


def _read_target(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    target = reading.target(node, declared.name)
    if target is not None:
        parts.targets[declared.name] = target


def _read_routes(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    if isinstance(node, MappingNode):
        parts.routes[declared.name] = Routes(node.place, each=reading.targets(node, declared.name))
        return
    target = reading.target(node, declared.name)
    if target is not None:
        parts.routes[declared.name] = Routes(node.place, always=target)


def _read_cases(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    mapping = reading.mapping(node, declared.name, declared.shape.value)
    if mapping is not None:
        parts.routes[declared.name] = Routes(node.place, each=reading.targets(mapping, declared.name))


ANSWER_FIELDS = (
    Field("label", Shape.TEXT, "what the person reads", required=True),
    Field("then", Shape.TARGET, "where this answer leads"),
    Field("if", Shape.EXPRESSION, "when this answer is offered"),
)
"""What an answer may say that is more than its label."""

_ANSWER_KEYS = tuple(each.name for each in ANSWER_FIELDS)


def _read_answers(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    mapping = reading.mapping(node, declared.name, declared.shape.value)
    if mapping is None:
        return
    if not mapping.entries:
        reading.report("U203", mapping.place, "`answers` has no answers.", "Expected: at least one.")
    parts.written.update(f"{declared.name}.{key.text}" for key, _ in mapping.entries)
    read = (_answer(reading, key, value) for key, value in mapping.entries)
    parts.answers = tuple(option for option in read if option is not None)


def _answer(reading: Reading, key: Scalar, node: Node) -> AnswerOption | None:
    reading.name(key, ID, "the id of an answer")
    if isinstance(node, Scalar) and node.value is not None:
        return AnswerOption(key, reading.text(node))
    mapping = reading.mapping(node, key.text, "a label, or a mapping with `label` and `then`")
    if mapping is None:
        return None
    said = _said_of_answer(reading, mapping)
    label_node, then, condition = (said.get(name) for name in _ANSWER_KEYS)
    label = None
    if isinstance(label_node, Scalar) and label_node.value is not None:
        label = reading.text(label_node)
    elif label_node is not None:
        reading.shape_is_wrong(label_node, "label", Shape.TEXT.value)
    else:
        reading.report("U202", key.place, f"The answer `{key.text}` has no `label`.")
    if condition is not None and not isinstance(condition, Scalar):
        reading.shape_is_wrong(condition, "if", Shape.EXPRESSION.value)
    return AnswerOption(
        key,
        label or _stand_in(reading, key),
        reading.target(then, "then") if then is not None else None,
        reading.expression(condition) if isinstance(condition, Scalar) else None,
    )


def _said_of_answer(reading: Reading, mapping: MappingNode) -> dict[str, Node]:
    """What an answer says, a misspelled key read as the likely one."""
    said = {name.text: value for name, value in mapping.entries if name.text in _ANSWER_KEYS}
    for name, value in mapping.entries:
        if name.text in _ANSWER_KEYS:
            continue
        reading.report(
            "U201",
            name.place,
            f"`{name.text}` is not something an answer can say.",
            f"It knows {', '.join(_ANSWER_KEYS)}.",
            did_you_mean(name.text, _ANSWER_KEYS),
        )
        said.setdefault(closest(name.text, _ANSWER_KEYS) or "", value)
    return said


def _stand_in(reading: Reading, key: Scalar) -> Template:
    """A label for an answer that has none, so that where the answer leads is still looked at."""
    return parse_text(Scalar("?", "?", key.place), reading.limits)[0]


def _read_remark(reading: Reading, parts: Parts, declared: Field, node: Node) -> None:
    return None


_READERS: Mapping[Shape, Callable[[Reading, Parts, Field, Node], None]] = {
    Shape.TEXT: _read_text,
    Shape.EXPRESSION: _read_expression,
    Shape.VALUES: _read_values,
    Shape.FACT: _read_fact,
    Shape.SAVES: _read_saves,
    Shape.WORD: _read_word,
    Shape.WORDS: _read_words,
    Shape.FLAG: _read_flag,
    Shape.BOUND: _read_bound,
    Shape.PATTERN: _read_pattern,
    Shape.TARGET: _read_target,
    Shape.ROUTES: _read_routes,
    Shape.CASES: _read_cases,
    Shape.ANSWERS: _read_answers,
    Shape.REMARK: _read_remark,
}
