"""Reads a replay file. Everything wrong in it is a finding with its place; nothing raises for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, TypeAlias

import msgspec

from engine import (
    Audience,
    Catalog,
    Diagnostic,
    Failure,
    Mapping,
    Node,
    Outcome,
    Place,
    Scalar,
    Sequence,
    Source,
    Value,
    did_you_mean,
    finding,
    in_reading_order,
    read,
)

LOST, NOT_DONE = "lost", "not_done"
NOW = "2026-03-10T15:00:00Z"
"""The moment at which a replay happens unless it says `now`."""

KEYS = ("replay", "flow", "as", "me", "now", "clinic", "policy", "turns", "end", "holds", "note")
TURN_KEYS = (
    "ask",
    "answer",
    "problem",
    "text",
    "did",
    "outcome",
    "error",
    "fault",
    "call",
    "by hand",
    "back",
    "change",
    "note",
    "by",
    "reveal",
    "later",
    "restart",
    "start",
    "after",
    "hand over",
    "stop",
)
KINDS = (
    "ask",
    "did",
    "by hand",
    "back",
    "change",
    "reveal",
    "later",
    "restart",
    "start",
    "hand over",
    "stop",
)
_REVEALS = ("true", LOST)
LONGEST_LATER = 100_000
MOST_CALLS = 1_000
HOLDS = (
    "settings",
    "addresses",
    "accounts",
    "consents",
    "deliveries",
    "mailbox",
    "tickets",
    "journal",
)
OPEN = "open"
"""The end of a replay whose conversation has not ended."""

ENDS = (*(outcome.value for outcome in Outcome), OPEN)
OUTCOMES = ("confirmed", "rejected", "unknown", "reconciled")
FAULTS = (*(failure.value for failure in Failure), LOST, NOT_DONE)

TurnKind: TypeAlias = Literal[
    "ask", "did", "by hand", "back", "change", "reveal", "later", "restart", "start", "hand over", "stop"
]


class Expected(msgspec.Struct, frozen=True):
    """One turn: a question and its answer, a call and its outcome, or something that happens.

    `name` is the step that asks or whose answer is changed, the action, or the flow of another conversation
    that is begun. `problem` is the code with which the answer is refused; `text` words that the question
    holds, or of a case that is handed over; `fault` what the backend is made to answer at the `call`-th call
    of the action (0: the first one for which nothing is planned yet); `by` who answers or begins, if not the
    usual person. A secret is shown (`reveal: true`) or gone (`reveal: lost`), which `error` says; `minutes`
    pass. `outcome` is how a call is known to have gone, or how the conversation ended after which another one
    is begun (empty: in any way, but it ended).
    """

    kind: TurnKind
    place: Place
    name: str = ""
    answer: Value = None
    problem: str = ""
    text: str = ""
    outcome: str = ""
    error: str = ""
    fault: str = ""
    change: Node | None = None
    by: str = ""
    minutes: int = 0
    call: int = 0


class Replay(msgspec.Struct, frozen=True):
    """A replay, ready to be held. `me` is the id of the client or contact who is signed in, if somebody is.
    `clinic` describes the people it starts with, `policy` what the clinic's
    policy says otherwise than the shipped one; `holds` what must be there at the end, each under its key
    with its place."""

    name: str
    flow: str
    audience: Audience
    now: str
    clinic: Node | None
    turns: tuple[Expected, ...]
    end: str
    end_place: Place
    holds: tuple[tuple[str, Value, Place], ...]
    source: Source
    policy: Node | None = None
    me: str = ""

    @property
    def own(self) -> frozenset[str]:
        """The people whom whoever begins it acts for as themself."""
        return frozenset({self.me}) if self.me else frozenset()


def read_replay(source: Source, catalog: Catalog) -> tuple[Replay | None, tuple[Diagnostic, ...]]:
    """The replay in a file, or None if anything in it is wrong, and the findings."""
    root, findings = read(source)
    reading = _Reading(catalog, list(findings))
    replay = reading.replay(source, root) if root is not None else None
    found = in_reading_order(reading.findings)
    return (None if found else replay), found


class _Reading:
    def __init__(self, catalog: Catalog, findings: list[Diagnostic]) -> None:
        self.catalog = catalog
        self.findings = findings

    def replay(self, source: Source, root: Node) -> Replay | None:
        if not isinstance(root, Mapping):
            self._wrong(root.place, "A replay is a mapping.")
            return None
        self._known_keys(root, KEYS, "a replay")
        turns = root.get("turns")
        if not isinstance(turns, Sequence):
            self._wrong(root.place if turns is None else turns.place, "`turns` is a list of turns.")
            return None
        end = root.get("end")
        return Replay(
            self._text(root, "replay"),
            self._text(root, "flow"),
            Audience(self._word(root, "as", [each.value for each in Audience]) or "agent"),
            self._text(root, "now", NOW),
            root.get("clinic"),
            tuple(turn for node in turns.items if (turn := self._turn(node)) is not None),
            self._word(root, "end", ENDS),
            end.place if end is not None else root.place,
            self._holds(root.get("holds")),
            source,
            root.get("policy"),
            self._text(root, "me", ""),
        )

    def _turn(self, node: Node) -> Expected | None:
        if not isinstance(node, Mapping):
            self._wrong(node.place, "A turn is a mapping.")
            return None
        self._known_keys(node, TURN_KEYS, "a turn")
        kinds = [kind for kind in KINDS if node.get(kind) is not None]
        if len(kinds) != 1:
            self._wrong(node.place, f"A turn has exactly one of {', '.join(KINDS)}.")
            return None
        place = node.entries[0][0].place
        match kinds[0]:
            case "ask":
                return self._ask(node, place)
            case "did":
                return self._did(node, place)
            case "by hand":
                return Expected("by hand", place, change=node.get("by hand"))
            case "change":
                return Expected("change", place, self._text(node, "change"))
            case "reveal":
                word = self._word(node, "reveal", _REVEALS)
                return Expected("reveal", place, error=LOST if word == LOST else "")
            case "later":
                return Expected("later", place, minutes=self._minutes(node))
            case "restart":
                return Expected("restart", place)
            case "hand over":
                return Expected("hand over", place, text=self._text(node, "hand over"))
            case "stop":
                return Expected("stop", place)
            case "start":
                return self._start(node, place)
            case _:
                return Expected("back", place)

    def _start(self, node: Mapping, place: Place) -> Expected:
        after = self._word(node, "after", ENDS) if node.get("after") else ""
        return Expected(
            "start", place, self._text(node, "start"), outcome=after, by=self._text(node, "by", "")
        )

    def _ask(self, node: Mapping, place: Place) -> Expected:
        answer = node.get("answer")
        if answer is None:
            self._wrong(place, "This question gets no `answer`.")
        return Expected(
            "ask",
            place,
            self._text(node, "ask"),
            plain_value(answer) if answer is not None else None,
            self._text(node, "problem", ""),
            self._text(node, "text", ""),
            by=self._text(node, "by", ""),
        )

    def _call(self, node: Mapping) -> int:
        given = node.get("call")
        if given is None:
            return 0
        number = given.value if isinstance(given, Scalar) else None
        if node.get("fault") is None:
            self._wrong(given.place, "`call` says which call a `fault` is for; there is none here.")
        elif isinstance(number, int) and not isinstance(number, bool) and 0 < number <= MOST_CALLS:
            return number
        else:
            self._wrong(given.place, "`call` is the number of a call of this action, from 1.")
        return 0

    def _minutes(self, node: Mapping) -> int:
        given = node.get("later")
        minutes = given.value if isinstance(given, Scalar) else None
        if isinstance(minutes, int) and not isinstance(minutes, bool) and 0 < minutes <= LONGEST_LATER:
            return minutes
        self._wrong(node.place if given is None else given.place, "`later` is a number of minutes.")
        return 0

    def _did(self, node: Mapping, place: Place) -> Expected:
        return Expected(
            "did",
            place,
            self._word(node, "did", self.catalog.actions),
            outcome=self._word(node, "outcome", OUTCOMES) if node.get("outcome") else "",
            error=self._word(node, "error", FAULTS) if node.get("error") else "",
            fault=self._word(node, "fault", FAULTS) if node.get("fault") else "",
            call=self._call(node),
        )

    def _holds(self, node: Node | None) -> tuple[tuple[str, Value, Place], ...]:
        if node is None:
            return ()
        if not isinstance(node, Mapping):
            self._wrong(node.place, "`holds` is a mapping.")
            return ()
        self._known_keys(node, HOLDS, "`holds`")
        return tuple((key.text, plain_value(value), key.place) for key, value in node.entries)

    def _text(self, node: Mapping, key: str, default: str | None = None) -> str:
        value = node.get(key)
        if isinstance(value, Scalar) and value.value is not None:
            return value.text
        if value is not None or default is None:
            self._wrong(node.place if value is None else value.place, f"`{key}` needs a text here.")
        return default or ""

    def _word(self, node: Mapping, key: str, known: Collection[str]) -> str:
        word = self._text(node, key)
        value = node.get(key)
        if word and word not in known and value is not None:
            self.findings.append(
                finding(
                    "U403",
                    value.place,
                    f"`{key}` cannot be `{word}`.",
                    f"It is one of {', '.join(known)}.",
                    did_you_mean(word, known),
                )
            )
            return next(iter(known))
        return word

    def _known_keys(self, node: Mapping, known: Collection[str], what: str) -> None:
        for key, _ in node.entries:
            if key.text not in known:
                self.findings.append(
                    finding(
                        "U402",
                        key.place,
                        f"`{key.text}` is not something {what} can say.",
                        f"It knows {', '.join(known)}.",
                        did_you_mean(key.text, known),
                    )
                )

    def _wrong(self, place: Place, message: str) -> None:
        self.findings.append(finding("U401", place, message))


def plain_value(node: Node) -> Value:
    """A node as plain data."""
    match node:
        case Scalar(value=value):
            return value
        case Sequence(items=items):
            return [plain_value(item) for item in items]
        case Mapping(entries=entries):
            return {key.text: plain_value(value) for key, value in entries}
