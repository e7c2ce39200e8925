"""What a turn looks like: the parts of a view as rows. Draws nothing itself, and reads no answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec

from adapters.console.addresses import texts_of, warning_rows
from adapters.console.layout import BLANK, Fragment, Row, row
from adapters.console.theme import Marks
from adapters.view import View
from engine import FAILURES, Block, Choice, Did, Finish, Outcome, Prompt, Reveal, RichText, Span

ENDINGS = {
    Outcome.SOLVED: ("Solved.", "done"),
    Outcome.ESCALATED: ("Handed over.", "unknown"),
    Outcome.ABANDONED: ("Not solved.", "failed"),
    Outcome.STOPPED: ("Stopped.", "failed"),
}


class Heading(msgspec.Struct, frozen=True):
    """What stands above a conversation: the flow's title, and what tells this session from others."""

    title: str
    facts: tuple[str, ...] = ()


def heading_rows(heading: Heading, marks: Marks, width: int) -> list[Row]:
    """The lines above a conversation."""
    facts = f" {marks.dot} ".join(fact for fact in heading.facts if fact)
    rows = [BLANK, row(heading.title, "title")]
    rows += [row(facts, "faint")] if facts else []
    return [*rows, row(marks.line * width, "faint")]


def news_rows(view: View, marks: Marks) -> list[Row]:
    """Everything of a turn but its prompt: what was done and said, what is to know, how it ended."""
    rows: list[Row] = []
    if view.did:
        rows += [BLANK, *(_did_row(did, marks) for did in view.did)]
    if any(said.text for said in view.say):
        rows += [
            BLANK,
            *said_rows(view.say, marks),
            *_set_apart(warning_rows(said.text for said in view.say)),
        ]
    if view.info:
        rows += info_rows(view.info)
    if view.problem is not None:
        rows += [BLANK, *problem_rows(view.problem.text, marks)]
    if view.reveal is not None:
        rows += [BLANK, _reveal_row(view.reveal)]
    if view.end is not None:
        rows += [BLANK, *_end_rows(view.end, marks)]
    return rows


def info_rows(info: str) -> list[Row]:
    """What was asked about the conversation, one reason a line."""
    return [BLANK, *(row(line, "info", "  ") for line in info.splitlines())]


def question_rows(prompt: Prompt, marks: Marks) -> list[Row]:
    """The question of a prompt, without its choices."""
    rows = [BLANK, *_rich_rows(prompt.text, marks, (("", "  "),), "question")]
    if prompt.hint:
        rows.append(row(prompt.hint, "faint", "  "))
    rows += _set_apart(warning_rows(texts_of(prompt)))
    # Long questions end in a list or a click path, which the choices must not run into.
    return [*rows, BLANK] if len(prompt.text.rich) > 1 else rows


def _set_apart(rows: list[Row]) -> list[Row]:
    """The rows with an empty one before them, if there are any."""
    return [BLANK, *rows] if rows else []


def choice_rows(
    number: int, choice: Choice, marks: Marks, *, pointed: bool = False, tick: bool | None = None
) -> list[Row]:
    """One numbered choice with what tells it apart and what choosing it does. `tick` is for choices of
    which several can be taken."""
    pointer = marks.pointer if pointed else " " * len(marks.pointer)
    box = "" if tick is None else (marks.ticked if tick else marks.unticked) + " "
    first: tuple[Fragment, ...] = (("mine", f" {pointer}"), ("number", f"{number:>2}  "), ("", box))
    label: list[Fragment] = [("chosen" if pointed else "", choice.label)]
    if choice.detail:
        label.append(("faint", f"  {choice.detail}"))
    rows = [Row(tuple(label), first)]
    if choice.effect:
        rows.append(row(choice.effect, "effect", f"      {marks.effect} ", "effect"))
    return rows


def problem_rows(text: str, marks: Marks) -> list[Row]:
    """Why an answer did not move the conversation."""
    return [row(line, "problem", "! ", "problem") for line in text.splitlines()]


def answer_rows(echo: str, marks: Marks) -> list[Row]:
    """What the person answered."""
    return [row(echo, "mine", f"  {marks.prompt} ", "mine")]


def said_rows(said: Iterable[RichText], marks: Marks) -> list[Row]:
    """What unstuck says, left of it a rule."""
    rule = (("rule", f"{marks.rule} "),)
    rows: list[Row] = []
    for text in said:
        if rows:
            rows.append(Row((), rule))
        rows += _rich_rows(text, marks, rule, "")
    return rows


def _rich_rows(text: RichText, marks: Marks, before: tuple[Fragment, ...], style: str) -> list[Row]:
    """The blocks of a text, each line behind `before`."""
    blocks: Sequence[Block] = text.rich or tuple(
        Block("paragraph", (Span(line),)) for line in text.text.splitlines()
    )
    rows: list[Row] = []
    number = 0
    for place, block in enumerate(blocks):
        number = number + 1 if block.kind == "number" else 0
        if place and (block.kind, blocks[place - 1].kind) in _APART:
            rows.append(Row((), before))
        rows.append(_block_row(block, number, marks, before, style))
    return rows


_KINDS = ("paragraph", "item", "number", "path")
_APART = {(one, other) for one in _KINDS for other in _KINDS if one != other or one == "paragraph"}


def _block_row(block: Block, number: int, marks: Marks, before: tuple[Fragment, ...], style: str) -> Row:
    match block.kind:
        case "paragraph":
            asks = block.spans and block.spans[-1].text.rstrip().endswith("?")
            return Row(_fragments(block.spans, style if asks else ""), before, before)
        case "item":
            return _hanging(_fragments(block.spans, style), before, ("rule", f"{marks.bullet} "))
        case "number":
            return _hanging(_fragments(block.spans, style), before, ("number", f"{number}. "))
        case "path":
            return _hanging(_clicks(block.spans, marks), before, ("arrow", f"  {marks.path} "))
        case _:
            assert_never(block.kind)


def _hanging(text: tuple[Fragment, ...], before: tuple[Fragment, ...], sign: Fragment) -> Row:
    """A row whose sign stands out, with `before` left of every line."""
    return Row(text, (*before, sign), (*before, ("", " " * len(sign[1]))))


def _fragments(spans: Iterable[Span], style: str) -> tuple[Fragment, ...]:
    """Spans in the console's styles; a link shows where it leads."""
    fragments: list[Fragment] = []
    for span in spans:
        own = "strong" if span.strong else {"plain": style}.get(span.style, span.style)
        fragments.append((own, span.text))
        if span.href and span.href != span.text:
            fragments.append(("link", f" ({span.href})"))
    return tuple(fragments)


def _clicks(spans: Sequence[Span], marks: Marks) -> tuple[Fragment, ...]:
    """A click path: each place to click, the arrow behind it so that no line begins with one."""
    fragments: list[Fragment] = []
    for place, span in enumerate(spans):
        fragments.append(("step", span.text))
        if place + 1 < len(spans):
            fragments += [("", " "), ("arrow", marks.arrow), ("", " ")]
    return tuple(fragments)


def _did_row(did: Did, marks: Marks) -> Row:
    sign, style = {
        "confirmed": (marks.done, "done"),
        "reconciled": (marks.done, "done"),
        "rejected": (marks.failed, "failed"),
        "unknown": (marks.unknown, "unknown"),
    }[did.outcome]
    text = did.text or did.action.replace("_", " ").capitalize()
    if did.error is not None and not did.text:
        text = f"{text}: {FAILURES[did.error].sentence}"
    return row(text, "", f"{sign} ", style)


def _reveal_row(reveal: Reveal) -> Row:
    return row(f"{reveal.label} is ready to be shown once.", "info", "  ")


def _end_rows(end: Finish, marks: Marks) -> list[Row]:
    word, style = ENDINGS[end.outcome]
    sign = marks.done if end.outcome is Outcome.SOLVED else marks.dot
    rows = [row(word, style, f"{sign} ", style)]
    return [*rows, *_rich_rows(end.text, marks, (("", "  "),), "")] if end.text.text else rows
