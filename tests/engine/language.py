"""What the tests of expressions and texts share: scalars made by hand, and a small world of facts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from engine.evaluation import ALLOWED, Facts
from engine.nodes import Scalar
from engine.source import Place, Source
from engine.types import (
    DATE,
    MOMENT,
    NOTHING,
    NUMBER,
    SECRET,
    TEXT,
    TRUTH,
    ChoiceType,
    IdType,
    ListType,
    Type,
    optional,
    record,
)
from engine.typing_rules import Scope, facts_everywhere
from engine.values import Value

CASES: Final = Path(__file__).parent.parent / "cases"

PORTAL = record(
    "PortalSettings",
    {
        "online_access": optional(TRUTH),
        "email_notifications": optional(TRUTH),
        "switched_off_by": optional(ChoiceType(("client", "staff", "system"))),
        "version": TEXT,
    },
)
CONTACT = record("Contact", {"name": TEXT, "is_primary": TRUTH, "email": optional(TEXT)})
CLIENT = record(
    "Client",
    {
        "id": IdType(frozenset({"client"})),
        "name": TEXT,
        "first_name": TEXT,
        "kind": ChoiceType(("adult", "minor", "adult_with_guardian", "unknown")),
        "email": optional(TEXT),
        "birth_date": optional(DATE),
        "portal": optional(PORTAL),
    },
)
TYPES: Final[dict[str, Type]] = {
    "client": CLIENT,
    "clinic": record("Clinic", {"login_url": TEXT, "name": TEXT}),
    "portal": PORTAL,
    "contacts": ListType(CONTACT),
    "words": ListType(TEXT),
    "kinds": ListType(ChoiceType(("adult", "minor"))),
    "guardian": optional(CONTACT),
    "name": TEXT,
    "number": NUMBER,
    "maybe_number": optional(NUMBER),
    "sure": TRUTH,
    "maybe": optional(TRUTH),
    "sent_at": MOMENT,
    "day": DATE,
    "message": IdType(frozenset({"message"})),
    "password": SECRET,
    "maybe_password": optional(SECRET),
    "nothing": NOTHING,
}
ACTIONS: Final = frozenset({"open_ticket", "send_invitation", "set_portal_settings"})
SCOPE: Final = Scope({**TYPES, **facts_everywhere(("client_chart", "edit_profile", "save"))}, actions=ACTIONS)


def scalar(text: str, value: Value = None, line: int = 1, column: int = 1) -> Scalar:
    """A scalar that begins at a line and column of a file; further lines begin at column 1."""
    source = Source("flow.yaml", "\n" * (line - 1) + " " * (column - 1) + text)
    starts = [Place(source, line, column)]
    starts += [Place(source, line + row, 1) for row in range(1, text.count("\n") + 1)]
    own = value if isinstance(value, bool | int | float) else text
    return Scalar(own, text, starts[0], False, tuple(starts))


def cases(name: str) -> list[dict[str, object]]:
    """The cases of a file in tests/cases."""
    loaded = yaml.safe_load((CASES / name).read_text(encoding="utf-8"))
    assert isinstance(loaded, list)
    return loaded


def everyday_facts() -> dict[str, Value]:
    """Facts that fit `TYPES`, some of them hostile."""
    return {
        "client": {
            "id": "ana-souza",
            "name": "Ana *Souza*",
            "first_name": "Ana",
            "kind": "minor",
            "email": None,
            "birth_date": "2010-02-03",
            "portal": None,
        },
        "clinic": {"login_url": "https://login.clinic.example/site", "name": "Maple Leaf"},
        "portal": {
            "online_access": False,
            "email_notifications": False,
            "switched_off_by": None,
            "version": "3",
        },
        "contacts": [
            {"name": "Rita", "is_primary": True, "email": "rita@clinic.example"},
            {"name": "Paul", "is_primary": False, "email": None},
        ],
        "words": ["red", "green"],
        "kinds": ["adult"],
        "guardian": None,
        "name": "Ana",
        "number": 3,
        "maybe_number": None,
        "sure": True,
        "maybe": None,
        "sent_at": "2026-11-23T09:30:00-05:00",
        "day": "2026-11-23",
        "message": "m-1",
        "password": {"$secret": "s-1", "checks": []},
        "maybe_password": None,
        "nothing": None,
        "today": "2026-11-23",
        "audience": "agent",
        "labels": {"client_chart": "Client Chart Modal", "edit_profile": "Edit Profile", "save": "Save"},
    }


def facts(**changed: Value) -> Facts:
    """The everyday facts, with changes, and with `can('open_ticket')` true."""
    return {**everyday_facts(), **changed, ALLOWED: frozenset({"open_ticket"})}
