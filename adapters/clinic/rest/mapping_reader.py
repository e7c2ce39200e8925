"""Reads the small parts of a mapping file: expressions, texts with expressions in them, and shapes.

Everything wrong becomes a finding with its place; what does not fit counts as left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from collections.abc import Mapping as Names
from contextlib import contextmanager

from adapters.clinic.rest.mapping import (
    Cases,
    Each,
    Items,
    LookedOver,
    Part,
    Record,
    Shape,
    Template,
    Words,
)
from engine import (
    DEFAULT_LIMITS,
    Diagnostic,
    Expression,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Value,
    closest,
    compile_pattern,
    did_you_mean,
    expression_between,
    finding,
    value_expression,
)

_HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FORMS = {
    "of": frozenset({"of", "words", "else"}),
    "cases": frozenset({"cases", "else"}),
    "each": frozenset({"each", "where", "item"}),
    "template": frozenset({"template"}),
    "match": frozenset({"match", "of", "else"}),
    "look_over": frozenset({"look_over", "shared_with"}),
}


class MappingReader:
    """Reads nodes. `known` are the facts that expressions may read at this point."""

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []
        self.known: frozenset[str] = frozenset()

    @contextmanager
    def knowing(self, names: Collection[str]) -> Iterator[None]:
        """Read what is inside with these facts as well."""
        before = self.known
        self.known = before | frozenset(names)
        try:
            yield
        finally:
            self.known = before

    # -- reports ---------------------------------------------------------------------------------------

    def wrong(self, node: Node, message: str, expected: str | None = None, repair: str | None = None) -> None:
        """Report a value that does not fit."""
        self.findings.append(finding("U571", node.place, message, expected, repair))

    def missing(self, node: Node, key: str, repair: str) -> None:
        """Report a key that must be there."""
        self.findings.append(finding("U572", node.place, f"`{key}` is missing.", None, repair))

    # -- plain values ----------------------------------------------------------------------------------

    def mapping(self, node: Node | None, what: str, keys: Collection[str]) -> Mapping | None:
        """The node as a mapping; keys that are not known are findings. None where it is left out."""
        found = self.record(node, what)
        for key, _ in found.entries if found is not None else ():
            if key.text not in keys:
                repair = did_you_mean(key.text, keys) or f"Known are {', '.join(keys)}."
                said = f"`{key.text}`: there is no such key in {what}."
                self.findings.append(finding("U570", key.place, said, None, repair))
        return found

    def record(self, node: Node | None, what: str) -> Mapping | None:
        """The node as a mapping of any keys."""
        if node is None or isinstance(node, Mapping):
            return node
        self.wrong(node, f"Here {what} has keys.")
        return None

    def text(self, top: Mapping, key: str) -> str | None:
        """A text under a key."""
        node = top.get(key)
        if node is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.value
        self.wrong(node, f"`{key}` is a text.", None, "Put it into quotes, if it looks like a number.")
        return None

    def truth(self, top: Mapping, key: str) -> bool:
        """True or false; false where it is left out."""
        node = top.get(key)
        value = node.value if isinstance(node, Scalar) else None
        if node is not None and not isinstance(value, bool):
            self.wrong(node, f"`{key}` is true or false.")
        return value is True

    def number(self, top: Mapping, key: str, least: float, most: float, default: float) -> float:
        """A number within bounds."""
        node = top.get(key)
        value = node.value if isinstance(node, Scalar) else None
        if node is None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(node, f"`{key}` is a number from {least:g} to {most:g}.")
        return default

    # -- expressions -----------------------------------------------------------------------------------

    def expression(self, top: Mapping, key: str) -> Expression | None:
        """The expression under a key."""
        node = top.get(key)
        return None if node is None else self.expression_at(node, f"`{key}`")

    def expression_at(self, node: Node, what: str) -> Expression | None:
        """The expression in a node, whose facts must all be known."""
        if not isinstance(node, Scalar):
            self.wrong(node, f"{what} is an expression.")
            return None
        found, findings = value_expression(node)
        return self._taken(found, findings)

    def _taken(self, found: Expression | None, findings: tuple[Diagnostic, ...]) -> Expression | None:
        self.findings += findings
        for name in sorted(found.reads - self.known) if found is not None else ():
            place = found.place_of(name) if found is not None else None
            if place is None:
                continue
            near = did_you_mean(name, self.known)
            repair = near or f"Write '{name}' in quotes of its own, if it is a word."
            names = f"Known here: {', '.join(sorted(self.known))}."
            self.findings.append(finding("U573", place, f"`{name}` is not known here.", names, repair))
        for place in found.compared_with_null() if found is not None else ():
            repair = "Write `… is known`, or `… is unknown`."
            self.findings.append(finding("U107", place, "Nothing is compared with null.", None, repair))
        return found

    def template(self, node: Node | None, what: str) -> Template | None:
        """A text with `{{ expressions }}` in it."""
        if node is None:
            return None
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.wrong(node, f"{what} is a text.")
            return None
        parts: list[str | Expression] = []
        end = 0
        for hole in _HOLE.finditer(node.text):
            parts.append(node.text[end : hole.start()])
            end = hole.end()
            found = self._taken(*expression_between(node, hole.start(1), hole.end(1), DEFAULT_LIMITS))
            if found is not None:
                parts.append(found)
        if any("{{" in part or "}}" in part for part in (*parts, node.text[end:]) if isinstance(part, str)):
            self.wrong(node, "Each `{{` needs its `}}`.")
        return Template((*parts, node.text[end:]))

    # -- shapes ----------------------------------------------------------------------------------------

    def shape(self, node: Node, what: str) -> Shape | None:
        """What a value is made of: an expression, a list, a record, or one of the forms."""
        match node:
            case Scalar():
                return self.expression_at(node, what)
            case Sequence(items=items):
                return Items(tuple(one for one in (self.shape(each, what) for each in items) if one))
            case Mapping():
                form = self._as_form(node)
                return self._form(form, what) if form is not None else self._record_shape(node)

    def members(self, node: Node | None, what: str) -> tuple[tuple[str, Shape], ...]:
        """Names with shapes: headers, a query."""
        found = self.record(node, what)
        return () if found is None else self._record_shape(found).members

    def _record_shape(self, node: Mapping) -> Record:
        shapes = [(key.text, self.shape(of, f"`{key.text}`")) for key, of in node.entries]
        return Record(tuple((name, shape) for name, shape in shapes if shape is not None))

    def _as_form(self, node: Mapping) -> Mapping | None:
        """One of the forms, or None. A slip in a key of one is reported, and read as what was meant."""
        keys = {key.text for key, _ in node.entries}
        for name, form in _FORMS.items():
            meant = {key: closest(key, form - keys) for key in keys - form}
            if name in keys and all(meant.values()):
                return Mapping(
                    tuple((self._meant(key, name, meant), of) for key, of in node.entries), node.place
                )
        return None

    def _meant(self, key: Scalar, form: str, meant: Names[str, str | None]) -> Scalar:
        word = meant.get(key.text)
        if word is None:
            return key
        said = f"`{key.text}`: there is no such key beside `{form}`."
        self.findings.append(finding("U570", key.place, said, None, f"Did you mean `{word}`?"))
        return Scalar(word, word, key.place)

    def _form(self, node: Mapping, what: str) -> Shape | None:
        if node.get("template") is not None:
            return self.template(node.get("template"), what)
        if node.get("match") is not None:
            return self._part(node)
        if node.get("look_over") is not None:
            address = self.expression(node, "look_over")
            shared_with = self.expression(node, "shared_with")
            return LookedOver(address, shared_with) if address is not None else None
        if node.get("of") is not None:
            return self._words(node)
        return self._cases(node) if node.get("cases") is not None else self._each(node)

    def _otherwise(self, node: Mapping) -> Shape | None:
        otherwise = node.get("else")
        return None if otherwise is None else self.shape(otherwise, "`else`")

    def _part(self, node: Mapping) -> Part | None:
        of, written = self.expression(node, "of"), node.get("match")
        if node.get("of") is None:
            self.missing(node, "of", "Add `of:`, the text in which it is looked for.")
        if not isinstance(written, Scalar) or not isinstance(written.value, str):
            self.wrong(node, "`match` is a pattern.", "A text in the syntax of RE2, best in single quotes.")
            return None
        pattern = compile_pattern(written.value, written)
        if isinstance(pattern, Diagnostic):
            self.findings.append(pattern)
            return None
        return Part(of, pattern, self._otherwise(node)) if of is not None else None

    def _words(self, node: Mapping) -> Words | None:
        of = self.expression(node, "of")
        words = self.record(node.get("words"), "`words`")
        if words is None:
            self.missing(node, "words", "Add `words:`, each word of theirs with one of ours.")
        if of is None or words is None:
            return None
        known: dict[str, Value] = {}
        for key, value in words.entries:
            if isinstance(value, Scalar):
                known[key.text] = value.value
            else:
                self.wrong(value, "A word stands for a single value.")
        return Words(of, known, self._otherwise(node))

    def _cases(self, node: Mapping) -> Cases:
        cases: list[tuple[Expression, Shape]] = []
        listed = node.get("cases")
        for each in listed.items if isinstance(listed, Sequence) else ():
            case = self.mapping(each, "a case", ("if", "value"))
            value = case.get("value") if case is not None else None
            if case is None or value is None:
                self.missing(each, "value", "Write `{if: CONDITION, value: VALUE}`.")
                continue
            condition, shape = self.expression(case, "if"), self.shape(value, "`value`")
            if condition is not None and shape is not None:
                cases.append((condition, shape))
        if listed is not None and not isinstance(listed, Sequence):
            self.wrong(listed, "`cases` is a list.", "Each is `{if: CONDITION, value: VALUE}`.")
        return Cases(tuple(cases), self._otherwise(node))

    def _each(self, node: Mapping) -> Each | None:
        rows = self.expression(node, "each")
        item = node.get("item")
        with self.knowing(("item",)):
            where = self.expression(node, "where")
            shape = self.shape(item, "`item`") if item is not None else None
        if item is None:
            self.missing(node, "item", "Add `item:`, what each row becomes; the row itself is `item`.")
        return Each(rows, where, shape) if rows is not None and shape is not None else None
