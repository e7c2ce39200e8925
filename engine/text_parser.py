"""From the characters of a text to its pieces: the author's words, values, branches and click paths.

Everything wrong in a text is found in one pass, at its exact place. The pieces are neither checked for types
nor laid out here, and nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from engine.diagnostics import Diagnostic, did_you_mean
from engine.expression_parser import spot
from engine.expression_tree import Constant
from engine.expressions import Expression, expression_between
from engine.finding import finding
from engine.limits import Limits
from engine.nodes import Scalar


class Words(msgspec.Struct, frozen=True):
    """The author's own characters; `offsets[i]` is where character i stands in the scalar's text."""

    text: str
    offsets: range


class Hole(msgspec.Struct, frozen=True):
    """`{{ expression }}`."""

    expression: Expression


class ClickPath(msgspec.Struct, frozen=True):
    """`[[a → b → "Save"]]`: each part is a text of the author's, or an expression."""

    parts: tuple[str | Expression, ...]
    start: int


class Branch(msgspec.Struct, frozen=True):
    """One way of an `{% if %}`; without a condition it is the `else`."""

    condition: Expression | None
    pieces: tuple[Piece, ...]


class Branches(msgspec.Struct, frozen=True):
    """`{% if %} … {% endif %}`: the first branch whose condition holds, or nothing."""

    ways: tuple[Branch, ...]
    start: int


Piece: TypeAlias = Words | Hole | ClickPath | Branches

_OPENINGS: Final = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")
_INSIDE: Final = re.compile(
    r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|(?P<close>[-+]?(?:\}\}|%\}))|(?P<open>\{\{|\{%)|[\s\S]"
)
_TAG: Final = re.compile(r"\s*([^\W\d]\w*)")
_ARROWS: Final = re.compile(
    r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|(?P<arrow>→|->)|(?P<end>\]\])|[\s\S]"
)
_TAGS: Final = ("if", "elif", "else", "endif")
_KNOWN_ELSEWHERE: Final = frozenset(
    "for endfor set endset macro endmacro call endcall filter endfilter include import from block endblock "
    "extends raw endraw with endwith autoescape trans do continue break".split()
)
_MEANT_IF: Final = "Did you mean `if`?"
_TEXTS_KNOW: Final = "Texts know {{ … }} and {% if … %} … {% elif … %} … {% else %} … {% endif %}."


class _Tag(msgspec.Struct, frozen=True):
    """One `{{ }}`, `{% %}` or `{# #}`: from `start` to `end`; its inside; which sides eat white space."""

    kind: str
    start: int
    end: int
    inside: tuple[int, int]
    eats_before: bool
    eats_after: bool


class _Open(msgspec.Struct):
    """An `{% if %}` that is not closed yet."""

    start: int
    end: int
    condition: Expression | None
    pieces: list[Piece] = msgspec.field(default_factory=list)
    ways: list[Branch] = msgspec.field(default_factory=list)
    had_else: bool = False
    lost: bool = False
    """Whether a condition of it cannot be read, so that nothing inside can be judged."""


def read_text(node: Scalar, limits: Limits) -> tuple[tuple[Piece, ...], tuple[Diagnostic, ...]]:
    """The pieces of a text, and what is wrong with it. Never raises for anything an author can write."""
    reading = _Reading(node, limits)
    if reading.bounded():
        reading.read()
    return tuple(reading.top.pieces), tuple(reading.findings)


class _Reading:
    """One pass over one text."""

    def __init__(self, node: Scalar, limits: Limits) -> None:
        self.findings: list[Diagnostic] = []
        self.top = _Open(0, 0, None)
        self._node = node
        self._text = node.text
        self._limits = limits
        self._open: list[_Open] = []
        # The tags that are not known here and were found already, whose ends are no mistakes of their own.
        self._refused: set[str] = set()
        self._path_left_open = False

    def bounded(self) -> bool:
        """Whether the text is one that is read at all."""
        text = self._text
        if not text.strip():
            self._report("U128", 0, 1, "There is no text here.", "Write what the person should read.")
            return False
        most = self._limits.template_characters
        if len(text) > most:
            message = f"This text has {len(text)} characters; {most} are allowed."
            self._report("U117", 0, 1, message, "Split it into several `say` steps.")
            return False
        if text.replace("\n", "").isprintable():
            return True
        strange = [offset for offset, each in enumerate(text) if each not in "\n\t" and not _is_visible(each)]
        for offset in strange[:3]:
            message = f"There is an invisible character (U+{ord(text[offset]):04X}) in this text."
            self._report("U119", offset, offset + 1, message, "Type the line again.")
        return not strange

    def read(self) -> None:
        """Go through the tags and the words between them."""
        tags = list(self._tags())
        lonely = _lonely_lines(self._text, tags)
        position = 0
        eats = False
        for tag in tags:
            self._words(position, tag.start, eats, tag.eats_before, lonely)
            self._take(tag)
            position, eats = tag.end, tag.eats_after
        self._words(position, len(self._text), eats, False, lonely)
        for left in self._open:
            message = "This {% if %} is never closed."
            self._report("U122", left.start, left.end, message, "Write {% endif %} where it ends.")

    def _tags(self) -> Iterator[_Tag]:
        position = 0
        while (found := _OPENINGS.search(self._text, position)) is not None:
            mark = found[0]
            if mark in ("}}", "%}", "#}"):
                message = f"`{mark}` closes nothing."
                self._report("U122", found.start(), found.end(), message, _TEXTS_KNOW)
                position = found.end()
                continue
            end = self._end_of_tag(found)
            if end is None:
                repair = {
                    "{{": "Write }} after the value.",
                    "{%": "Write %} after it.",
                    "{#": "Write #} after it.",
                }
                message = f"`{mark}` is never closed."
                self._report("U122", found.start(), found.end(), message, repair[mark])
                position = found.end()
                continue
            yield self._tag(mark, found.start(), end)
            position = end

    def _end_of_tag(self, opening: re.Match[str]) -> int | None:
        """Past the end of the tag that begins there, quotes respected; None if it has none."""
        if opening[0] == "{#":
            end = self._text.find("#}", opening.end())
            return end + 2 if end >= 0 else None
        wanted = "}}" if opening[0] == "{{" else "%}"
        for each in _INSIDE.finditer(self._text, opening.end()):
            if each["open"]:
                return None
            if each["close"] and each["close"].endswith(wanted):
                return each.end()
        return None

    def _tag(self, mark: str, start: int, end: int) -> _Tag:
        first, last = start + 2, end - 2
        before = self._text[first : first + 1] == "-" and mark != "{#"
        after = self._text[last - 1 : last] in ("-", "+") and last - 1 > first and mark != "{#"
        inside = (first + before, last - after)
        return _Tag(mark, start, end, inside, before, after and self._text[last - 1] == "-")

    def _words(
        self, start: int, end: int, eats_before: bool, eats_after: bool, lonely: dict[int, int]
    ) -> None:
        """The author's words between two tags, without the white space that belongs to the tags."""
        if (past := lonely.get(start)) is not None:
            start = min(past, end)
        if (before := lonely.get(~end)) is not None:
            end = max(before, start)
        text = self._text
        while eats_before and start < end and text[start].isspace():
            start += 1
        while eats_after and end > start and text[end - 1].isspace():
            end -= 1
        self._paths(start, end)

    def _paths(self, start: int, end: int) -> None:
        """Take the click paths out of the words."""
        position = start
        while (found := self._text.find("[[", position, end)) >= 0:
            self._add_words(position, found)
            closing = self._path(found, end)
            if closing is None:
                after = self._text[end : end + 2]
                repair = (
                    "Write names inside [[ ]] without {{ }}."
                    if after == "{{"
                    else 'Write ]] after the last part, as in [[labels.client_chart → "Save"]].'
                )
                self._report("U125", found, found + 2, "This click path is never closed.", repair)
                self._path_left_open = True
                return
            position = closing
        loose = self._text.find("]]", position, end)
        if loose >= 0 and not self._path_left_open:
            self._report("U125", loose, loose + 2, "`]]` closes no click path.", "Write [[ where it begins.")
        self._path_left_open = self._path_left_open and loose < 0
        self._add_words(position, end)

    def _path(self, start: int, limit: int) -> int | None:
        """Read one click path; past its end, or None if it has none before `limit`."""
        parts: list[tuple[int, int]] = []
        position = start + 2
        for each in _ARROWS.finditer(self._text, position, limit):
            if each["arrow"] or each["end"]:
                parts.append((position, each.start()))
                position = each.end()
            if each["end"]:
                self._add_path(start, parts)
                return position
        return None

    def _add_path(self, start: int, parts: list[tuple[int, int]]) -> None:
        read: list[str | Expression] = []
        for first, last in parts:
            if not self._text[first:last].strip():
                message = "A part of this click path is empty."
                self._report("U125", first - 1, last + 1, message, "Write what to click, or remove an arrow.")
                continue
            expression = self._expression(first, last)
            if expression is None:
                continue
            value = expression.tree.value if isinstance(expression.tree, Constant) else None
            read.append(" ".join(value.split()) if isinstance(value, str) else expression)
        if len(read) == len(parts):
            self._current().append(ClickPath(tuple(read), start))

    def _add_words(self, start: int, end: int) -> None:
        if start < end:
            self._current().append(Words(self._text[start:end].replace("\t", " "), range(start, end)))

    def _current(self) -> list[Piece]:
        return self._open[-1].pieces if self._open else self.top.pieces

    def _expression(self, start: int, end: int) -> Expression | None:
        expression, findings = expression_between(self._node, start, end, self._limits)
        self.findings.extend(findings)
        return expression

    def _take(self, tag: _Tag) -> None:
        if tag.kind == "{{":
            expression = self._expression(*tag.inside)
            if expression is not None:
                self._current().append(Hole(expression))
        elif tag.kind == "{%":
            self._block_tag(tag)

    def _block_tag(self, tag: _Tag) -> None:
        start, end = tag.inside
        found = _TAG.match(self._text, start, end)
        word = found[1] if found is not None else ""
        if word.startswith("end") and word.removeprefix("end") in self._refused:
            return
        if found is None or word not in _TAGS:
            self._refused.add(word)
            known = word in _KNOWN_ELSEWHERE
            message = f"`{{% {word} %}}` is not known in a text." if word else "This tag says nothing."
            repair = _TEXTS_KNOW if known or not word else did_you_mean(word, _TAGS) or _TEXTS_KNOW
            self._report("U102" if known else "U121", tag.start, tag.end, message, repair)
            if repair == _MEANT_IF:
                self._open.append(_Open(tag.start, tag.end, None, lost=True))
            return
        rest = (found.end(), end)
        if word == "if":
            self._if(tag, rest)
        elif not self._open:
            message = f"`{{% {word} %}}` stands without {{% if %}}."
            self._report("U122", tag.start, tag.end, message, "Write {% if … %} before it, or remove it.")
        elif word == "elif":
            self._next_way(tag, self._expression(*rest), last=False)
        else:
            self._no_rest(word, rest)
            if word == "else":
                self._next_way(tag, None, last=True)
            else:
                self._endif()

    def _if(self, tag: _Tag, rest: tuple[int, int]) -> None:
        if len(self._open) >= self._limits.depth:
            self._report("U118", tag.start, tag.end, "This is nested too deeply.", "Use `if` steps instead.")
        condition = self._expression(*rest)
        self._open.append(_Open(tag.start, tag.end, condition, lost=condition is None))

    def _next_way(self, tag: _Tag, condition: Expression | None, last: bool) -> None:
        current = self._open[-1]
        if current.had_else:
            message = "Nothing can follow {% else %} but {% endif %}."
            self._report("U122", tag.start, tag.end, message, "Move {% else %} to the end.")
            current.lost = True
        current.ways.append(Branch(current.condition, tuple(current.pieces)))
        current.condition, current.pieces = condition, []
        current.had_else = current.had_else or last
        current.lost = current.lost or (condition is None and not last)

    def _endif(self) -> None:
        closed = self._open.pop()
        if closed.lost:
            return
        closed.ways.append(Branch(closed.condition, tuple(closed.pieces)))
        self._current().append(Branches(tuple(closed.ways), closed.start))

    def _no_rest(self, word: str, rest: tuple[int, int]) -> None:
        start, end = rest
        words = self._text[start:end]
        if words.strip():
            start += len(words) - len(words.lstrip())
            repair = "Write {% elif … %} for another condition." if word == "else" else "Remove it."
            message = f"Nothing can follow `{word}` here."
            self._report("U101", start, start + len(words.strip()), message, repair)

    def _report(self, code: str, start: int, end: int, message: str, repair: str | None) -> None:
        self.findings.append(finding(code, spot(self._node, start, end), message, repair=repair))


def _is_visible(character: str) -> bool:
    """Printable, or a space of some kind that texts use (no-break and narrow spaces)."""
    return character.isprintable() or character in "\u00a0\u202f\u2009"


def _lonely_lines(text: str, tags: list[_Tag]) -> dict[int, int]:
    """Lines that hold only `{% %}` and `{# #}` leave nothing behind, neither their indent nor their end.

    Maps the end of a tag to where the words after it begin, and `~` the start of a tag to where the words
    before it end.
    """
    found: dict[int, int] = {}
    blocks = [tag for tag in tags if tag.kind != "{{"]
    for place, tag in enumerate(blocks):
        line = text.rfind("\n", 0, tag.start) + 1
        if place and blocks[place - 1].end > line:
            continue
        last = place
        while last + 1 < len(blocks) and not text[blocks[last].end : blocks[last + 1].start].strip(" \t"):
            last += 1
        line_end = text.find("\n", blocks[last].end)
        line_end = len(text) if line_end < 0 else line_end
        if text[line : tag.start].strip() or text[blocks[last].end : line_end].strip():
            continue
        found[~tag.start] = line
        for one, following in zip(blocks[place:last], blocks[place + 1 : last + 1], strict=True):
            found[one.end] = following.start
        found[blocks[last].end] = min(line_end + 1, len(text))
    return found
