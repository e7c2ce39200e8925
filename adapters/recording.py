"""Turns a conversation that is kept into a replay, and looks whether the replay goes the same way.

Chooses concrete parts, as `replaying` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec

from adapters.clinic.fixture import Fixture
from adapters.clinic.met import Meeting
from adapters.library import Library
from adapters.problems import PlainProblem
from adapters.replay.heard import Heard, HeardTurn, heard, one_after_another
from adapters.replay.replay_file import NOW, plain_value
from adapters.replay.replay_writer import replay_text
from adapters.replay.transcribing import OTHER, SECRET, StandIns, transcribed
from adapters.replaying import failure_text, run_text
from adapters.staging import ACTOR
from adapters.stores.port import Store
from engine import Audience, Effect, Event, Flow, OutOfTurn, Prompt, Source, Traced, Value, read, secret_id

COLLEAGUE = "colleague"
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)

_REFUSED: Mapping[str, Value] = {
    "empty": "",
    "too_short": "x",
    "too_common": "password",
    "not_typed": "a tab \t is not typed",
    "too_few": [],
    "too_small": "-999999999",
    "too_large": "999999999",
}
"""What is refused for the same reason as what was typed; for other reasons `OTHER` is."""


class Recording(msgspec.Struct, frozen=True):
    """A recorded replay. `parted` says where holding it goes otherwise than the conversation went; empty
    where it goes the same way."""

    text: str
    parted: str


def record(
    store: Store,
    library: Library,
    session: str,
    path: str,
    policy: Source | None = None,
    after: Sequence[str] = (),
) -> Recording:
    """The replay of one session; `path` is where it will be, for the places in what is said of it, `policy`
    the clinic's own policy, if there is one, and `after` are sessions that come before it in the replay.

    Raises UnknownSession, and PlainProblem if the session cannot be read.
    """
    flow, heard_of = _heard(store, library, session)
    for earlier in reversed(after):
        heard_of = one_after_another(_heard(store, library, earlier)[1], heard_of)
    return recorded(flow, heard_of, library, path, _without_people(policy))


def _heard(store: Store, library: Library, session: str) -> tuple[Flow, Heard]:
    kept = store.load(session)
    flow = library.revive(kept.flow, kept.version, lambda: store.load_version(kept.version))
    try:
        return flow, heard(flow, (_DECODER.decode(body) for _, body in store.events(session)))
    except (msgspec.MsgspecError, OutOfTurn, ValueError):
        raise PlainProblem(
            f"The conversation {session} was kept by another version of unstuck.",
            "Record it with the version that held it.",
        ) from None


def recorded(
    flow: Flow, heard_of: Heard, library: Library, path: str, policy: dict[str, Value] | None = None
) -> Recording:
    """The replay of a conversation. Time passes in it only where it goes another way without that."""
    writing = _Writing(flow, heard_of, policy or {})
    text = writing.text(passing=False)
    if not _parted(text, library, path, heard_of):
        return Recording(text, "")
    text = writing.text(passing=True)
    return Recording(text, _parted(text, library, path, heard_of))


def _parted(text: str, library: Library, path: str, heard_of: Heard) -> str:
    """Where the replay goes otherwise than the conversation went, in words."""
    walked: list[list[tuple[str, str, str]]] = []

    def watch(_: str, flow: Flow, trace: tuple[Traced, ...]) -> None:
        walked.append(list(_way(trace)))

    try:
        outcome = run_text(text, path, library, watch)
    except PlainProblem as problem:
        return str(problem)
    if not outcome.passed:
        return failure_text(outcome)
    wanted = sorted(list(_way(trace)) for trace in heard_of.traces)
    if sorted(walked) == wanted:
        return ""
    pairs = zip(chain(*wanted), chain(*sorted(walked)), strict=False)
    there = next((one for one, other in pairs if one != other), wanted[-1][-1])
    return f"It goes another way than the conversation did at the step {there[0]} of the flow {there[1]}."


def _way(trace: Iterable[Traced]) -> Iterator[tuple[str, str, str]]:
    """The steps of a way, and where it went from each; whether words are personal does not matter here."""
    for each in trace:
        if each.kind != "answer":
            yield each.path, each.flow, f"{each.kind} {each.way} {each.to}"


class _Writing:
    """A conversation on its way into a replay."""

    def __init__(self, flow: Flow, heard_of: Heard, policy: dict[str, Value]) -> None:
        self._flow = flow
        self._policy = policy
        self._heard = heard_of
        self._began = datetime.fromisoformat(heard_of.started.at)
        meeting = Meeting()
        for call in heard_of.calls:
            at = datetime.fromisoformat(call.at)
            meeting.take(call.action, call.args, call.result, at, _asked(heard_of, call.turns))
        self._meeting = meeting
        # Whom a practitioner has met is a client of theirs.
        theirs = (ACTOR,) if heard_of.started.audience is Audience.PRACTITIONER else ()
        self._fixture = Fixture(meeting, self._began, theirs)
        self._clinic = self._fixture.people()
        self._people: dict[str, str] = {heard_of.started.actor: ACTOR}

    def text(self, passing: bool) -> str:
        """The replay; with `passing` the time goes on in it as it did."""
        began = self._heard.started.at
        stand_ins = StandIns(self._answer, self._colleague, self._by_hand())
        replay: dict[str, Value] = {
            "replay": f"recorded: {self._flow.tree.title}",
            "flow": self._heard.started.flow,
            "as": self._heard.started.audience.value,
            **self._me(),
            **({"now": began} if began != NOW else {}),
            "clinic": self._clinic,
            **({"policy": self._policy} if self._policy else {}),
            "turns": list(transcribed(self._heard, stand_ins, passing)),
            "end": self._heard.end or "open",
        }
        done = self._journal()
        if done:
            replay["holds"] = {"journal": done}
        return replay_text(replay, ("Recorded from a conversation; everything personal is a stand-in.",))

    def _me(self) -> dict[str, Value]:
        """Who is signed in, by the id of the stand-in; of whom nothing was read, nobody could tell."""
        own = sorted(self._heard.started.own)
        return {"me": self._fixture.ids.get(own[0], "somebody")} if len(own) == 1 else {}

    def _journal(self) -> list[Value]:
        """What was changed, by name."""
        return [call.action for call in self._heard.calls if call.effect is not Effect.READ]

    def _by_hand(self) -> dict[int, list[Value]]:
        """The changes that a replay can say, by the number of the turn before which they were made."""
        found: dict[int, list[Value]] = {}
        for change in self._meeting.changes:
            told = self._fixture.by_hand(change)
            if told is not None:
                found.setdefault(change.turn, []).append(told)
        return found

    def _colleague(self, actor: str) -> str:
        number = len(self._people)
        return self._people.setdefault(actor, f"{COLLEAGUE}{'' if number < 2 else f'-{number}'}")

    def _answer(self, turn: HeardTurn) -> Value:
        prompt, value = turn.prompt, turn.answer
        if turn.problem and not _well_formed(prompt, value):
            return _REFUSED.get(turn.problem, OTHER)
        if secret_id(value) is not None or (prompt is not None and prompt.kind == "secret"):
            return SECRET if secret_id(value) is not None else ""
        if isinstance(value, list):
            return [self._one(prompt, each) for each in value]
        return self._one(prompt, value)

    def _one(self, prompt: Prompt | None, value: Value) -> Value:
        """One value of an answer."""
        if prompt is None or not isinstance(value, str):
            return value
        stand_ins = self._fixture.stand_ins
        match prompt.kind:
            case "text" if value.strip() in {each.query.strip() for each in self._meeting.searches}:
                return self._fixture.query(value)
            case "text" | "email":
                return stand_ins.typed(value)
            case "phone":
                return stand_ins.phone(value)
            case "date":
                return stand_ins.birth_date_as_typed(value)
            case "number":
                return value
            case _:
                return self._chosen(prompt, value)

    def _chosen(self, prompt: Prompt, value: str) -> str:
        """The id of the choice that was meant, by its id or by its words."""
        plain = value.strip().casefold()
        for choice in prompt.choices:
            if plain in (choice.id.casefold(), choice.label.casefold()):
                return self._fixture.ids.get(choice.id, choice.id)
        if prompt.kind == "yes-no" and plain in ("yes", "no", "y", "n"):
            return plain
        return OTHER


def _without_people(policy: Source | None) -> dict[str, Value]:
    """What a policy says, without who of the clinic has which role."""
    root, _ = read(policy) if policy is not None else (None, ())
    told = plain_value(root) if root is not None else None
    if not isinstance(told, dict):
        return {}
    roles = told.get("roles")
    if isinstance(roles, dict):
        told["roles"] = {key: value for key, value in roles.items() if key != "people"}
    return {key: value for key, value in told.items() if value != {}}


def _well_formed(prompt: Prompt | None, value: Value) -> bool:
    """Whether an answer that was refused had the right form: then it was what it said that was wrong."""
    if prompt is None or not isinstance(value, str):
        return False
    if prompt.kind == "email":
        return "@" in value
    return any(value in (choice.id, choice.label) for choice in prompt.choices)


def _asked(heard_of: Heard, turns: int) -> int:
    """The number of the last turn, of so many, in which a person did something."""
    asked = (number for number in range(turns - 1, -1, -1) if heard_of.turns[number].kind != "did")
    return next(asked, 0)


def default_path(session: str) -> Path:
    """Where a recorded replay goes if nothing else is said."""
    return Path(f"{session}.replay.yaml")
