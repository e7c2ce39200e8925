"""Hides who somebody is in a column: AES-SIV (RFC 5297), which gives the same for the same person, so that
what is known of somebody is found without their id standing in the file."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

_MARK = "~"
KEY_BYTES = 64


class BrokenVeil(Exception):
    """What is hidden was changed, or was hidden with another key."""


class Veil:
    """Hides with a key of 64 bytes; without one, everything stands in clear."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key

    @property
    def hides(self) -> bool:
        """Whether anything is hidden."""
        return self._key is not None

    def hidden(self, column: str, text: str) -> str:
        """The text as it is kept in this column."""
        if self._key is None or not text:
            return text
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        told = AESSIV(self._key).encrypt(text.encode("utf-8", "surrogatepass"), [column.encode("ascii")])
        return _MARK + urlsafe_b64encode(told).decode("ascii")

    def clear(self, column: str, kept: str) -> str:
        """The text that is kept in this column. Raises BrokenVeil."""
        if self._key is None or not kept.startswith(_MARK):
            return kept
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        try:
            told = urlsafe_b64decode(kept[len(_MARK) :].encode("ascii"))
            return AESSIV(self._key).decrypt(told, [column.encode("ascii")]).decode("utf-8", "surrogatepass")
        except (ValueError, InvalidTag) as error:
            raise BrokenVeil from error
