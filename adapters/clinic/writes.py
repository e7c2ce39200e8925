"""Which function does each action that changes something, by how it goes on after its transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime

from adapters.clinic.address_changes import update_email
from adapters.clinic.consents import record_consent, withdraw_consent
from adapters.clinic.credentials import (
    reset_mfa,
    revoke_sessions,
    set_temporary_password,
    unlock_account,
)
from adapters.clinic.deliveries import clear_suppression
from adapters.clinic.invitations import prepare_invitation, prepare_reset
from adapters.clinic.notices import Making, Telling
from adapters.clinic.outcomes import Broken, Call, Outcome
from adapters.clinic.portal import set_portal_settings
from adapters.clinic.postings import Posting, settle
from adapters.clinic.records import Clinic
from adapters.clinic.tickets import prepare_ticket, request_help, settle_ticket
from adapters.clinic.verifications import record_verification
from adapters.letters import Carried
from engine import Value

PLAIN: Mapping[str, Callable[[sqlite3.Connection, Call], Value]] = {
    "set_portal_settings": set_portal_settings,
    "request_help": request_help,
    "clear_suppression": clear_suppression,
    "record_verification": record_verification,
    "record_consent": record_consent,
    "withdraw_consent": withdraw_consent,
    "unlock_account": unlock_account,
    "revoke_sessions": revoke_sessions,
}
"""Over when their transaction is."""

TELLING: Mapping[str, Callable[[sqlite3.Connection, Call, Making], Telling]] = {
    "update_email": update_email,
    "set_temporary_password": set_temporary_password,
    "reset_mfa": reset_mfa,
}
"""Over when their transaction is; then those whom it concerns are told by mail."""

PREPARING: Mapping[str, Callable[[sqlite3.Connection, Call, Clinic, Callable[[], str]], Posting | Broken]] = {
    "send_invitation": prepare_invitation,
    "send_password_reset": prepare_reset,
    "open_ticket": prepare_ticket,
}
"""Send a mail: what is recorded before it is carried."""

SETTLING: Mapping[str, Callable[[sqlite3.Connection, Call, Posting, Carried, datetime], Outcome | None]] = {
    "send_invitation": settle,
    "send_password_reset": settle,
    "open_ticket": settle_ticket,
}
"""Send a mail: what is recorded after it was carried."""
