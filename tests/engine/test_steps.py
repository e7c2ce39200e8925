"""Every step kind and rule of the language at work: conversations as data, played to the end.

A case is a flow (the first, and those it visits), what its calls come back with, and the conversation line by
line: what is shown, and behind `>` what the person does. Answers are YAML; `back`, `resume`, `stop` and
`note` stand behind `>>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
import yaml

from engine.actions import Failure
from engine.effects import Call
from engine.events import Allow, Deny, Method, NeedConfirmation, NeedEvidence, Verdict
from engine.values import Value
from tests.engine.play import (
    DID_NOT_HAPPEN,
    Fails,
    Play,
    Response,
    Vanishes,
    Works,
    flow_of,
    happened,
    result_of,
)

CASES: Final = Path(__file__).parent.parent / "cases" / "flows"
Case = Mapping[str, object]
VERDICTS: Final[Mapping[str, Verdict]] = {
    "allow": Allow(),
    "deny": Deny("The policy of this clinic says no."),
    "confirm": NeedConfirmation(),
    "evidence": NeedEvidence((Method("call-back", "Called back"),), "Who is calling must be known first."),
}


def cases() -> list[tuple[str, Case]]:
    """Every case of every file, with its name."""
    found: list[tuple[str, Case]] = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            found.append((f"{path.stem}: {case['case']}", case))
    return found


def outcome(action: str, written: object) -> Response:
    """What a case writes about a call: the members of its result, or how it goes wrong."""
    if not isinstance(written, dict):
        return Works(result_of(action) if written is None else value(written))
    if "fails" in written:
        part = result_of(action) if written.get("part") else None
        return Fails(Failure(written["fails"]), written.get("message", ""), part, written.get("retry_after"))
    if "lost" in written:
        done = happened(result_of(action))
        looks = {"happened": done, "did-not": DID_NOT_HAPPEN, "cannot-tell": Vanishes()}
        return looks[written["lost"]]
    return Works(result_of(action, **{name: value(each) for name, each in written.items()}))


def value(written: object) -> Value:
    """Plain data read from YAML."""
    match written:
        case None | bool() | int() | float() | str():
            return written
        case list():
            return [value(each) for each in written]
        case dict():
            return {str(name): value(each) for name, each in written.items()}
    raise TypeError(written)


def texts(written: object) -> list[str]:
    """A list of texts read from YAML."""
    assert isinstance(written, list)
    return [str(each) for each in written]


class Gates:
    """The gates of a case: verdicts by action, in order, the last one for good."""

    def __init__(self, written: object) -> None:
        given = written if isinstance(written, dict) else {}
        self._left = {str(name): texts(each) for name, each in given.items()}

    def __call__(self, call: Call) -> Verdict:
        verdicts = self._left.get(call.action, ["allow"])
        return VERDICTS[verdicts.pop(0) if len(verdicts) > 1 else verdicts[0]]


def played(case: Case) -> list[str]:
    """The conversation of a case as it really goes."""
    flow = flow_of(*texts(case["flows"]))
    calls = case.get("calls", {})
    assert isinstance(calls, dict)
    script = {name: [outcome(name, each) for each in outcomes] for name, outcomes in calls.items()}
    allowed = frozenset(texts(case["allowed"])) if "allowed" in case else None
    play = Play(flow, script, Gates(case.get("gates")), allowed=allowed, begin=False)
    lines = play.do(play.started)
    for line in texts(case["talk"]):
        if line.startswith(">"):
            lines += [line, *said(play, line)]
    return lines


def said(play: Play, line: str) -> list[str]:
    """What follows from something the person does."""
    if not line.startswith(">>"):
        return play.answer(value(yaml.safe_load(line.removeprefix(">"))))
    match line.removeprefix(">>").strip():
        case "back":
            return play.back()
        case "resume":
            return play.resume()
        case "stop":
            return play.stop()
        case words if words.startswith("change "):
            return play.change(words.removeprefix("change "))
        case _:
            return play.note("ok")


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in cases()])
def test_a_conversation_goes_as_it_is_written(case: Case) -> None:
    assert played(case) == texts(case["talk"])
