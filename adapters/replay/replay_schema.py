"""The JSON Schema of a replay file, for editors. What a replay means is read in `replay_file`."""

from __future__ import annotations

from adapters.json_schema import Schema, closed, list_of, one_of, told, whole, written
from adapters.replay.replay_file import (
    ENDS,
    FAULTS,
    HOLDS,
    KEYS,
    KINDS,
    LONGEST_LATER,
    LOST,
    MOST_CALLS,
    OUTCOMES,
    TURN_KEYS,
)
from engine import Audience, Catalog


def replay_schema(catalog: Catalog, people: Schema, policy: Schema) -> Schema:
    """A replay whose clinic is described as `people` says, and its policy as `policy` does (without the name
    of the dialect)."""
    turn = closed(_turn(catalog, people))
    # A turn is exactly one of the things that can happen.
    turn["oneOf"] = [{"required": [kind]} for kind in KINDS]
    turn["dependencies"] = {"ask": ["answer"]}
    values: dict[str, Schema] = {
        "replay": told("What this conversation shows, in a few words", written()),
        "flow": told("The flow it is held in", written()),
        "as": told("Who holds it", one_of([each.value for each in Audience])),
        "me": told("The id of the client or contact who is signed in", written()),
        "now": told("The moment at which it begins, like 2026-03-10T15:00:00Z", written()),
        "clinic": told("The people it starts with: a fixture's name, or people of its own", {}),
        "policy": told("What the clinic's policy says otherwise than the shipped one", policy),
        "turns": told("Every question and every change, in order", list_of(turn)),
        "end": told("How it ends", one_of(ENDS)),
        "holds": told("What must be there at the end", closed({name: {} for name in HOLDS})),
        "note": told("A remark for other authors", {}),
    }
    return closed({key: values.get(key, {}) for key in KEYS}, ("replay", "flow", "turns", "end"))


def _turn(catalog: Catalog, people: Schema) -> dict[str, Schema]:
    faults = one_of(FAULTS)
    values: dict[str, Schema] = {
        "ask": told("The question that comes", written()),
        "answer": told("What is answered", {}),
        "problem": told("The code with which the answer is refused", written()),
        "text": told("Words that the question holds", written()),
        "did": told("The change that is made", one_of([*catalog.actions])),
        "outcome": told("What came of it", one_of(OUTCOMES)),
        "error": told("The failure it ends in", faults),
        "fault": told("What the clinic's system is made to answer", faults),
        "call": told("At which call of this action, from 1, if not at the first", whole(1, MOST_CALLS)),
        "by hand": told("What somebody changes in the clinic's own software in between", people),
        "back": told("Going back to the question before", {}),
        "change": told("Going back to this question, whose answer is changed", written()),
        "note": told("A remark for other authors", {}),
        "by": told("Who answers, if not the usual person", written()),
        "reveal": told("A secret is shown (true), or gone (lost)", {"enum": [True, LOST]}),
        "later": told("So many minutes pass", whole(1, LONGEST_LATER)),
        "restart": told("The program stops and goes on", {}),
        "hand over": told("The case is handed over with these words", written()),
        "stop": told("The conversation is given up", {}),
        "start": told("Another conversation is begun, in this flow", written()),
        "after": told("How the one before ended; open if it goes on", one_of(ENDS)),
    }
    return {key: values.get(key, {}) for key in TURN_KEYS}
