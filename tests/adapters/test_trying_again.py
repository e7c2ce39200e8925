"""Reads that do not come through are tried again within their deadline; what changes something never is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.clinic.port import ActionFailed, CallContext
from adapters.trying_again import TryingAgain
from engine import Failure, Value
from tests.adapters.small_desk import Perform, SmallClinic, small_desk


@pytest.mark.parametrize(
    ("answer", "failures", "asked", "tries"),
    [
        ("look", [ActionFailed(Failure.UNAVAILABLE, "No.")] * 2, "seen", 3),
        ("look", [ActionFailed(Failure.UNAVAILABLE, "No.")] * 3, "looking!error", 3),
        ("look", [ActionFailed(Failure.RATE_LIMITED, "No.", retry_after=2)], "seen", 2),
        ("look", [ActionFailed(Failure.RATE_LIMITED, "No.", retry_after=60)], "looking!error", 1),
        ("look", [ActionFailed(Failure.CONFLICT, "No.")], "looking!error", 1),
        ("send", [ActionFailed(Failure.UNAVAILABLE, "No.")], "sending!error", 1),
    ],
)
def test_only_reads_are_tried_again_while_there_is_time(
    tmp_path: Path, answer: str, failures: list[ActionFailed], asked: str, tries: int
) -> None:
    left, made, pauses = list(failures), list[str](), list[float]()

    def during(perform: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        made.append(action)
        if left:
            raise left.pop(0)
        return perform(action, args, context)

    again = TryingAgain(lambda: 1.0, pauses.append)
    with small_desk(tmp_path, SmallClinic(during=during), again=again) as desk:
        view = desk.driver.answer(desk.begin(), answer)
        assert view.prompt is not None
        assert (view.prompt.step, len(made), len(pauses)) == (asked, tries, tries - 1)


def test_pauses_grow_vary_and_are_no_shorter_than_asked_for() -> None:
    down, busy = ActionFailed(Failure.UNAVAILABLE, "No."), ActionFailed(Failure.RATE_LIMITED, "No.", None, 3)
    least, most = TryingAgain(lambda: 0.0, lambda _: None), TryingAgain(lambda: 1.0, lambda _: None)
    assert [each.pause(tried, down, 9.0) for each in (least, most) for tried in (1, 2, 3)] == [
        *(0.1, 0.2, None),
        *(0.2, 0.4, None),
    ]
    assert (most.pause(1, busy, 9.0), most.pause(1, busy, 2.0)) == (3.0, None)
