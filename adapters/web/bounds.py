"""How much one asker may ask for, in one place: so much within any minute.

Each process counts for itself. Addresses of IPv6 count by their network, since one household has all of it.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic
from typing import NamedTuple

from adapters.web.limiter import Limiter
from adapters.web.people import VISITOR, Person
from adapters.web.refused import Refused

SESSIONS_A_MINUTE = 10
"""Conversations begun, and signed tokens tried, by one address and by one person who is signed in."""

ANSWERS_A_MINUTE = 60
"""Requests that go on with conversations, by one address and by one person who is signed in."""

REQUESTS_A_MINUTE = 600
"""All requests of one address."""

LARGEST_BODY = 65_536
BODY_SECONDS = 15.0
"""For so long a body may take to come in."""

MOST_AT_ONCE = 1_000
"""So many requests may be under way in one process; the next ones are to come again."""

MOST_STREAMS = 500
"""So many streams of events may be open in one process."""


class Bounds(NamedTuple):
    """What counts the beginnings, the answers and all requests of askers."""

    sessions: Limiter
    answers: Limiter
    requests: Limiter

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


def usual_bounds() -> Bounds:
    """The bounds that are documented."""
    return Bounds(*(Limiter(a_minute, monotonic) for a_minute in _USUAL))


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


_USUAL = (SESSIONS_A_MINUTE, ANSWERS_A_MINUTE, REQUESTS_A_MINUTE)


def _ask(limiter: Limiter, who: str) -> None:
    seconds = limiter.wait(who)
    if seconds:
        words = "a second" if seconds == 1 else f"{seconds} seconds"
        headers = {"Retry-After": str(seconds)}
        raise Refused(429, "These are too many requests.", f"Please wait {words}.", headers)
