"""The written conversations come to a change that the clinic's system cannot do, or refuses: from there on
the way by hand is offered, nothing is taken for done, and every way on comes to an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from random import Random

import pytest

from adapters.clinic.actions import CATALOG
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.not_told import NOT_TOLD, not_known
from adapters.clinic.port import ActionFailed, CallContext
from adapters.flowdir import read_flows, shipped_flows
from adapters.library import Library
from adapters.replay.replay_file import Replay
from adapters.replaying import load_replay
from adapters.staging import DriverStage, people_for
from adapters.view import View
from adapters.wiring import open_library
from engine import Audience, Effect, Failure, Value

CHANGES = sorted(name for name, action in CATALOG.actions.items() if action.effect is not Effect.READ)
MODES = (
    "lacking",
    Failure.FORBIDDEN.value,
    pytest.param(Failure.UNSUPPORTED.value, marks=pytest.mark.soak),
)
# These have a way by hand in the help article; it is told as a path through the software.
WITH_A_PATH = frozenset(
    {"set_portal_settings", "send_invitation", "set_temporary_password", "record_consent"}
)
OFFICE = (Audience.AGENT, Audience.ADMIN)
# No flow calls them.
UNUSED = frozenset({"reset_mfa", "withdraw_consent"})
MOST_MOVES = 40


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


@cache
def replays(library: Library) -> tuple[Replay, ...]:
    read = (load_replay(path, library)[0] for path in read_flows([shipped_flows()]).replays)
    return tuple(replay for replay in read if replay is not None)


def leading_to(action: str, library: Library) -> Iterator[tuple[Replay, int]]:
    """Replays that come to this call by answers only, one for each flow, and at which turn they do."""
    flows = set[str]()
    for replay in replays(library):
        done = ((n, turn) for n, turn in enumerate(replay.turns) if turn.kind == "did")
        calls = [n for n, turn in done if turn.name == action and not turn.error]
        before = replay.turns[: calls[0]] if calls else ()
        plain = all(turn.kind in ("ask", "did") and not turn.fault and not turn.problem for turn in before)
        if calls and plain and replay.flow not in flows:
            flows.add(replay.flow)
            yield replay, calls[0]


@contextmanager
def without(action: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let every embedded clinic lack or refuse the action; how often it was asked for it all the same."""
    perform, able = EmbeddedClinic.perform, EmbeddedClinic.capabilities
    refused: list[str] = []

    def performed(self: EmbeddedClinic, name: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if name != action:
            return perform(self, name, args, context)
        refused.append(context.key)
        failure = Failure.UNSUPPORTED if mode == "lacking" else Failure(mode)
        raise ActionFailed(failure, "This clinic's system does not do this.")

    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedClinic, "perform", performed)
        if mode == "lacking":
            patched.setattr(EmbeddedClinic, "capabilities", lambda self: able(self) - {action})
        yield refused


READS = (
    "get_account",
    "get_invitation",
    "get_delivery",
    "get_portal_settings",
    "get_consent",
    "next_video_session",
    "last_email_change",
)


@pytest.mark.parametrize("flow", ["email-not-received", "video-session"])
@pytest.mark.parametrize("action", READS)
def test_what_the_system_does_not_tell_stops_nobody(
    action: str, flow: str, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of the article goes on with what people say, never with "try again" about what cannot be."""
    perform, able = EmbeddedClinic.perform, EmbeddedClinic.capabilities

    def performed(self: EmbeddedClinic, name: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if name != action:
            return perform(self, name, args, context)
        if name in NOT_TOLD:
            return not_known(name, args)
        raise ActionFailed(Failure.UNSUPPORTED, "This clinic's system does not do this.")

    monkeypatch.setattr(EmbeddedClinic, "perform", performed)
    monkeypatch.setattr(EmbeddedClinic, "capabilities", lambda self: able(self) - {action} | NOT_TOLD)
    plain = [
        replay
        for replay in replays(library)
        if replay.flow == flow
        and replay.audience in OFFICE
        and not any(turn.fault or turn.problem or turn.error for turn in replay.turns)
    ]
    for number, replay in enumerate(plain[:2]):
        folder = tmp_path / str(number)
        folder.mkdir()
        random = Random(f"{action} {replay.flow} {number}")
        with closing(DriverStage(replay, people_for(replay)[0], library, folder)) as stage:
            view = stage.start()
            said = [turn for turn in replay.turns if turn.kind == "ask"]
            for _ in range(MOST_MOVES // 2):
                if view.prompt is None:
                    break
                assert "system cannot do this" not in told(view), (replay.flow, view.prompt.id)
                if said and view.prompt.id.endswith(said[0].name) and view.problem is None:
                    view = stage.answer(said[0].answer, said[0].by)
                    said = said[1:]
                else:
                    said = []
                    view = stage.answer(fitting(view, random))


def fitting(view: View, random: Random) -> Value:
    assert view.prompt is not None
    ids = [choice.id for choice in view.prompt.choices]
    if ids:
        return [random.choice(ids)] if view.prompt.kind == "several" else random.choice(ids)
    words = {"email": "new.address@post.example", "date": "1990-01-01", "number": 1, "yes-no": "yes"}
    return words.get(view.prompt.kind, "Four unrelated words here")


def told(view: View) -> str:
    prompt = view.prompt
    choices = [str(choice.label) for choice in prompt.choices] if prompt is not None else []
    asked = str(prompt.text) if prompt is not None else ""
    return " ".join([*(str(said.text) for said in view.say), asked, *choices])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("action", [name for name in CHANGES if name not in UNUSED])
def test_there_is_another_way(
    action: str, mode: str, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = list(leading_to(action, library))
    assert ways
    for replay, turn in ways:
        folder = tmp_path / replay.flow
        folder.mkdir()
        with (
            without(action, mode, monkeypatch) as refused,
            closing(DriverStage(replay, people_for(replay)[0], library, folder)) as stage,
        ):
            view = stage.start()
            seen = [view]
            for expected in replay.turns[:turn]:
                if expected.kind != "ask" or view.prompt is None or view.problem is not None:
                    continue
                if not view.prompt.id.endswith(expected.name):
                    break
                view = stage.answer(expected.answer, expected.by)
                seen.append(view)
            # Refused, it has been asked for once; lacking, most flows do not even offer it.
            assert len(refused) == 1 or (mode == "lacking" and len(refused) == 0), (replay.flow, view)
            if view.end is not None and view.end.outcome == "solved":
                assert any(did.outcome == "confirmed" for each in seen for did in each.did), replay.flow
            if action in WITH_A_PATH and replay.audience in OFFICE:
                texts = " ".join(told(each) for each in seen)
                assert " → " in texts or "colleague" in texts, (replay.flow, texts)
            goes_on(stage, view, Random(f"{action} {mode} {replay.flow}"))
            assert len(refused) == len(set(refused))


def goes_on(stage: DriverStage, view: View, random: Random) -> None:
    """Whatever is chosen, it ends, or can be given up."""
    for _ in range(MOST_MOVES):
        if view.prompt is None:
            break
        view = stage.answer(fitting(view, random))
    if view.end is None and view.reveal is None:
        assert stage.stop().end is not None
