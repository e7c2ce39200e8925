"""The table of the backend contract: which actions a backend can do, and which rules hold for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adapters.clinic.contract import RULES
from adapters.tables import table

_HOLDS = "holds"
_WORDS: Mapping[str, str] = {"passed": _HOLDS, "failed": "DOES NOT", "error": "DOES NOT"}


def contract_table(told: Iterable[tuple[str, str]]) -> str:
    """The table of what tests told: pairs of
    `BACKEND|ACTION|supported or not|RULE` and how the test ended."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for told_of, ended in told:
        backend, action, able, rule = told_of.split("|")
        found.setdefault((backend, action, able), {})[rule] = _WORDS.get(ended, "-")
    rows = []
    for (backend, action, able), rules in sorted(found.items()):
        # That it refuses what it cannot do is no rule of its own, unless it does not.
        words = {rule: word for rule, word in rules.items() if able == "supported" or word != _HOLDS}
        rows.append((backend, action, able, *(words.get(rule, "") for rule in RULES)))
    return table(("backend", "action", "", *RULES), tuple(rows))
