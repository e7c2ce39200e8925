"""One turn as every surface gets it: what was said and done, and the question that waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from adapters import turn_json
from engine import (
    Ask,
    Block,
    Did,
    EngineEffect,
    Finish,
    Given,
    Problem,
    Prompt,
    Reveal,
    RichText,
    Say,
    Span,
    plain,
)

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class View(msgspec.Struct, frozen=True):
    """A turn. `seq` is the number of the question that waits (or of the last one); at most one of `prompt`,
    `reveal` and `end` is there; `info` answers a question about the conversation itself, `answered` the one
    for the answers that can be changed."""

    session: str
    seq: int
    say: tuple[RichText, ...] = ()
    did: tuple[Did, ...] = ()
    prompt: Prompt | None = None
    reveal: Reveal | None = None
    info: str | None = None
    problem: Problem | None = None
    end: Finish | None = None
    answered: tuple[Given, ...] | None = None


def view_of(session: str, seq: int, effects: Iterable[EngineEffect], info: str | None = None) -> View:
    """The turn that these effects make up."""
    say: list[RichText] = []
    did: list[Did] = []
    prompt: Prompt | None = None
    reveal: Reveal | None = None
    problem: Problem | None = None
    end: Finish | None = None
    for effect in effects:
        match effect:
            case Say(text=text):
                say.append(text)
            case Did():
                did.append(effect)
            case Ask(prompt=asked):
                prompt = asked
            case Reveal():
                reveal = effect
            case Problem():
                problem = effect
            case Finish():
                end, prompt = effect, None
            case _:
                continue
    return View(session, seq, tuple(say), tuple(did), prompt, reveal, info, problem, end)


def as_json(view: View) -> dict[str, Json]:
    """The turn as a JSON object; keys without a value are null, or left out where that is usual."""
    turn: dict[str, Json] = {
        "session": view.session,
        "seq": view.seq,
        "say": [_text(text) for text in view.say],
        "did": [_did(did) for did in view.did],
        "prompt": _prompt(view.prompt) if view.prompt is not None else None,
        "end": _end(view.end) if view.end is not None else None,
    }
    if view.reveal is not None:
        turn["reveal"] = {"id": view.reveal.id, "label": view.reveal.label}
    if view.info is not None:
        turn["info"] = view.info
    if view.answered is not None:
        turn["answered"] = [msgspec.to_builtins(given) for given in view.answered]
    if view.problem is not None:
        turn["problem"] = {"code": view.problem.code, "text": view.problem.text}
    return turn


def _text(text: RichText) -> Json:
    return {"text": text.text, "rich": [_block(block) for block in text.rich]}


def _block(block: Block) -> Json:
    return {"kind": block.kind, "spans": [_span(span) for span in block.spans]}


def _span(span: Span) -> Json:
    plain: Json = msgspec.to_builtins(span)
    return plain


def _did(did: Did) -> Json:
    told: dict[str, Json] = {"action": did.action, "outcome": did.outcome, "text": did.text}
    if did.error is not None:
        told["error"] = did.error.value
    return told


def _prompt(prompt: Prompt) -> Json:
    asked: dict[str, Json] = {
        "id": prompt.id,
        "step": prompt.step,
        "kind": prompt.kind,
        "text": prompt.text.text,
        "rich": [_block(block) for block in prompt.text.rich],
    }
    if prompt.choices:
        asked["choices"] = [msgspec.to_builtins(choice) for choice in prompt.choices]
    if prompt.optional:
        asked["optional"] = True
    if prompt.hint:
        asked["hint"] = prompt.hint
    if prompt.twice:
        asked["twice"] = True
    if prompt.least:
        asked["least"] = prompt.least
    return asked


def _end(end: Finish) -> Json:
    return {"outcome": end.outcome.value, "text": end.text.text}


def view_from(data: bytes | str) -> View:
    """The turn that `as_json` wrote. Raises msgspec.ValidationError or DecodeError for anything else."""
    turn = msgspec.json.decode(data, type=turn_json.Turn)
    asked = turn.prompt
    prompt = None
    if asked is not None:
        text = RichText(asked.text, asked.rich)
        how = (asked.optional, asked.hint, asked.twice, asked.least)
        prompt = Prompt(asked.id, asked.step, turn.seq, asked.kind, text, asked.choices, *how)
    return View(
        turn.session,
        turn.seq,
        turn.say,
        tuple(Did(each.action, each.outcome, each.error, each.text) for each in turn.did),
        prompt,
        Reveal(turn.reveal.id, turn.reveal.label) if turn.reveal is not None else None,
        info=turn.info,
        problem=Problem(turn.problem.code, turn.problem.text) if turn.problem is not None else None,
        end=Finish(turn.end.outcome, plain(turn.end.text)) if turn.end is not None else None,
        answered=turn.answered,
    )
