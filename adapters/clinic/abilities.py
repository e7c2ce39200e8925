"""What a clinic's system lacks of all that one can be able to do, by its capabilities."""

from __future__ import annotations

import msgspec

from adapters.clinic.actions import CATALOG, LOOK_BACK

NEEDED = ("get_clinic", "find_clients", "get_client", "list_contacts", "check_email")
"""Without these hardly a flow of the office gets anywhere."""


class Lacking(msgspec.Struct, frozen=True):
    """What is missing, by name: `actions` of the catalogue (which has `of` them); `effects` that its actions
    do not have, or of which it does not say so; `lost`, the actions of which it cannot be found out what
    became of a call whose answer was lost; and `needed`, those of the actions that are `NEEDED`."""

    of: int
    actions: tuple[str, ...]
    effects: tuple[str, ...]
    lost: tuple[str, ...]
    needed: tuple[str, ...]


def lacking(able: frozenset[str]) -> Lacking:
    """What a system with these capabilities (see `port.Backend.capabilities`) lacks."""
    return Lacking(
        len(CATALOG.actions),
        tuple(name for name in CATALOG.actions if name not in able),
        tuple(name for name in sorted(CATALOG.side_effects - able) if name.partition(".")[0] in able),
        tuple(name for name, look in LOOK_BACK.items() if name in able and look not in able),
        tuple(name for name in NEEDED if name not in able),
    )
