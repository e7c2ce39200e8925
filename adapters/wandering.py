"""Random conversations with everything around them: a world for each, what must hold, and the shortest one
that shows where it does not, as a replay.

Needs hypothesis, which finds and shrinks them. Chooses concrete parts, as `replaying` does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.clinic.people_file import sample_people
from adapters.library import Library
from adapters.problems import PlainProblem
from adapters.replay.heard import Heard, HeardTurn, heard
from adapters.replay.port import StageFailed
from adapters.replay.promises import broken_promises
from adapters.replay.replay_file import NOW, Replay, read_replay
from adapters.replay.replay_writer import replay_text
from adapters.replay.transcribing import SECRET, StandIns, transcribed
from adapters.replay.wandering import Around, Chance, Wanderer, around
from adapters.staging import DriverStage
from engine import Audience, Event, Source, Value, secret_id

try:
    import hypothesis
    from hypothesis import HealthCheck, Phase
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise PlainProblem(
        f"Random conversations need {error.name}, which is not installed.",
        "Install it with `pip install 'unstuck[random]'`.",
    ) from None

MOVES = 25
"""How many moves a conversation has at most."""

_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Wandered(msgspec.Struct, frozen=True):
    """What came of random conversations: how many were held, what did not hold in the shortest one found
    (empty: everything held), and that one as the text of a replay."""

    held: int
    broken: tuple[str, ...] = ()
    replay: str = ""


class _Broken(Exception):
    """Something did not hold."""

    def __init__(self, found: Wandered) -> None:
        self.found = found
        super().__init__("\n".join(found.broken))


class _Drawn:
    """Chance from hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def below(self, number: int) -> int:
        """See `Chance.below`."""
        return self._data.draw(st.integers(0, number - 1))


def wander(
    library: Library,
    number: int,
    seed: int,
    flows: tuple[str, ...] = (),
    told: Callable[[int], None] = lambda held: None,
) -> Wandered:
    """Hold so many random conversations, in these flows or in all that can be started; `told` hears how many
    were held so far. The same seed gives the same ones."""
    surroundings = surrounding(library, flows)
    held = 0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(st.data())
    def each(data: st.DataObject) -> None:
        nonlocal held
        held += 1
        told(held)
        conversation(_Drawn(data), library, surroundings)

    try:
        each()
    except _Broken as broken:
        return msgspec.structs.replace(broken.found, held=held)
    return Wandered(held)


def saved(found: Wandered, seed: int) -> Path:
    """Write the replay that was found into a new file here. Raises PlainProblem."""
    for number in range(1, 1_000):
        path = Path(f"random-{seed}{'' if number == 1 else f'-{number}'}.replay.yaml")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(found.replay)
        except FileExistsError:
            continue
        except OSError as error:
            advice = "Go to a folder you can write to."
            raise PlainProblem(f"{path} cannot be written ({error.strerror}).", advice) from error
        return path
    raise PlainProblem("There are too many saved conversations here.", "Remove those you do not need.")


def conversation(chance: Chance, library: Library, everywhere: Around) -> None:
    """Hold one random conversation. Raises _Broken if something did not hold in it."""
    wanderer = Wanderer(chance, everywhere, MOVES)
    flow, audience = wanderer.start()
    replay = _replay(flow, audience)
    with (
        tempfile.TemporaryDirectory(prefix="unstuck-random-") as folder,
        closing(DriverStage(replay, sample_people(), library, Path(folder))) as stage,
    ):
        broken: list[str] = []
        try:
            view = wanderer.wander(stage)
            if view.end is None and (left := stage.stop()).end is None and left.reveal is None:
                broken.append("It cannot be given up.")
        except (StageFailed, PlainProblem) as problem:
            broken.append(str(problem))
        except Exception as error:
            broken.append(f"It broke off: {type(error).__name__}: {error}")
        found = _looked_over(stage, library, flow, broken)
    if found.broken:
        raise _Broken(found)


def _looked_over(stage: DriverStage, library: Library, name: str, broken: list[str]) -> Wandered:
    flow = library.flow(name)
    for session in stage.store.sessions(1):
        events = [_DECODER.decode(body) for _, body in stage.store.events(session.session)]
        kept = stage.store.load(session.session).state
        broken += broken_promises(flow, events, kept, stage.calls(), stage.allowed_calls)
        if broken:
            text = _text(heard(flow, events), broken)
            return Wandered(1, tuple(broken), text)
    return Wandered(1, tuple(broken))


def _text(heard_of: Heard, broken: list[str]) -> str:
    """The conversation as a replay; nobody in it is real, so that everything stands as it was said."""
    replay: dict[str, Value] = {
        "replay": f"random: {broken[0]}",
        "flow": heard_of.started.flow,
        "as": heard_of.started.audience.value,
        "clinic": "sample",
        "turns": list(transcribed(heard_of, StandIns(_as_said), passing=True)),
        "end": heard_of.end or "open",
    }
    return replay_text(replay, ("Found by random conversations. What did not hold:", *broken))


def _as_said(turn: HeardTurn) -> Value:
    if secret_id(turn.answer) is not None or (turn.prompt is not None and turn.prompt.kind == "secret"):
        return SECRET if not turn.problem else "x"
    return turn.answer


def _replay(flow: str, audience: Audience) -> Replay:
    """A replay that says only where to begin."""
    text = f"replay: random\nflow: {flow}\nas: {audience.value}\nnow: {NOW}\nturns: []\nend: open\n"
    replay, findings = read_replay(Source("random.replay.yaml", text), CATALOG)
    if replay is None:
        raise PlainProblem(f"No conversation can be begun in {flow!r}: {findings[0]}")
    return replay


def surrounding(library: Library, flows: tuple[str, ...]) -> Around:
    """What there is to choose from in these flows, or in all that can be started."""
    names = [client.name for client in sample_people().clients]
    offered = [(name, info.audience) for name, info in library.flows.items() if not flows or name in flows]
    return around(offered, names, CATALOG)
