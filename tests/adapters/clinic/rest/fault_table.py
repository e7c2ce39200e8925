"""The table of all faults at all actions, made of what the tests told: a row an action, a column a fault."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.tables import table

PROPERTY = "unstuck_fault"
"""Under this name a test tells `ACTION|FAULT|HOW IT CAME OUT|right or WRONG`."""

TRAP = "unstuck_trap"
"""Under this name a test tells `TRAP|ACTION|HOW IT CAME OUT|right or WRONG`."""

_MARKS = {
    "done": "d",
    "unavailable": "u",
    "backend_bug": "b",
    "rate_limited": "r",
    "not_ready": "e",
    "lost, happened": "h",
    "lost, did not happen": "n",
    "lost, cannot tell": "?",
}
_LEGEND = (
    "u: unavailable, nothing was done. b: the answer is not believed. e: the error inside is told.",
    "r: rate limited, with the time to wait. d: done, the answer cannot be told from a good one.",
    "h: the answer was lost, looking back found it done. n: the same, and it was not done. ?: nobody knows.",
    "A mark with ! is not what it must be, or something was done twice.",
)


def fault_table(told: Iterable[str]) -> str:
    """The table, its columns numbered, and what the numbers and marks mean."""
    found: dict[str, dict[str, str]] = {}
    faults: list[str] = []
    for each in told:
        action, fault, came, right = each.split("|")
        if fault not in faults:
            faults.append(fault)
        mark = _MARKS.get(came, came)
        found.setdefault(action, {})[fault] = mark if right == "right" else f"{mark}!"
    numbers = tuple(str(number) for number in range(1, len(faults) + 1))
    rows = tuple((action, *(of.get(fault, "") for fault in faults)) for action, of in sorted(found.items()))
    named = ", ".join(f"{number} {fault}" for number, fault in zip(numbers, faults, strict=True))
    return "\n".join((table(("action", *numbers), rows), "", named, *_LEGEND))


def trap_table(told: Iterable[str]) -> str:
    """The table of traps, in the order in which they were told."""
    rows = tuple(tuple(each.split("|")) for each in told)
    return table(("trap", "action", "how it came out", ""), rows)
