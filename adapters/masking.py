"""What comes back from the clinic's system for a signed-in client: no address is whole in it.

Whoever has got at the account of somebody else must not learn from it where that person can be written to,
and no author of a flow can show what no flow is given. Knows records by the names of their members only.
"""

from __future__ import annotations

import re

import msgspec

from engine import CheckedBack, Event, Failed, Happened, Succeeded, Value, masked

# A local part may hold an apostrophe, or be quoted; its length is bounded, so that looking ends in time.
_ADDRESS = re.compile(
    r"(?:\"[^\"\n]{1,64}\"|[^\s<>()\[\]\",;:]{1,256})@[^\s<>()\[\]\"',;:]{1,255}[^\s<>()\[\]\"',;:.]"
)


def with_masks(event: Event, addresses: frozenset[str]) -> Event:
    """The same outcome of a call, with every address on record masked: what stands in the members of these
    names, and in the backend's own words."""
    match event:
        case Succeeded(result=result):
            return msgspec.structs.replace(event, result=_shown(result, addresses))
        case Failed(result=result, message=message):
            said = _ADDRESS.sub(lambda found: masked(found.group()), message)
            return msgspec.structs.replace(event, result=_shown(result, addresses), message=said)
        case CheckedBack(finding=Happened(result=result)):
            return msgspec.structs.replace(event, finding=Happened(_shown(result, addresses)))
        case _:
            return event


def _shown(value: Value, addresses: frozenset[str]) -> Value:
    if isinstance(value, list):
        return [_shown(each, addresses) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: masked(each) if name in addresses and isinstance(each, str) else _shown(each, addresses)
        for name, each in value.items()
    }
