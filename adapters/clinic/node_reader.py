"""Reading values out of the nodes of a deployment file, and collecting everything that is wrong with them.

Knows kinds of values (texts, truths, words of a list), not what they are for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from adapters.clinic.people import OMITTED, MaybeTruth, MaybeWord, Omitted, Truth, Whole, Word
from engine import Diagnostic, Mapping, Node, Scalar, did_you_mean, finding
from engine import Sequence as NodeList

_FROM_NOW = re.compile(r"in (\d{1,5}) (minute|hour|day|week)s?")
_AGO = re.compile(r"(\d{1,5}) (minute|hour|day|week)s? ago")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10080}


class NodeReader:
    """Reads nodes into values. What does not fit is a finding, and counts as left out."""

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []

    def mapping(self, node: Node, what: str, known: Collection[str]) -> Mapping | None:
        """The node as a mapping; keys that are not known become findings."""
        if not isinstance(node, Mapping):
            self.wrong(node, f"{what} must have keys: {', '.join(known)}")
            return None
        for key, _ in node.entries:
            if key.text not in known:
                repair = did_you_mean(key.text, known) or f"Known are {', '.join(known)}."
                self.findings.append(
                    finding("U501", key.place, f"`{key.text}`: there is no such key here.", repair=repair)
                )
        return node

    def text(self, top: Mapping, key: str) -> Word:
        """A text that is not null."""
        value = self.maybe_text(top, key)
        if value is None:
            self.wrong_at(top, key, f"`{key}` needs a text")
            return OMITTED
        return value

    def maybe_text(self, top: Mapping, key: str) -> MaybeWord:
        """A text, or null for "there is none"."""
        node = top.get(key)
        if node is None:
            return OMITTED
        if isinstance(node, Scalar) and node.value is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.value.strip()
        self.wrong(node, f"`{key}` must be a text (in quotes, if it is a number or a truth) or null")
        return OMITTED

    def words(self, top: Mapping, key: str) -> tuple[str, ...] | Omitted:
        """A list of texts, none of them twice."""
        node = top.get(key)
        if node is None:
            return OMITTED
        items = node.items if isinstance(node, NodeList) else None
        values = [each.value if isinstance(each, Scalar) else None for each in items or ()]
        found = [each.strip() for each in values if isinstance(each, str)]
        if items is None or len(found) < len(items) or not all(found):
            self.wrong(node, f"`{key}` must be a list of texts (numbers in quotes), such as [a, b]")
            return OMITTED
        return tuple(dict.fromkeys(found))

    def truth(self, top: Mapping, key: str) -> Truth:
        """True or false."""
        value = self.maybe_truth(top, key)
        if value is None:
            self.wrong_at(top, key, f"`{key}` must be true or false")
            return OMITTED
        return value

    def maybe_truth(self, top: Mapping, key: str) -> MaybeTruth:
        """True, false, or null for "not known"."""
        node = top.get(key)
        if node is None:
            return OMITTED
        if isinstance(node, Scalar) and (node.value is None or isinstance(node.value, bool)):
            return node.value
        self.wrong(node, f"`{key}` must be true or false")
        return OMITTED

    def whole(self, top: Mapping, key: str, least: int, most: int) -> Whole:
        """A whole number within bounds."""
        node = top.get(key)
        if node is None:
            return OMITTED
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(node, f"`{key}` must be a whole number from {least} to {most}")
        return OMITTED

    def word(self, top: Mapping, key: str, options: Sequence[str]) -> Word:
        """One word of a closed list."""
        node = top.get(key)
        if node is None:
            return OMITTED
        found = self.option(node, key, options)
        return OMITTED if found is None else found

    def option(self, node: Node, key: str, options: Sequence[str]) -> str | None:
        """The node as one word of a closed list; None, and a finding, if it is not."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and value in options:
            return value
        near = did_you_mean(value, options) if isinstance(value, str) else None
        self.wrong(node, f"`{key}` must be one of {', '.join(options)}", near)
        return None

    def needed(self, inner: Mapping | None, key: str, options: Sequence[str]) -> str | None:
        """The word under a key that must be there."""
        node = inner.get(key) if inner is not None else None
        if node is not None:
            return self.option(node, key, options)
        if inner is not None:
            self.findings.append(
                finding(
                    "U503",
                    inner.place,
                    f"`{key}` is missing.",
                    repair=f"Add `{key}:`, one of {', '.join(options)}.",
                )
            )
        return None

    def ago(self, top: Mapping, key: str) -> int | None:
        """How many minutes ago something was, written as "3 days ago"; None where it is left out."""
        value = self.maybe_text(top, key)
        if not isinstance(value, str):
            return None
        found = _AGO.fullmatch(value)
        if found is None:
            self.wrong_at(top, key, f'`{key}` must be a time such as "3 days ago" or "20 minutes ago"')
            return None
        return int(found[1]) * _MINUTES[found[2]]

    def from_now(self, top: Mapping, key: str) -> int | None:
        """In how many minutes something is, written as "in 2 days"; what was "20 minutes ago" is negative.
        None where it is left out."""
        value = self.maybe_text(top, key)
        if not isinstance(value, str):
            return None
        ahead, ago = _FROM_NOW.fullmatch(value), _AGO.fullmatch(value)
        if ahead is not None:
            return int(ahead[1]) * _MINUTES[ahead[2]]
        if ago is not None:
            return -int(ago[1]) * _MINUTES[ago[2]]
        self.wrong_at(top, key, f'`{key}` must be a time such as "in 2 days" or "20 minutes ago"')
        return None

    def checked(self, top: Mapping, key: str, fits: Callable[[str], bool], wanted: str) -> Word:
        """A text that must look like what is `wanted`."""
        value = self.maybe_text(top, key)
        if isinstance(value, Omitted):
            return OMITTED
        if value is None or not fits(value):
            self.wrong_at(top, key, f"`{key}` must be {wanted}")
            return OMITTED
        return value

    def wrong_at(self, top: Mapping, key: str, expected: str) -> None:
        """Report that the value under a key does not fit."""
        node = top.get(key)
        if node is not None:
            self.wrong(node, expected)

    def wrong(self, node: Node, expected: str, repair: str | None = None) -> None:
        """Report that a node does not fit."""
        found = f"`{node.text}` does not fit." if isinstance(node, Scalar) else "This does not fit."
        self.findings.append(
            finding("U502", node.place, found, f"{expected[0].upper()}{expected[1:]}.", repair)
        )
