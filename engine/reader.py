"""From the text of a file to marked nodes: where YAML is parsed, and the strict subset enforced.

Nodes are built straight from the parser's events, so that a hostile file is refused while it is scanned,
before anything large is built. What can be skipped is skipped and the rest read on, so that everything
wrong is reported at once. Must not know what the nodes mean.
"""

from __future__ import annotations

import codecs
import re
from typing import Protocol, TypeAlias

import yaml

from engine.characters import (
    HIDDEN_IN_FILE,
    HIDDEN_IN_LINE,
    HIDDEN_IN_VALUE,
    ODD_SPACE,
    looks_latin,
    looks_like,
    mixed_scripts,
    name_of,
)
from engine.diagnostics import Diagnostic, in_reading_order
from engine.finding import finding
from engine.limits import DEFAULT_LIMITS, Limits
from engine.nodes import Mapping, Node, Scalar, Sequence
from engine.scalars import BREAK, BadNumber, Lines, Style, lines_of, resolve
from engine.source import Place, Source
from engine.syntax import Trouble, explain, template_unquoted

Loader: TypeAlias = type[yaml.CSafeLoader] | type[yaml.SafeLoader]
FASTEST: Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

# A file with more findings than this is not read by anybody; the rest shows after the repair.
MOST_FINDINGS = 100

_STYLES: dict[str, Style] = {"": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_TYPOGRAPHIC = re.compile("[“”„‟‘’‚«»：]")
_REPLACED = "\ufffd"
"""Stands where something hidden stood, so that the columns stay what they are."""
_UNSEEN = re.compile(f"{HIDDEN_IN_LINE.pattern}|{ODD_SPACE.pattern}|{_REPLACED}")
_GLUED_ENTRY = re.compile(rf"([\w-]+):{ODD_SPACE.pattern}+(.*)")
_GLUED = re.compile(rf"{ODD_SPACE.pattern}|[\w-]+:{ODD_SPACE.pattern}")


def read(
    source: Source, limits: Limits = DEFAULT_LIMITS, loader: Loader = FASTEST
) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """The nodes of one YAML file, and everything wrong with it as YAML, in reading order.

    The nodes are there whenever the file could be read to its end, also beside errors (what was refused is
    left out, or stands as text), so that its meaning can be checked in the same run. They are None for a
    file that is empty, too large, or broken. Never raises, whatever the text.
    """
    text = source.text.removeprefix("\ufeff")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.pack_bytes:
        return None, (
            finding(
                "U004",
                Place(source, 1, 1),
                f"The file has {size:,} bytes; at most {limits.pack_bytes:,} are read.",
                None,
                "Move parts of it into files of their own.",
            ),
        )
    builder = _Builder(source, text, limits)
    builder.look_for_hidden()
    node = builder.build(loader)
    return node, in_reading_order(builder.findings)


def decode(path: str, data: bytes) -> tuple[Source | None, Diagnostic | None]:
    """The text of a file's bytes: UTF-8, with or without a byte order mark; or why it is not text."""
    try:
        return Source(path, data.decode("utf-8-sig")), None
    except UnicodeDecodeError as error:
        source = Source(path, data.decode("utf-8", "replace"))
        place, message = Place(source, 1, 1), "The file is stored as UTF-16, not UTF-8."
        if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            shown = data[error.start : error.start + 1].decode("cp1252", "replace")
            place = _place_of(source, data[: error.start].decode("utf-8", "replace"))
            message = f"The file is not stored as UTF-8 (this may be `{shown}` in an older encoding)."
        return None, finding("U018", place, message, None, "Save it again with the encoding UTF-8.")


def _place_of(source: Source, before: str, length: int = 1) -> Place:
    """The place behind the text `before`."""
    breaks = list(BREAK.finditer(before))
    column = len(before) - breaks[-1].end() if breaks else len(before)
    return Place(source, len(breaks) + 1, column + 1, length)


def _as_entry(node: Scalar) -> Node:
    """A text `name:<no-break space>value` as the entry that it was meant to be, so that one mistake does not
    look like two; any other text as it is."""
    found = _GLUED_ENTRY.fullmatch(node.text)
    if found is None:
        return node
    name, value = found.groups()
    key = Scalar(name, name, node.at(0, len(name)))
    entry = Scalar(value, value, node.at(found.start(2), len(value)), lines=(node.at(found.start(2)),))
    return Mapping(((key, entry),), node.place)


class _Mark(Protocol):
    """A spot as the parser counts: from 0."""

    line: int
    column: int
    index: int


class _Frame:
    """A list or a mapping that is being built; `names` is None for a list."""

    __slots__ = ("at_key", "entries", "items", "key", "names", "place")

    def __init__(self, place: Place, is_mapping: bool) -> None:
        self.place = place
        self.items: list[Node] = []
        self.entries: list[tuple[Scalar, Node]] = []
        self.names: dict[str, Scalar] | None = {} if is_mapping else None
        self.key: Scalar | None = None
        self.at_key = is_mapping

    def node(self) -> Node:
        """The finished node."""
        if self.names is None:
            return Sequence(tuple(self.items), self.place)
        return Mapping(tuple(self.entries), self.place)


class _Builder:
    """Builds the nodes of one file, event by event, and keeps the findings."""

    def __init__(self, source: Source, text: str, limits: Limits) -> None:
        self.source = source
        self.text = text
        self.limits = limits
        self.findings: list[Diagnostic] = []
        self.root: Node | None = None
        self.stack: list[_Frame] = []
        self.nodes = 0
        self.documents = 0
        self.stopped = False
        # How many brackets of a refused part are open, and where it began.
        self.skipping = 0
        self.skipped_from = 0
        self.quoted_from: tuple[int, int] | None = None
        self.quoted_until: tuple[int, int] | None = None
        self.good_names: dict[str, str] = {}

    def report(
        self, code: str, place: Place, message: str, expected: str | None = None, repair: str | None = None
    ) -> None:
        """Add a finding."""
        self.keep(finding(code, place, message, expected, repair))

    def keep(self, found: Diagnostic) -> None:
        """Add a finding, up to the most that are kept."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(found)

    def look_for_hidden(self) -> None:
        """Report hidden characters, and put visible ones in their places so that the rest can be read."""
        if HIDDEN_IN_FILE.search(self.text) is None:
            return
        for found in re.finditer(f"{HIDDEN_IN_FILE.pattern}+", self.text):
            if len(self.findings) >= MOST_FINDINGS:
                break
            place = _place_of(self.source, self.text[: found.start()], len(found.group()))
            self.report("U015", place, f"Here stands {name_of(found.group()[0])}.", None, "Delete it.")
        self.text = HIDDEN_IN_FILE.sub(_REPLACED, self.text)

    def build(self, loader: Loader) -> Node | None:
        """Read all events; the node of the whole file, or None if it could not be read to its end."""
        try:
            for event in yaml.parse(self.text, loader):
                start, end = event.start_mark, event.end_mark
                if start is None or end is None:
                    continue
                if isinstance(event, yaml.ScalarEvent):
                    self.scalar(event, start, end)
                else:
                    place = Place(self.source, start.line + 1, start.column + 1)
                    self.other(event, place, start.index, end.index)
                if self.stopped:
                    break
        except yaml.YAMLError as error:
            self.broken(error)
            return None
        if self.documents == 0:
            self.report("U003", Place(self.source, 1, 1), "There is nothing in this file.")
        return self.root

    def other(self, event: yaml.Event, place: Place, start: int, end: int) -> None:
        """Everything but a scalar."""
        match event:
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.open(event, place, start)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.close(end)
            case yaml.AliasEvent():
                self.alias(event, place, end - start)
            case yaml.DocumentStartEvent():
                self.document(event, place)

    def document(self, event: yaml.DocumentStartEvent, place: Place) -> None:
        """The beginning of a document, of which there is one."""
        self.documents += 1
        if self.documents > 1:
            self.report("U013", place, "Another document begins here.", "Expected: one document in a file.")
            self.stopped = True
        elif event.version is not None or event.tags:
            self.report("U014", place, "A `%` line stands at the beginning.", None, "Leave it out.")

    def count(self, place: Place) -> bool:
        """Count one more value; False when there are too many."""
        self.nodes += 1
        if self.nodes <= self.limits.file_nodes:
            return True
        self.report("U006", place, f"The file has more than {self.limits.file_nodes:,} values.")
        return self.stop()

    def stop(self) -> bool:
        """Read no further, and give up what was built."""
        self.stopped, self.root = True, None
        self.stack.clear()
        return False

    def open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, place: Place, start: int) -> None:
        """The beginning of a list or mapping."""
        if not self.count(place):
            return
        # The parser itself takes time in the square of the depth, so that nothing deeper is even skipped.
        if len(self.stack) + self.skipping >= self.limits.depth:
            self.report("U005", place, f"This is nested more than {self.limits.depth} deep.")
            self.stop()
        elif self.skipping:
            self.skipping += 1
        elif event.flow_style and self.text.startswith(("{{", "{%"), start):
            self.keep(template_unquoted(Place(self.source, place.line, place.column, 2)))
            self.skipping, self.skipped_from = 1, start
            self.stack.append(_Frame(place, False))
        else:
            self.refuse_marks(event.anchor, event.tag, place)
            self.stack.append(_Frame(place, isinstance(event, yaml.MappingStartEvent)))

    def close(self, end: int) -> None:
        """The end of a list or mapping."""
        if self.skipping > 1:
            self.skipping -= 1
            return
        frame = self.stack.pop()
        if self.skipping:
            self.skipping = 0
            written = self.text[self.skipped_from : end]
            self.add(Scalar(written, written, frame.place, True))
        else:
            self.add(frame.node())

    def add(self, node: Node) -> None:
        """Put a finished node where it belongs."""
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if frame.names is None:
            frame.items.append(node)
        elif frame.at_key:
            frame.key = self.name(node, frame.names)
            frame.at_key = False
        else:
            if frame.key is not None:
                frame.entries.append((frame.key, node))
            frame.at_key = True

    def name(self, node: Node, names: dict[str, Scalar]) -> Scalar | None:
        """The key of an entry if it can be one; None leaves the entry out."""
        if not isinstance(node, Scalar):
            self.report("U012", node.place, "A list or mapping stands where a name is expected.")
            return None
        if node.text == "<<" and not node.quoted:
            self.report("U010", node.place, "The merge key `<<` is not used here.", None, "Write it out.")
            return None
        first = names.setdefault(node.text, node)
        if first is not node:
            self.report(
                "U011",
                node.place,
                f"`{node.text}` stands twice in this mapping (before in line {first.place.line}).",
                None,
                "Delete one of the two.",
            )
            return None
        if node.text in self.good_names:
            return node
        before = len(self.findings)
        self.check_name(node)
        seen = looks_like(_UNSEEN.sub("", node.text))
        if seen != node.text and (len(self.findings) > before or _REPLACED in node.text):
            # Going on with what it looks like keeps one mistake from looking like two.
            return None if seen in names else Scalar(seen, seen, node.place, node.quoted, node.lines)
        if len(self.findings) == before and not node.quoted:
            self.good_names[node.text] = node.text
        return node

    def check_name(self, node: Scalar) -> None:
        """Report a name that is no text, or is not what it seems."""
        text = node.text
        if not node.quoted and (not isinstance(resolve(text), str)):
            what = f"`{text}` is not text" if text else "The name before this `:` is missing"
            repair = f'Put it in quotes: "{text}".' if text else "Write a name."
            self.report("U012", node.place, f"{what}.", "Expected: `name: value`.", repair)
        hidden = HIDDEN_IN_LINE.search(text)
        if hidden is not None:
            self.report("U015", node.at(hidden.start()), f"The name has {name_of(hidden.group())} in it.")
        elif not text.isascii():
            self.check_letters(node)

    def check_letters(self, node: Scalar) -> None:
        """Report spaces, quotes and letters in a name that are taken for others."""
        odd = ODD_SPACE.search(node.text) or _TYPOGRAPHIC.search(node.text)
        if odd is not None:
            sign = name_of(odd.group()) if ODD_SPACE.match(odd.group()) else f"a typographic `{odd.group()}`"
            spot = node.at(odd.start())
            self.report("U016", spot, f"The name has {sign} in it.", None, "Type the name anew.")
        elif mixed_scripts(node.text) or looks_latin(node.text):
            self.report(
                "U016",
                node.place,
                "The name has letters of another alphabet that look like Latin ones.",
                f"Expected: `{looks_like(node.text)}`.",
                "Type the name anew.",
            )

    def refuse_marks(self, anchor: str | None, tag: str | None, place: Place) -> None:
        """Report an anchor or a tag; the value behind it is read as if there were none."""
        if anchor is not None:
            self.report("U007", place, f"The anchor `&{anchor}` is not used here.", None, "Leave it out.")
        if tag is not None:
            self.report("U009", place, "A tag (`!`) is not used here.", None, "Leave it out, or use quotes.")

    def alias(self, event: yaml.AliasEvent, place: Place, length: int) -> None:
        """A reference to another part, which stands as text from here on."""
        if not self.count(place) or self.skipping:
            return
        self.report(
            "U008",
            Place(self.source, place.line, place.column, length),
            f"`*{event.anchor}` repeats another part of the file, which is not done here.",
            None,
            "Write it out; a text that begins with `*` needs quotes.",
        )
        self.add(Scalar(f"*{event.anchor}", f"*{event.anchor}", place, True))

    def scalar(self, event: yaml.ScalarEvent, start: _Mark, end: _Mark) -> None:
        """A single value."""
        text = event.value
        style = _STYLES[event.style or ""]
        one_line = start.line == end.line
        length = self.length(start.index, end.index, one_line)
        place = Place(self.source, start.line + 1, start.column + 1, length)
        if start.index >= len(self.text):
            # The parser puts a value that is missing at the end of the file on a line of its own.
            place = _place_of(self.source, self.text.rstrip())
        if not self.count(place) or self.skipping:
            return
        quoted = style != "plain"
        marked = event.anchor is not None or event.tag is not None
        lines: Lines = (place,)
        if marked:
            self.refuse_marks(event.anchor, event.tag, place)
            lines = ()
        elif quoted or not one_line:
            lines = lines_of(place, self.text[start.index : end.index], text, style)
            closed = style in ("single", "double")
            self.quoted_from = (start.line + 1, start.column + 1) if closed else None
            self.quoted_until = (end.line + 1, end.column + 1)
        value = self.resolved(text, place) if not quoted else text
        node = Scalar(value, self.good_names.get(text, text), place, quoted, lines)
        is_name = bool(self.stack) and self.stack[-1].at_key
        if not is_name and (not text.isascii() or (style == "double" and not text.isprintable())):
            self.check_text(node, style)
            self.add(_as_entry(node) if style == "plain" else node)
            return
        self.add(node)

    def length(self, start: int, end: int, one_line: bool) -> int:
        """How many characters of the first line a value takes."""
        if not one_line:
            found = BREAK.search(self.text, start)
            end = found.start() if found else end
        return max(end - start, 1)

    def resolved(self, text: str, place: Place) -> bool | int | float | str | None:
        """What an unquoted value means."""
        value = resolve(text)
        if isinstance(value, BadNumber):
            self.report("U017", place, f"This number {value.reason}.", None, "A text needs quotes.")
            return value.instead
        return value

    def check_text(self, node: Scalar, style: Style) -> None:
        """Report what a text hides: escaped control characters, or a no-break space where YAML needs one."""
        for hidden in HIDDEN_IN_VALUE.finditer(node.text) if style == "double" else ():
            if len(self.findings) >= MOST_FINDINGS:
                break
            spot = node.at(hidden.start(), 2)
            self.report("U015", spot, f"This stands for {name_of(hidden.group())}.", None, "Leave it out.")
        if style != "plain":
            return
        glued = _GLUED.match(node.text)
        if glued is not None:
            spot = node.at(glued.end() - 1)
            what = name_of(glued.group()[-1])
            self.report("U016", spot, f"Here stands {what}, not a space.", None, "Type a space instead.")

    def broken(self, error: yaml.YAMLError) -> None:
        """Report why the parser could not go on."""
        trouble = Trouble(str(error), "", 1, 1)
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            at, began = error.problem_mark, error.context_mark
            trouble = Trouble(
                error.problem or "",
                error.context or "",
                at.line + 1,
                at.column + 1,
                (began.line + 1, began.column + 1) if began is not None else None,
                self.quoted_until,
                self.quoted_from,
            )
        found = explain(trouble, self.source, BREAK.split(self.text))
        told = {known.place.line for known in self.findings if known.code == "U020"}
        if found.place.line not in told:
            self.findings.append(found)
