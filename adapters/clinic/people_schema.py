"""The JSON Schema of a people file, for editors. What the people mean is read in `people_file`."""

from __future__ import annotations

from adapters.clinic.people_file import ACCOUNT_STATES, DELIVERY_STATES, INVITATION_STATES, KINDS
from adapters.json_schema import Schema, closed, list_of, one_of, or_null, text, told, truth, whole

_AGO: Schema = {"type": "string", "pattern": r"^\s*[0-9]{1,5} (minute|hour|day|week)s? ago\s*$"}
_SOON: Schema = {
    "type": "string",
    "pattern": r"^\s*(in [0-9]{1,5} (minute|hour|day|week)s?|[0-9]{1,5} (minute|hour|day|week)s? ago)\s*$",
}

CLINIC: dict[str, Schema] = {
    "name": told("The name of the clinic", text()),
    "login_url": told("Where clients log in; an https address", text()),
    "support_email": told("Where people write for help", text()),
    "mail_from": told("The address that the clinic's emails come from", text()),
    "timezone": told("Like America/Toronto", text()),
    "invite_hours": told("So many hours an invitation can be used", whole(1, 24 * 31)),
    "resend_minutes": told("So many minutes lie between two setup emails", whole(0, 24 * 60)),
    "age_of_majority": told("From this age on a person is an adult", whole(1, 30)),
    "mail_policy": told(
        "Whether setup emails are sent by themselves", one_of(("automatic", "manual", "prompt"))
    ),
}
_PERSON: dict[str, Schema] = {
    "name": told("The whole name", text()),
    "email": told("The address on record; null: there is none", or_null(text())),
    "phone": told("The number on record; null: there is none", or_null(text())),
    "status": told("Archived people are found no more", one_of(("active", "archived"))),
    "online_access": told("Whether the portal is open to them; null: not known", or_null(truth())),
    "email_notifications": told("Whether they get emails; null: not known", or_null(truth())),
    "switched_off_by": told("Who switched it off", or_null(one_of(("client", "staff", "system")))),
    "account": told(
        "Their account in the portal",
        {
            "anyOf": [
                one_of(ACCOUNT_STATES),
                closed(
                    {
                        "state": one_of(ACCOUNT_STATES),
                        "login_email": or_null(text()),
                        "mfa": truth(),
                        "last_login": or_null(_AGO),
                    },
                    ("state",),
                ),
            ]
        },
    ),
    "invitation": told(
        "The last setup email",
        {
            "anyOf": [
                one_of(INVITATION_STATES),
                closed({"state": one_of(INVITATION_STATES), "sent": or_null(_AGO)}),
            ]
        },
    ),
    "delivery": told(
        "What became of the last email",
        {"anyOf": [one_of(DELIVERY_STATES), closed({"state": one_of(DELIVERY_STATES), "status": text()})]},
    ),
}
CONTACT: dict[str, Schema] = {
    **_PERSON,
    "relationship": told("Who they are to the client", one_of(("parent", "guardian", "spouse", "other"))),
    "primary": told("Whether they speak for the client", truth()),
    "consent": told("Whether they agreed to video sessions", one_of(("none", "active", "inactive"))),
}
_VIDEO = closed(
    {
        "starts": told('Like "in 2 days" or "20 minutes ago"', _SOON),
        "minutes": told("How long it takes", whole(1, 24 * 60)),
        "opens": told("So many minutes before the start one can come in", whole(0, 24 * 60)),
        "link": told("Whether there is a link to it", truth()),
        "cancelled": told("Whether it was called off", truth()),
    },
    ("starts",),
)
CLIENT: dict[str, Schema] = {
    **_PERSON,
    "kind": told("Grown up or not, as the clinic knows it", one_of(KINDS)),
    "birth_date": told("Like 1990-02-03; null: not known", or_null(text())),
    "city": told("Where they live", or_null(text())),
    "practitioners": told("The ids of those at the clinic who see them", list_of(text())),
    "video": told("Their next video session", _VIDEO),
    "contacts": told("Parents, guardians and others", list_of(closed(CONTACT, ("name",)))),
}


def people_schema() -> Schema:
    """A clinic and its clients, as they stand in a file or in a replay (without the name of the dialect)."""
    clients = told("The clients of the clinic", list_of(closed(CLIENT, ("name",))))
    return closed({"clinic": told("The clinic itself", closed(CLINIC)), "clients": clients})
