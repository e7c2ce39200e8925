"""How much one asker may ask for within any minute, as the limits say (`engine.Limits`).

Each process counts for itself. Addresses of IPv6 count by their network, since one household has all of it.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import NamedTuple

from adapters.web.limiter import Limiter
from adapters.web.people import VISITOR, Person
from adapters.web.refused import Refused
from engine import DEFAULT_LIMITS, Limits

BODY_SECONDS = 15.0
"""For so long a body may take to come in."""

MOST_AT_ONCE = 1_000
"""So many requests may be under way in one process; the next ones are to come again."""

MOST_STREAMS = 500
"""So many streams of events may be open in one process."""


class Bounds(NamedTuple):
    """What counts the beginnings (and signed tokens that are tried), the answers and all requests of askers,
    by address and by person, and how many bytes one body may have."""

    sessions: Limiter
    answers: Limiter
    requests: Limiter
    body_bytes: int = DEFAULT_LIMITS.body_bytes

    def session(self, address: str) -> None:
        """A conversation is to begin. Raises Refused (429)."""
        _ask(self.sessions, network_of(address))

    def session_of(self, person: Person) -> None:
        """It is this person's. Raises Refused (429)."""
        if person != VISITOR:
            _ask(self.sessions, person.actor)

    def answer(self, address: str) -> None:
        """A conversation is to go on. Raises Refused (429)."""
        _ask(self.answers, network_of(address))

    def answer_of(self, person: Person) -> None:
        """It is this person's. Raises Refused (429)."""
        if person != VISITOR:
            _ask(self.answers, person.actor)

    def request(self, address: str) -> None:
        """Anything is asked. Raises Refused (429)."""
        _ask(self.requests, network_of(address))


def bounds_of(limits: Limits) -> Bounds:
    """The bounds that the limits say."""
    return Bounds(
        Limiter(limits.sessions_a_minute, monotonic),
        Limiter(limits.answers_a_minute, monotonic),
        Limiter(limits.requests_a_minute, monotonic),
        limits.body_bytes,
    )


def network_of(address: str) -> str:
    """What stands for everybody at an address."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return address


def _ask(limiter: Limiter, who: str) -> None:
    seconds = limiter.wait(who)
    if seconds:
        words = "a second" if seconds == 1 else f"{seconds} seconds"
        headers = {"Retry-After": str(seconds)}
        raise Refused(429, "These are too many requests.", f"Please wait {words}.", headers)
