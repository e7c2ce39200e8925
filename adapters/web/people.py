"""Who holds a conversation over the web: a visitor, or somebody the host page's server vouches for.

The host signs a short JSON Web Token (RFC 7519): `aud` "unstuck", `sub` the person's id at the clinic, `role`
client or practitioner, `iat`, `exp` at most five minutes later, and a `jti` that is used once. HS256 and
EdDSA are taken, each key for one algorithm only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import jwt
import msgspec

from adapters.web.refused import Refused
from engine import Audience

AUDIENCE = "unstuck"
LONGEST_SECONDS = 300
LONGEST_TOKEN = 4_096

Algorithm: TypeAlias = Literal["HS256", "EdDSA"]


class Key(msgspec.Struct, frozen=True):
    """A key that tokens of a host are checked with: the shared secret (at least 32 bytes), or the public key
    as PEM."""

    algorithm: Algorithm
    value: str


class Embed(msgspec.Struct, frozen=True):
    """A place where the widget stands: the `origins` its pages come from, and the `keys` (by their id) of the
    server behind them. Without keys everybody there is a visitor; `flows` are those that can be begun
    there, empty for all."""

    name: str
    origins: frozenset[str]
    keys: Mapping[str, Key] = {}
    flows: frozenset[str] = frozenset()


class Person(msgspec.Struct, frozen=True):
    """Who it is: `actor` for the records, and the ids of those they may act for as themself."""

    actor: str
    audience: Audience
    own: frozenset[str] = frozenset()


VISITOR = Person("visitor", Audience.VISITOR)
_ROLES: Mapping[str, Audience] = {"client": Audience.CLIENT, "practitioner": Audience.PRACTITIONER}


class OnceOnly(Protocol):
    """Remembers which tokens were used."""

    def first_use(self, embed: str, jti: str, until: int) -> bool:
        """Whether this token of that embed was not used before; it is now. It is remembered until that second
        of Unix time at least."""
        ...


def person_of(token: str, embed: Embed, now: int, once: OnceOnly) -> Person:
    """Whom the host's token vouches for. Raises Refused (401) where it does not count."""
    if len(token) > LONGEST_TOKEN:
        raise _refused()
    try:
        key = embed.keys[str(jwt.get_unverified_header(token).get("kid", ""))]
        claims = jwt.decode(
            token,
            key.value,
            algorithms=[key.algorithm],
            audience=AUDIENCE,
            # The moment comes from outside, as everywhere.
            options={
                "require": ["aud", "sub", "iat", "exp", "jti"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "strict_aud": True,
            },
        )
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
        raise _refused() from error
    subject, role, jti = claims["sub"], claims.get("role"), claims["jti"]
    made, ends = claims["iat"], claims["exp"]
    if not (_is_id(subject) and _is_id(jti) and isinstance(role, str) and role in _ROLES):
        raise _refused()
    if not (_is_moment(made) and _is_moment(ends)) or not _is_timely(made, ends, now):
        raise _refused()
    if not once.first_use(embed.name, jti, ends + LONGEST_SECONDS):
        raise _refused()
    audience = _ROLES[role]
    own = frozenset({subject}) if audience is Audience.CLIENT else frozenset()
    return Person(f"{role}:{subject}", audience, own)


def _is_timely(made: int, ends: int, now: int) -> bool:
    """Valid now, and not for longer than it may be; clocks may differ by half a minute."""
    return made - 30 <= now < ends and ends - made <= LONGEST_SECONDS


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def _is_moment(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**40


def _refused() -> Refused:
    return Refused(
        401,
        "The page could not say who is signed in.",
        "Reload the page and sign in again.",
        {"WWW-Authenticate": 'Bearer realm="unstuck", error="invalid_token"'},
    )
