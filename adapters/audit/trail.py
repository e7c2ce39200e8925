"""The audit of one store: seals its entries one after the other, and moves the head on once they are safe."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from adapters.audit.chain import NO_SEAL, Checked, End, Flaw, Link, look_over, seal_of
from adapters.audit.head import HeadFile
from adapters.problems import Unusable

SUFFIX = ".audit-head"


class AuditTrail:
    """Chains the entries of the store at `path` with a key (32 bytes) of their own. The head is in a file
    beside it, or in the file `head`. May be used from several threads and processes."""

    def __init__(self, path: Path, key: bytes, head: Path | None = None) -> None:
        self._path = path
        self._key = key
        self._head = HeadFile(head or head_path(path), key)

    def check(self, number: int, seal: bytes) -> None:
        """Raise Unusable if the head knows entries after this one, or another one in its place, or if it
        cannot be moved on. The first entry makes the head."""
        if number == 0:
            self._head.move(End(0, NO_SEAL))
        head = self._head.read(to_move=True)
        if head is None:
            raise Unusable(
                f"The head of the audit, {self._head.path}, is missing.",
                "Put it back. If it is lost, `unstuck audit new-head` looks the entries over and makes"
                " another one; nothing is changed meanwhile.",
            )
        if number < head.number or (number == head.number and seal != (head.seal if number else b"")):
            raise Unusable(
                f"The audit in {self._path} is not as it was: its head knows {head.number} entries.",
                "`unstuck audit verify` names the first that is wrong. Put the newest copy of the store back."
                " If an older one is wanted, `unstuck audit new-head` begins with what is there.",
            )

    def seal(self, number: int, previous: bytes, body: bytes) -> bytes:
        """The seal of the entry `number` that follows one with the seal `previous` (empty for the first)."""
        return seal_of(self._key, number, previous or NO_SEAL, body)

    def kept(self, number: int, seal: bytes) -> None:
        """The entries up to this one are on the disk: move the head on. A head that is behind is no harm,
        and one that cannot be moved stops the next entry."""
        with suppress(Unusable):
            self._head.move(End(number, seal))

    def head(self) -> End | None:
        """The head, None if it is missing. Raises Unusable where it cannot be read."""
        return self._head.read()

    def look_over(
        self,
        begins_after: tuple[int, bytes],
        links: Iterable[Link],
        head: End | None,
        *,
        against_head: bool = True,
    ) -> Checked:
        """Look over all entries, the first of which follows the one told, and compare their end with the
        head, which must have been read before them."""
        start = End(begins_after[0], begins_after[1] or NO_SEAL)
        checked = look_over(links, self._key, start, head)
        if against_head and checked.flaw is None and head is None and checked.end.number > 0:
            words = f"The head, {self._head.path}, is missing: whether the end was cut off cannot be told."
            return Checked(checked.entries, checked.end, Flaw(checked.end.number + 1, words))
        return checked

    def begin_anew(self, end: End) -> None:
        """Put a new head, at this end, in the place of whatever is there. Raises Unusable."""
        self._head.replace(end)


def head_path(store: Path) -> Path:
    """Where the head of a store's audit is, unless it is put elsewhere."""
    return store.with_name(store.name + SUFFIX)
