"""The table of races: 2 to 8 answers to one question at the same moment, from consoles, requests and drivers
in several processes on one session file. One wins, the others get the question that waits then.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import sleep

import msgspec

from adapters.clinic.show import journal_lines
from adapters.wiring import audit_looked_over, open_store_behind, over_keys
from engine import Answered, Event
from tests.durability.contenders import CHOICES, Contender, Everybody, Place, Reply, Request
from tests.durability.report import Table

RACES, A_CONVERSATION = 1_000, 100
HEAD_START = 0.003
"""How many seconds a request is sent at most before the next answer."""

_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


@dataclass(slots=True)
class Tally:
    """What came of all races with so many answers."""

    races: int = 0
    winners: int = 0
    stale: int = 0
    twins: int = 0
    repeated: int = 0


@dataclass(slots=True)
class Races:
    """Everything that was found. `won` has the answer that won each question, `by` who gave it."""

    tallies: dict[int, Tally] = field(default_factory=dict)
    won: dict[tuple[str, int], str] = field(default_factory=dict)
    by: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def measured(pool: ProcessPoolExecutor, folder: Path, sample: int) -> Table:
    """The table; `sample` races, or a thousand without one."""
    return raced(folder, sample or RACES)


def raced(folder: Path, races: int, consoles: int = 2, requests: int = 3, drivers: int = 3) -> Table:
    """The table of so many races between so many consoles, requests and drivers."""
    found, chance, left = Races(), Random(races), races
    with Everybody(folder, consoles, requests, drivers) as everybody:
        while left:
            with everybody.conversation() as (session, question, there):
                for _ in range(min(left, A_CONVERSATION)):
                    question = _race(found, session, question, there, chance)
                    left -= 1
        effects = _effects(found, everybody.place)
    rows = [
        [
            f"{many} answers at once",
            *map(str, (each.races, each.winners, each.stale, each.twins, each.repeated)),
        ]
        for many, each in sorted(found.tallies.items())
    ]
    columns = ("", "races", "won by one", "got what waits", "same request twice", "repeated later")
    who = ", ".join(f"{number} by a {name}" for name, number in sorted(found.by.items()))
    notes = (f"Won {who}; {effects} requests in the clinic's queue.",)
    title = "Races of answers to one question, from several processes on one session file"
    return Table(title, columns, rows, found.failures, notes)


def _race(found: Races, session: str, asked: Reply, there: Sequence[Contender], chance: Random) -> Reply:
    """One race; the question that waits afterwards."""
    many = 2 + chance.randrange(len(there) - 1)
    # A request is on its way for longer than the others: with a head start, everybody wins now and then.
    racing = sorted(chance.sample(there, many), key=lambda each: not isinstance(each, Request))
    values = chance.sample(CHOICES, many)
    twins = [each for each in racing if isinstance(each, Request)][:2] if chance.random() < 0.3 else []
    for each, value in zip(racing, values, strict=True):
        if len(twins) == 2 and each is twins[1]:
            twins[1].answers_as(twins[0])
        else:
            each.answers(asked.prompt, asked.seq, value)
        if isinstance(each, Request):
            sleep(HEAD_START * chance.random())
    replies = [each.hears() for each in racing]
    return _judged(found, session, asked, racing, values, replies, twins)


def _judged(
    found: Races,
    session: str,
    asked: Reply,
    racing: Sequence[Contender],
    values: Sequence[str],
    replies: Sequence[Reply],
    twins: Sequence[Request],
) -> Reply:
    where = f"{session} question {asked.seq}"
    tally = found.tallies.setdefault(len(racing), Tally())
    tally.races += 1
    second = racing.index(twins[1]) if len(twins) == 2 else -1
    won = [at for at, reply in enumerate(replies) if not reply.problem and at != second]
    tally.winners += len(won) == 1
    if len(won) != 1:
        found.failures.append(f"{where}: {len(won)} won: {replies}")
        return replies[0]
    winner = replies[won[0]]
    found.won[session, asked.seq] = values[won[0]]
    found.by[racing[won[0]].name] += 1
    for at, reply in enumerate(replies):
        if at in (won[0], second):
            continue
        tally.stale += 1
        if (reply.problem, reply.seq, reply.prompt) != ("stale", winner.seq, winner.prompt):
            found.failures.append(f"{where}: a {racing[at].name} got {reply}")
    if second >= 0:
        tally.twins += 1
        if replies[second].turn != replies[racing.index(twins[0])].turn:
            found.failures.append(f"{where}: one request got two replies: {replies}")
    for at, each in enumerate(racing):
        if isinstance(each, Request) and at == won[0]:
            tally.repeated += 1
            if (later := each.again()) != winner.turn:
                found.failures.append(f"{where}: repeated, the request got {later}")
    return winner


def _effects(found: Races, place: Place) -> int:
    """How many requests the clinic has; whatever is not as it was told goes to the failures."""
    with closing(sqlite3.connect(place.folder / "clinic.db")) as clinic:
        made = [line for line in journal_lines(clinic) if line.action == "request_help"]
    keys = Counter(line.key for line in made)
    found.failures += [f"{key} was done {times} times" for key, times in keys.items() if times > 1]
    if len(keys) != len(found.won):
        found.failures.append(f"{len(found.won)} answers won, and {len(keys)} requests were made")
    with open_store_behind(place.folder / "sessions.db") as behind:
        if (flaw := audit_looked_over(behind).flaw) is not None:
            found.failures.append(f"the audit: {flaw}")
        if not (health := behind.health()).good:
            found.failures.append(f"the store: {health}")
        store = over_keys(behind)
        for session in sorted({session for session, _ in found.won}):
            kept = [_DECODER.decode(body) for _, body in store.events(session)]
            answered = [(each.seq, each.value) for each in kept if isinstance(each, Answered)]
            told = [(seq, value) for (where, seq), value in found.won.items() if where == session]
            if answered != told:
                found.failures.append(f"{session}: kept are {answered}, and told was {told}")
    return len(made)
