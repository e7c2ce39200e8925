"""Passwords of the embedded clinic: making one that can be read out on the phone, keeping and comparing.

Of a password only its salt and its scrypt hash are ever kept. Knows no accounts and no database.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from functools import cache

from adapters.clinic.port import ActionFailed
from adapters.secret import Secret
from engine import Failure

LEAST = 8
"""Shorter ones are never taken (NIST SP 800-63B-4, 3.1.1.2)."""

MOST = 256
_WORDS = 4
# Short enough to be said and typed, long enough to be told apart on a bad line.
_SAYABLE = re.compile(r"[a-z]{4,8}")
_SALT = 16
# One of the settings that OWASP's Password Storage Cheat Sheet holds to be equally strong.
_COST, _BLOCK, _LANES = 2**14, 8, 5


def new_password() -> Secret:
    """Four words out of more than 6,000 (at least 50 bits), joined by hyphens: `maple-river-candle-stone`."""
    words = _sayable_words()
    return Secret("-".join(secrets.choice(words) for _ in range(_WORDS)))


def refuse_bad_password(password: Secret) -> None:
    """Raises ActionFailed `invalid_input` for one that is too short or too long."""
    if not LEAST <= len(password) <= MOST:
        raise ActionFailed(Failure.INVALID_INPUT, f"A password must have from {LEAST} to {MOST} characters.")


def hashed(password: Secret) -> bytes:
    """What is kept of a password: a new salt, and the hash."""
    salt = secrets.token_bytes(_SALT)
    return salt + _scrypt(password, salt)


def is_password(kept: bytes | None, tried: Secret) -> bool:
    """Whether `tried` is the password of which `kept` was kept. Takes as long where there is none."""
    salt, known = (kept[:_SALT], kept[_SALT:]) if kept else (bytes(_SALT), b"")
    return hmac.compare_digest(_scrypt(tried, salt), known)


def _scrypt(password: Secret, salt: bytes) -> bytes:
    # The same characters may be typed as different code points on another keyboard.
    typed = unicodedata.normalize("NFKC", password.reveal()).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=_COST, r=_BLOCK, p=_LANES, maxmem=2**26)


@cache
def _sayable_words() -> tuple[str, ...]:
    """The long word list of the Electronic Frontier Foundation, without its longest and shortest words."""
    from importlib.resources import files

    text = files("xkcdpass").joinpath("static", "eff-long").read_text(encoding="utf-8")
    return tuple(word for word in text.split() if _SAYABLE.fullmatch(word))
