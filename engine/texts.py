"""A text an author wrote: read once, checked against a scope, and rendered to plain and rich form.

Rendering first decides the branches; for each combination of branches the small Markdown is laid out once
and kept; then only the values are filled in. Values are data: they are put into spans of their own after the
layout was made, so nothing in them can become markup, a line or a block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Final, assert_never

import msgspec

from engine.diagnostics import Diagnostic, has_errors, in_reading_order
from engine.display import display
from engine.evaluation import Facts
from engine.expression_parser import spot
from engine.expression_tree import Member, Name
from engine.expressions import Expression
from engine.filters import showable
from engine.finding import finding
from engine.limits import DEFAULT_LIMITS, Limits
from engine.markdown import (
    ARROW,
    BRANCHES,
    HOLE,
    PATH_END,
    PATH_JOINT,
    PATH_START,
    LaidOut,
    Run,
    blemishes,
    is_https,
    lay_out,
)
from engine.nodes import Scalar
from engine.rich import NO_TEXT, Block, RichText, Span
from engine.source import Place
from engine.text_parser import Branch, Branches, ClickPath, Hole, Piece, Words, read_text
from engine.types import TEXT, OptionalType, RecordType, SecretType, Type, fits, in_words, present
from engine.typing_rules import Scope, check_condition, check_expression

LAYOUTS_KEPT: Final = 64
CUT: Final = "…"
_IN_BRACES: Final = re.compile(r"(?<!\{)\{\s*([a-z]\w*(?:\.[a-z]\w*)*)\s*\}(?!\})")


class Template(msgspec.Struct, frozen=True, eq=False):
    """One text.

    `reads` are the names of the facts it reads, `actions` the actions it asks `can()` about. `constant` is
    the rendered text if it holds neither values nor branches. `render` is total: a value that is missing is
    shown as "not known", and nothing raises. A text that is `refused` has an error; it shows nothing, and
    what can be read of it is there to be checked only.
    """

    source: Scalar
    pieces: tuple[Piece, ...]
    reads: frozenset[str]
    actions: frozenset[str]
    constant: RichText | None
    render: Callable[[Facts], RichText]
    refused: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

    def __repr__(self) -> str:
        return f"Template({self.source.text!r})"

    @property
    def _told(self) -> tuple[object, ...]:
        return (self.source, self.pieces, self.reads, self.actions, self.refused)

    def place_of(self, name: str) -> Place:
        """Where the fact or the action `name` is first named; the whole text's place if nowhere."""
        for each in expressions(self.pieces):
            if name in each.reads or name in each.actions:
                return each.place_of(name)
        return self.source.place


def parse_text(node: Scalar, limits: Limits = DEFAULT_LIMITS) -> tuple[Template, tuple[Diagnostic, ...]]:
    """The text written in a scalar, and everything wrong with it. What cannot be read of it is left out, so
    that the rest can be checked in the same run."""
    pieces, wrong = read_text(node, limits)
    findings = in_reading_order((*wrong, *_markup_findings(node, pieces)))
    refused = has_errors(findings)
    every = tuple(expressions(pieces))
    constant: RichText | None = None
    if refused:
        constant = NO_TEXT
    elif not any(isinstance(each, Branches) for each in pieces) and not every:
        constant = _Layout(pieces, (), limits).render({})
    return Template(
        source=node,
        pieces=pieces,
        reads=frozenset[str]().union(*(each.reads for each in every)),
        actions=frozenset[str]().union(*(each.actions for each in every)),
        constant=constant,
        render=_renderer(pieces, limits) if constant is None else _always(constant),
        refused=refused,
    ), findings


def check_text(template: Template, scope: Scope) -> tuple[Diagnostic, ...]:
    """What is wrong with the expressions of a text in a scope, in reading order.

    Inside `{% if %}` the optional values that its condition asks for are known.
    """
    alone = _single_braces(template.source, template.pieces, scope)
    return in_reading_order((*_check_pieces(template.pieces, scope), *alone))


def _single_braces(node: Scalar, pieces: tuple[Piece, ...], scope: Scope) -> Iterator[Diagnostic]:
    """Facts in single braces, which are shown as they are written."""
    for piece in pieces:
        if isinstance(piece, Branches):
            for way in piece.ways:
                yield from _single_braces(node, way.pieces, scope)
        if not isinstance(piece, Words) or "{" not in piece.text:
            continue
        for found in _IN_BRACES.finditer(piece.text):
            if found.group(1).split(".", 1)[0] in scope.facts:
                start, end = piece.offsets[found.start()], piece.offsets[found.end() - 1] + 1
                words = f"`{found.group()}` is shown as it is written."
                repair = f"Write {{{{ {found.group(1)} }}}} for the value."
                yield finding("U132", spot(node, start, end), words, repair=repair)


def values_shown(pieces: tuple[Piece, ...], scope: Scope) -> Iterator[tuple[Expression, Scope]]:
    """Every expression whose value a text shows, each with what is known where it stands."""
    for piece in pieces:
        match piece:
            case Words():
                pass
            case Hole(expression=expression):
                yield expression, scope
            case ClickPath(parts=parts):
                yield from ((part, scope) for part in parts if isinstance(part, Expression))
            case Branches(ways=ways):
                around = scope
                for way in ways:
                    inside = around
                    if way.condition is not None:
                        checked = check_condition(way.condition, around)
                        inside = around.knowing(checked.when_true)
                        around = around.knowing(checked.when_false)
                    yield from values_shown(way.pieces, inside)
            case _:
                assert_never(piece)


def conditions_of(pieces: tuple[Piece, ...], scope: Scope) -> Iterator[tuple[Expression, Scope]]:
    """Every condition that decides what a text shows, each with what is known where it is asked."""
    for piece in pieces:
        around = scope
        for way in piece.ways if isinstance(piece, Branches) else ():
            inside = around
            if way.condition is not None:
                yield way.condition, around
                checked = check_condition(way.condition, around)
                inside = around.knowing(checked.when_true)
                around = around.knowing(checked.when_false)
            yield from conditions_of(way.pieces, inside)


def expressions(pieces: tuple[Piece, ...]) -> Iterator[Expression]:
    """Every expression in the pieces of a text, in reading order."""
    for piece in pieces:
        match piece:
            case Words():
                pass
            case Hole(expression=expression):
                yield expression
            case ClickPath(parts=parts):
                yield from (part for part in parts if isinstance(part, Expression))
            case Branches(ways=ways):
                for way in ways:
                    if way.condition is not None:
                        yield way.condition
                    yield from expressions(way.pieces)
            case _:
                assert_never(piece)


def _check_pieces(pieces: tuple[Piece, ...], scope: Scope) -> Iterator[Diagnostic]:
    for piece in pieces:
        match piece:
            case Words():
                pass
            case Hole(expression=expression):
                yield from _check_value(expression, scope, in_path=False)
            case ClickPath(parts=parts):
                for part in parts:
                    if isinstance(part, Expression):
                        yield from _check_value(part, scope, in_path=True)
            case Branches(ways=ways):
                yield from _check_ways(ways, scope)
            case _:
                assert_never(piece)


def _check_ways(ways: tuple[Branch, ...], scope: Scope) -> Iterator[Diagnostic]:
    """Each way knows that its own condition holds, and that those before it do not."""
    for way in ways:
        inside = scope
        if way.condition is not None:
            checked = check_condition(way.condition, scope)
            yield from checked.findings
            inside, scope = scope.knowing(checked.when_true), scope.knowing(checked.when_false)
        yield from _check_pieces(way.pieces, inside)


def _check_value(expression: Expression, scope: Scope, in_path: bool) -> Iterator[Diagnostic]:
    """A value that is shown must be there, and be something that can be shown."""
    checked = check_expression(expression, scope, TEXT if in_path else None)
    yield from checked.findings
    kind = checked.type
    if kind is None:
        return
    tree = expression.tree
    words = " ".join(expression.source.text[tree.start : tree.end].split())
    place = expression.place_at(tree.start, tree.end)
    if isinstance(present(kind), SecretType):
        repair = "Pass it to an action; the person who typed it knows it."
        yield finding("U111", place, f"`{words}` is a secret: no text can show it.", repair=repair)
    elif isinstance(kind, OptionalType):
        repair = f"Ask first: {{% if {words} is known %}}, or write {{{{ {words} | default('none') }}}}."
        yield finding("U106", place, f"`{words}` may be unknown.", repair=repair)
    elif in_path and not fits(kind, TEXT):
        message = f"`{words}` is {in_words(kind)}; each part of a click path is text."
        yield finding("U126", place, message, repair="Name a label, or write the text in quotes.")
    elif not showable(kind):
        message = f"`{words}` is {in_words(kind)}, which a text cannot show."
        yield finding("U126", place, message, repair=_show_instead(words, kind))


def _show_instead(words: str, kind: Type) -> str:
    if isinstance(kind, RecordType):
        member = "name" if kind.member("name") is not None else next(iter(kind.names), "name")
        return f"Show a member of it, such as {{{{ {words}.{member} }}}}."
    return "Show how many there are ({{ … | count }}), or ask about them one by one."


def _markup_findings(node: Scalar, pieces: tuple[Piece, ...]) -> Iterator[Diagnostic]:
    """Markup that does not work out, in the words of one level; each branch is looked at by itself."""
    pattern: list[str] = []
    offsets: list[int] = []
    for piece in pieces:
        match piece:
            case Words(text=text, offsets=where):
                pattern.append(text)
                offsets.extend(where)
            case Branches(ways=ways):
                pattern.append(BRANCHES)
                offsets.append(piece.start)
                for way in ways:
                    yield from _markup_findings(node, way.pieces)
            case Hole(expression=expression):
                pattern.append(HOLE)
                offsets.append(expression.tree.start)
            case ClickPath(start=start):
                pattern.append(PATH_START + PATH_END)
                offsets.extend((start, start))
            case _:
                assert_never(piece)
    for each in blemishes("".join(pattern)):
        start, end = offsets[each.start], offsets[each.end - 1] + 1
        message, repair = _BLEMISHES[each.code]
        yield finding(each.code, spot(node, start, end), message, repair=repair)


_BLEMISHES: Final[Mapping[str, tuple[str, str]]] = {
    "U123": (
        "This link does not lead to an https address.",
        "Write [label](https://…), or [label]({{ clinic.login_url }}).",
    ),
    "U124": (
        "This mark has no partner in its paragraph, and is shown as it is.",
        "Write **bold** or `code` with a mark on both sides, or a backslash before the mark.",
    ),
}


def _always(constant: RichText) -> Callable[[Facts], RichText]:
    return lambda facts: constant


def _renderer(pieces: tuple[Piece, ...], limits: Limits) -> Callable[[Facts], RichText]:
    """Decide, fetch the layout, fill it in."""
    if not any(isinstance(piece, Branches) for piece in pieces):
        return _one_layout(pieces, limits)
    decide = _decider(pieces)
    kept: dict[tuple[int, ...], _Layout] = {}

    def render(facts: Facts) -> RichText:
        taken: list[int] = []
        decide(facts, taken)
        key = tuple(taken)
        layout = kept.get(key)
        if layout is None:
            layout = _Layout(pieces, key, limits)
            if len(kept) < LAYOUTS_KEPT:
                kept[key] = layout
        return layout.render(facts)

    return render


def _one_layout(pieces: tuple[Piece, ...], limits: Limits) -> Callable[[Facts], RichText]:
    """A text without branches has one layout, made when it is first shown."""
    kept: list[Callable[[Facts], RichText]] = []

    def render(facts: Facts) -> RichText:
        if not kept:
            kept.append(_Layout(pieces, (), limits).render)
        return kept[0](facts)

    return render


def _decider(pieces: tuple[Piece, ...]) -> Callable[[Facts, list[int]], None]:
    """Appends the number of the way taken at each `{% if %}` that is met."""
    forks = [_fork(piece.ways) for piece in pieces if isinstance(piece, Branches)]

    def decide(facts: Facts, taken: list[int]) -> None:
        for fork in forks:
            fork(facts, taken)

    return decide


def _fork(ways: tuple[Branch, ...]) -> Callable[[Facts, list[int]], None]:
    choices = [
        (number, way.condition.holds if way.condition is not None else None, _decider(way.pieces))
        for number, way in enumerate(ways)
    ]

    def fork(facts: Facts, taken: list[int]) -> None:
        for number, holds, decide in choices:
            if holds is None or holds(facts):
                taken.append(number)
                decide(facts, taken)
                return
        taken.append(-1)

    return fork


def _flat(pieces: tuple[Piece, ...], ways: Iterator[int]) -> Iterator[Piece]:
    """The pieces on the ways that were taken."""
    for piece in pieces:
        if isinstance(piece, Branches):
            taken = next(ways)
            if taken >= 0:
                yield from _flat(piece.ways[taken].pieces, ways)
        else:
            yield piece


class _Layout:
    """One combination of branches, laid out: everything that does not depend on values is made once."""

    def __init__(self, pieces: tuple[Piece, ...], ways: tuple[int, ...], limits: Limits) -> None:
        pattern: list[str] = []
        holes: list[Expression] = []
        for piece in _flat(pieces, iter(ways)):
            _add(piece, pattern, holes)
        self._own_words = [_is_label(each) for each in holes]
        blocks = lay_out("".join(pattern))
        self._evaluate = [each.evaluate for each in holes]
        self._names = _all_at_once(holes)
        self._plain = _plain_pattern(blocks)
        order = _plain_order(blocks)
        self._order = None if order == list(range(len(holes))) else order
        self._blocks = [self._block(block) for block in blocks]
        self._most = limits.output_characters

    def render(self, facts: Facts) -> RichText:
        """The text with the values of the facts."""
        most, order = self._most, self._order
        values = self._values(facts)
        text = self._plain % (values if order is None else tuple([values[number] for number in order]))
        rich = tuple([each if isinstance(each, Block) else each(values) for each in self._blocks])
        return RichText(text, rich) if len(text) <= most else _cut(text, rich, most)

    def _values(self, facts: Facts) -> tuple[str, ...]:
        """The forms of all values. Where they are printable texts straight from the facts, which is the
        commonest case by far, they are looked at all at once: a missing or other one shows by an error."""
        most = self._most
        try:
            values = self._names(facts) if self._names is not None else ()
            if values and (together := "".join(values)).isprintable() and len(together) <= most:
                return values
        except (KeyError, TypeError):
            pass
        return tuple(
            [
                value
                if isinstance(value := evaluate(facts), str) and value.isprintable() and len(value) <= most
                else display(value)[:most]
                for evaluate in self._evaluate
            ]
        )

    def _block(self, block: LaidOut) -> Block | Callable[[tuple[str, ...]], Block]:
        """A block that never changes, or a function of the values."""
        kind = block.kind
        fixed = [None if _varies(run) else _span(run, run.text) for run in block.runs]
        if None not in fixed:
            return Block(kind, tuple([span for span in fixed if span is not None]))
        if any(run.href_hole is not None for run in block.runs):
            return self._block_with_link(block)
        model = [span if span is not None else Span("") for span in fixed]
        values_only: list[tuple[int, int]] = []
        in_style: list[tuple[int, int, Run, bool]] = []
        for place, run in enumerate(block.runs):
            if run.hole is None:
                continue
            own_words = self._own_words[run.hole]
            if own_words or run.strong or run.href:
                in_style.append((place, run.hole, run, own_words))
            else:
                values_only.append((place, run.hole))

        def fill(values: tuple[str, ...]) -> Block:
            spans = model.copy()
            for place, number in values_only:
                spans[place] = Span(values[number], "data")
            for place, number, run, own_words in in_style:
                spans[place] = _filled(run, values[number], own_words)
            return Block(kind, tuple(spans))

        return fill

    def _block_with_link(self, block: LaidOut) -> Callable[[tuple[str, ...]], Block]:
        """A block with a link whose address is a value: no link unless the value is an https address."""

        def fill(values: tuple[str, ...]) -> Block:
            spans: list[Span] = []
            for place, run in enumerate(block.runs):
                text = run.text if run.hole is None else values[run.hole]
                own_words = run.hole is None or self._own_words[run.hole]
                if run.href_hole is None:
                    spans.append(_filled(run, text, own_words))
                    continue
                address = values[run.href_hole]
                linked = is_https(address)
                spans.append(_filled(run, text, own_words, address if linked else ""))
                if not linked and _ends_link(block, place):
                    spans += [Span(" ("), Span(address, "data"), Span(")")]
            return Block(block.kind, tuple(spans))

        return fill


def _add(piece: Piece, pattern: list[str], holes: list[Expression]) -> None:
    """Add a piece to the pattern that is laid out; values leave only a mark."""
    match piece:
        case Words(text=text):
            pattern.append(text)
        case Hole(expression=expression):
            pattern.append(HOLE)
            holes.append(expression)
        case ClickPath(parts=parts):
            marks: list[str] = []
            for part in parts:
                marks.append(part if isinstance(part, str) else HOLE)
                if isinstance(part, Expression):
                    holes.append(part)
            pattern.append(f"{PATH_START}{PATH_JOINT.join(marks)}{PATH_END}")
        case Branches():
            pass
        case _:
            assert_never(piece)


def _all_at_once(holes: list[Expression]) -> Callable[[Facts], tuple[str, ...]] | None:
    """Takes the values of several holes that are all plain facts; raises KeyError if one is missing."""
    names = [each.tree.name for each in holes if isinstance(each.tree, Name)]
    return itemgetter(*names) if 1 < len(names) == len(holes) else None


def _is_label(expression: Expression) -> bool:
    """Whether it names one of the clinic software's own words, which are no data."""
    tree = expression.tree
    return isinstance(tree, Member) and isinstance(tree.of, Name) and tree.of.name == "labels"


def _varies(run: Run) -> bool:
    return run.hole is not None or run.href_hole is not None


def _span(run: Run, text: str) -> Span:
    """The span of the author's own words."""
    bold_markup = run.strong and run.style != "strong"
    return Span(text, run.style, bold_markup, run.href)


def _filled(run: Run, text: str, own_words: bool, href: str = "") -> Span:
    """The span of a run with its value, if it has one."""
    address = href or run.href
    if run.hole is None or own_words:
        style = "plain" if run.style == "link" and not address else run.style
        return Span(text, style, run.strong and style != "strong", address)
    return Span(text, "data", run.strong, address)


def _ends_link(block: LaidOut, place: int) -> bool:
    after = block.runs[place + 1].href_hole if place + 1 < len(block.runs) else None
    return after != block.runs[place].href_hole


def _plain_pattern(blocks: tuple[LaidOut, ...]) -> str:
    """The plain form, with `%s` where a value belongs."""
    lines: list[str] = []
    number = 0
    for block in blocks:
        body = (ARROW if block.kind == "path" else "").join(
            _plain_run(block, place) for place in range(len(block.runs))
        )
        if block.kind != "path":
            number = number + 1 if block.kind == "number" else 0
        marker = {"item": "• ", "number": f"{number}. "}.get(block.kind, "")
        lines.append(marker + body)
    return "\n".join(lines)


def _plain_run(block: LaidOut, place: int) -> str:
    run = block.runs[place]
    text = "%s" if run.hole is not None else run.text.replace("%", "%%")
    if run.href_hole is not None:
        return f"{text} (%s)" if _ends_link(block, place) else text
    last = place + 1 == len(block.runs) or block.runs[place + 1].href != run.href
    return f"{text} ({run.href.replace('%', '%%')})" if run.href and last else text


def _plain_order(blocks: tuple[LaidOut, ...]) -> list[int]:
    """The numbers of the values in the order of the plain form's `%s`."""
    order: list[int] = []
    for block in blocks:
        for place, run in enumerate(block.runs):
            if run.hole is not None:
                order.append(run.hole)
            if run.href_hole is not None and _ends_link(block, place):
                order.append(run.href_hole)
    return order


def _cut(text: str, rich: tuple[Block, ...], most: int) -> RichText:
    """Both forms cut at the limit, with a sign that something is missing."""
    left = most
    blocks: list[Block] = []
    for block in rich:
        spans: list[Span] = []
        for span in block.spans:
            if left > 0:
                spans.append(Span(span.text[:left], span.style, span.strong, span.href))
            left -= len(span.text)
        if left <= 0:
            blocks.append(Block(block.kind, (*spans, Span(CUT))))
            break
        blocks.append(Block(block.kind, tuple(spans)))
    return RichText(text[:most] + CUT, tuple(blocks))
