"""Every record and action a flow can name, declared once.

Only declarations: no backend is known here. A backend performs those it can (see `port`), and the checker,
the gates and the screens read the rest from these values.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine import (
    DATE,
    MOMENT,
    NUMBER,
    SECRET,
    TEXT,
    TRUTH,
    Action,
    Audience,
    Catalog,
    ChoiceType,
    Clause,
    Effect,
    Failure,
    IdType,
    ListType,
    Param,
    RecordType,
    SideEffect,
    Spoken,
    Type,
    Undo,
    optional,
    record,
)

CLIENT_ID = IdType(frozenset({"client"}))
CONTACT_ID = IdType(frozenset({"contact"}))
SUBJECT_ID = IdType(frozenset({"client", "contact"}))
MESSAGE_ID = IdType(frozenset({"message"}))

KIND = ChoiceType(("adult", "minor", "adult_with_guardian", "unknown"))
INVITATION_KIND = ChoiceType(("first", "resend"))
VERIFICATION_OUTCOME = ChoiceType(("passed", "failed"))

STAFF = frozenset({Audience.PRACTITIONER, Audience.AGENT, Audience.ADMIN})
SIGNED_IN = STAFF | {Audience.CLIENT}
OFFICE = frozenset({Audience.AGENT, Audience.ADMIN})
EVERYBODY = frozenset(Audience)


def _about_somebody(name: str, members: Mapping[str, Type], staff_only: tuple[str, ...] = ()) -> RecordType:
    """A record about a person. A visitor, who may be anybody, sees nothing of it. Whoever is signed in does
    not see what is `staff_only`: addresses, numbers and birth dates in full, and what is about others.
    Whoever finds a device open, or took an account over, must not learn here how to get further."""
    hidden = {each: EVERYBODY - (STAFF if each in staff_only else SIGNED_IN) for each in members}
    return record(name, members, hidden)


CLINIC = record(
    "Clinic",
    {
        "id": IdType(frozenset({"clinic"})),
        "name": TEXT,
        "login_url": TEXT,
        "support_email": TEXT,
        "timezone": TEXT,
        "invite_hours": NUMBER,
        "mail_policy": ChoiceType(("automatic", "manual", "prompt")),
        "resend_minutes": NUMBER,
    },
)
CLIENT_REF = _about_somebody(
    "ClientRef",
    {
        "id": CLIENT_ID,
        "name": TEXT,
        "first_name": TEXT,
        "kind": KIND,
        "birth_year": optional(NUMBER),
        "city": optional(TEXT),
        "email_masked": optional(TEXT),
        # The ids of those of the clinic who see this client; not every system says it.
        "practitioners": optional(ListType(TEXT)),
    },
    staff_only=("birth_year", "city", "practitioners"),
)
FOUND_CLIENTS = record("FoundClients", {"clients": ListType(CLIENT_REF), "truncated": TRUTH})
CLIENT = _about_somebody(
    "Client",
    {
        "id": CLIENT_ID,
        "kind": KIND,
        "name": TEXT,
        "first_name": TEXT,
        "email": optional(TEXT),
        "phone": optional(TEXT),
        "birth_date": optional(DATE),
        "status": ChoiceType(("active", "archived")),
        "version": TEXT,
    },
    staff_only=("email", "phone", "birth_date"),
)
CONTACT = _about_somebody(
    "Contact",
    {
        "id": CONTACT_ID,
        "client_id": CLIENT_ID,
        "name": TEXT,
        "first_name": TEXT,
        "relationship": ChoiceType(("parent", "guardian", "spouse", "other")),
        "is_primary": TRUTH,
        "email": optional(TEXT),
        "phone": optional(TEXT),
        "version": TEXT,
    },
    staff_only=("email", "phone"),
)
PORTAL_SETTINGS = _about_somebody(
    "PortalSettings",
    {
        "subject": SUBJECT_ID,
        "online_access": optional(TRUTH),
        "email_notifications": optional(TRUTH),
        "switched_off_by": optional(ChoiceType(("client", "staff", "system"))),
        "version": TEXT,
    },
)
PRACTITIONERS = _about_somebody(
    "Practitioners",
    {"subject": SUBJECT_ID, "practitioners": ListType(TEXT)},
    staff_only=("practitioners",),
)
EMAIL_HISTORY = _about_somebody("EmailHistory", {"subject": SUBJECT_ID, "changed_at": optional(MOMENT)})
EMAIL_CHECK = _about_somebody(
    "EmailCheck",
    {
        "address": optional(TEXT),
        "masked": optional(TEXT),
        "well_formed": TRUTH,
        "suggestion": optional(TEXT),
        "suggested_domain": optional(TEXT),
        "shared_with": NUMBER,
        "look_alike": TRUTH,
        "often_blocked": TRUTH,
    },
    staff_only=("address", "suggestion", "suggested_domain", "shared_with"),
)
ACCOUNT = _about_somebody(
    "Account",
    {
        "subject": SUBJECT_ID,
        "login_email": optional(TEXT),
        "state": ChoiceType(("none", "invited", "active", "disabled", "locked", "unknown")),
        "mfa": optional(TRUTH),
        "last_login": optional(MOMENT),
    },
    staff_only=("login_email",),
)
INVITATION = _about_somebody(
    "Invitation",
    {
        "subject": SUBJECT_ID,
        "state": ChoiceType(("none", "pending", "used", "expired", "failed", "unknown")),
        "sent_at": optional(MOMENT),
        "expires_at": optional(MOMENT),
        "sent_minutes_ago": optional(NUMBER),
        "to_address": optional(TEXT),
        "message_id": optional(MESSAGE_ID),
    },
    staff_only=("to_address",),
)
SEND_RECEIPT = _about_somebody(
    "SendReceipt",
    {
        "message_id": MESSAGE_ID,
        "accepted": TRUTH,
        "account_created": TRUTH,
        "masked": TEXT,
        "sent_at": MOMENT,
    },
)
DELIVERY = _about_somebody(
    "Delivery",
    {
        "state": ChoiceType(
            ("unknown", "queued", "sent", "delivered", "deferred", "bounced", "suppressed", "complained")
        ),
        "status": optional(TEXT),
        "reason": optional(
            ChoiceType(
                (
                    "bad_address",
                    "bad_domain",
                    "mailbox_disabled",
                    "mailbox_full",
                    "deferred",
                    "sender_policy",
                    "sent_unknown",
                )
            )
        ),
        "masked": optional(TEXT),
        "at": optional(MOMENT),
    },
    staff_only=("status",),
)
TICKET_REF = record("TicketRef", {"id": IdType(frozenset({"ticket"})), "number": TEXT, "mailed": TRUTH})
QUEUE_REF = record("QueueRef", {"id": IdType(frozenset({"request"}))})
VERIFICATION = _about_somebody(
    "Verification",
    {
        "id": IdType(frozenset({"verification"})),
        "subject": SUBJECT_ID,
        "method": TEXT,
        "outcome": VERIFICATION_OUTCOME,
        "covers": ListType(TEXT),
        "by": TEXT,
        "at": MOMENT,
    },
    staff_only=("method", "by"),
)
EMAIL_CHANGE = _about_somebody(
    "EmailChange",
    {
        "subject": SUBJECT_ID,
        "version": TEXT,
        "masked_old": optional(TEXT),
        "masked_new": TEXT,
        "notified_old": TRUTH,
        "notified_new": TRUTH,
    },
)
TEMP_CREDENTIAL = _about_somebody(
    "TempCredential",
    {
        "subject": SUBJECT_ID,
        # Absent where the password was not generated: whoever typed it knows it.
        "secret": optional(SECRET),
        "login_email": TEXT,
        "expires_at": optional(MOMENT),
        "must_change": optional(TRUTH),
        "notified": optional(TRUTH),
    },
    staff_only=("login_email",),
)
CONSENT = _about_somebody(
    "Consent",
    {
        "client": CLIENT_ID,
        "contact": CONTACT_ID,
        "status": ChoiceType(("none", "active", "inactive", "unknown")),
        "granted_by": optional(TEXT),
        "at": optional(MOMENT),
        "version": TEXT,
    },
    staff_only=("granted_by",),
)
VIDEO_SESSION = _about_somebody(
    "VideoSession",
    {
        "subject": SUBJECT_ID,
        "client": CLIENT_ID,
        "state": ChoiceType(("none", "scheduled", "open", "over")),
        "start": optional(MOMENT),
        "end": optional(MOMENT),
        "join_opens": optional(MOMENT),
        "join_url_present": TRUTH,
        "cancelled": TRUTH,
    },
)

RECORDS: Mapping[str, RecordType] = {
    kind.name: kind
    for kind in (
        CLINIC,
        CLIENT_REF,
        FOUND_CLIENTS,
        CLIENT,
        CONTACT,
        PORTAL_SETTINGS,
        EMAIL_CHECK,
        PRACTITIONERS,
        EMAIL_HISTORY,
        ACCOUNT,
        INVITATION,
        SEND_RECEIPT,
        DELIVERY,
        TICKET_REF,
        QUEUE_REF,
        VERIFICATION,
        EMAIL_CHANGE,
        TEMP_CREDENTIAL,
        CONSENT,
        VIDEO_SESSION,
    )
}

_CLIENT_PARAM = Param("client", CLIENT_ID, doc="the client's id")
_SUBJECT_PARAM = Param("subject", SUBJECT_ID, doc="the id of the client or contact it is about")
_CONTACT_PARAM = Param("contact", CONTACT_ID, doc="the id of one of the client's contacts")
_EVIDENCE_PARAM = Param("evidence_ref", TEXT, doc="where the signed form or note is kept that proves it")
_NOT_FOUND = frozenset({Failure.NOT_FOUND})
_WRITTEN = frozenset({Failure.NOT_FOUND, Failure.NOT_READY, Failure.CONFLICT, Failure.OUTCOME_UNKNOWN})

_ENDS_LINKS = SideEffect("ends_links", "ends the links sent before", "ended the links sent before")
_SIGNS_OUT = SideEffect("signs_out", "signs {subject} out everywhere", "signed {subject} out everywhere")
_TELLS_PERSON = SideEffect("tells_person", "tells {subject} by email")

_READS = (
    Action(
        name="get_clinic",
        doc="Reads the clinic's name, login address, support address and mail rules.",
        params=(),
        result=CLINIC,
        effect=Effect.READ,
        risk=0,
        audiences=SIGNED_IN,
        failures=frozenset(),
    ),
    Action(
        name="find_clients",
        doc="Finds clients by any part of a name, an address or an id, also of their contacts.",
        params=(
            Param("query", TEXT, doc="any part of a name or an address, or an id"),
            Param("birth_date", DATE, required=False, doc="tells people of one name apart"),
        ),
        result=FOUND_CLIENTS,
        effect=Effect.READ,
        risk=1,
        audiences=STAFF,
        failures=frozenset(),
    ),
    Action(
        name="get_client",
        doc="Reads one client's record.",
        params=(_CLIENT_PARAM,),
        result=CLIENT,
        effect=Effect.READ,
        risk=1,
        audiences=STAFF,
        failures=_NOT_FOUND,
        subject="client",
    ),
    Action(
        name="list_contacts",
        doc="Reads the contacts on a client's People tab.",
        params=(_CLIENT_PARAM,),
        result=ListType(CONTACT),
        effect=Effect.READ,
        risk=1,
        audiences=STAFF,
        failures=_NOT_FOUND,
        subject="client",
    ),
    Action(
        name="list_practitioners",
        doc="Reads which of the clinic's practitioners see this client, or the client of this contact.",
        params=(_SUBJECT_PARAM,),
        result=PRACTITIONERS,
        effect=Effect.READ,
        risk=1,
        audiences=STAFF,
        failures=_NOT_FOUND,
        subject="subject",
    ),
    Action(
        name="get_portal_settings",
        doc="Reads whether online access and email notifications are on.",
        params=(_SUBJECT_PARAM,),
        result=PORTAL_SETTINGS,
        effect=Effect.READ,
        risk=1,
        audiences=SIGNED_IN,
        failures=_NOT_FOUND,
        subject="subject",
        tells=("online_access", "email_notifications", "switched_off_by"),
    ),
    Action(
        name="check_email",
        doc="Looks the address on record over: its form, likely typing errors, who else has it.",
        params=(_SUBJECT_PARAM,),
        result=EMAIL_CHECK,
        effect=Effect.READ,
        risk=1,
        audiences=SIGNED_IN,
        failures=_NOT_FOUND,
        subject="subject",
        tells=("well_formed", "look_alike", "often_blocked", "shared_with"),
    ),
    Action(
        name="last_email_change",
        doc="When the address on record was last changed, by whatever way; nothing where it never was.",
        params=(_SUBJECT_PARAM,),
        result=EMAIL_HISTORY,
        effect=Effect.READ,
        risk=1,
        audiences=STAFF,
        failures=_NOT_FOUND,
        subject="subject",
    ),
    Action(
        name="get_account",
        doc="Reads the state of a person's portal account.",
        params=(_SUBJECT_PARAM,),
        result=ACCOUNT,
        effect=Effect.READ,
        risk=1,
        audiences=SIGNED_IN,
        failures=_NOT_FOUND,
        subject="subject",
        tells=("state", "mfa"),
    ),
    Action(
        name="get_invitation",
        doc="Reads when the account setup email was last sent, where to, and whether its link still works.",
        params=(_SUBJECT_PARAM,),
        result=INVITATION,
        effect=Effect.READ,
        risk=1,
        audiences=SIGNED_IN,
        failures=_NOT_FOUND,
        subject="subject",
        tells=("state",),
    ),
    Action(
        name="get_delivery",
        doc="Reads what is known about the delivery of one message.",
        params=(
            Param("message", MESSAGE_ID, doc="the id of a message that was sent"),
            Param("subject", SUBJECT_ID, required=False, doc="the id of whom it must have been sent to"),
        ),
        result=DELIVERY,
        effect=Effect.READ,
        risk=1,
        audiences=SIGNED_IN,
        failures=_NOT_FOUND,
        subject="subject",
        tells=("state", "status", "reason"),
    ),
    Action(
        name="get_consent",
        doc="Reads whether a contact has consent to see the client's information in the portal.",
        params=(_CLIENT_PARAM, _CONTACT_PARAM),
        result=CONSENT,
        effect=Effect.READ,
        risk=1,
        audiences=SIGNED_IN,
        failures=_NOT_FOUND,
        subject="contact",
    ),
    Action(
        name="next_video_session",
        doc="Reads a client's next video session, or the one that has just ended. For a contact it is the"
        " session of the client whose contact they are, once consent is recorded for them.",
        params=(_SUBJECT_PARAM,),
        result=VIDEO_SESSION,
        effect=Effect.READ,
        risk=1,
        audiences=SIGNED_IN,
        failures=_NOT_FOUND | {Failure.NOT_READY},
        subject="subject",
    ),
)

_WRITES = (
    Action(
        name="set_portal_settings",
        doc="Switches online access and email notifications on or off; what is omitted stays as it is.",
        params=(
            _SUBJECT_PARAM,
            Param("online_access", TRUTH, required=False, doc="true: on, false: off, omitted: as it is"),
            Param(
                "email_notifications", TRUTH, required=False, doc="true: on, false: off, omitted: as it is"
            ),
            Param("expected_version", TEXT, doc="the `version` of the settings as they were read"),
        ),
        result=PORTAL_SETTINGS,
        effect=Effect.REVERSIBLE,
        risk=3,
        audiences=SIGNED_IN,
        failures=frozenset(
            {Failure.NOT_FOUND, Failure.STALE_VERSION, Failure.NOT_READY, Failure.OUTCOME_UNKNOWN}
        ),
        subject="subject",
        sentence="Switches {clauses} for {subject}.",
        done="Switched {clauses} for {subject}",
        clauses=(
            Clause("online_access", {"true": "online access on", "false": "online access off"}),
            Clause(
                "email_notifications", {"true": "email notifications on", "false": "email notifications off"}
            ),
        ),
        keyed=True,
        undo=Undo(
            "set_portal_settings",
            same=("subject",),
            restored=("online_access", "email_notifications"),
            version="expected_version",
        ),
    ),
    Action(
        name="send_invitation",
        doc="Sends the account setup email with a new one-time link to the address on record.",
        params=(
            _SUBJECT_PARAM,
            Param("kind", INVITATION_KIND, doc="`first` for the first one, `resend` for another"),
        ),
        result=SEND_RECEIPT,
        effect=Effect.IRREVERSIBLE,
        risk=2,
        audiences=SIGNED_IN,
        failures=frozenset(
            {
                Failure.NOT_FOUND,
                Failure.RATE_LIMITED,
                Failure.NOT_READY,
                Failure.CONFLICT,
                Failure.UNDELIVERABLE,
                Failure.PARTIAL,
                Failure.OUTCOME_UNKNOWN,
            }
        ),
        subject="subject",
        sentence="Sends {clauses} to {subject}'s address on record{also}.",
        done="Sent {clauses} to {subject}'s address on record{also}",
        clauses=(
            Clause(
                "kind",
                {
                    "first": "the first account setup email",
                    "resend": "a new account setup email",
                },
            ),
        ),
        side_effects=(msgspec.structs.replace(_ENDS_LINKS, only={"kind": "resend"}),),
        keyed=True,
    ),
    Action(
        name="send_password_reset",
        doc="Sends an email with a one-time link for a new password to the address on record.",
        params=(_SUBJECT_PARAM,),
        result=SEND_RECEIPT,
        effect=Effect.IRREVERSIBLE,
        risk=2,
        audiences=SIGNED_IN,
        failures=frozenset(
            {
                Failure.NOT_FOUND,
                Failure.RATE_LIMITED,
                Failure.NOT_READY,
                Failure.UNDELIVERABLE,
                Failure.OUTCOME_UNKNOWN,
            }
        ),
        subject="subject",
        sentence="Sends a password reset email to {subject}'s address on record{also}.",
        done="Sent a password reset email to {subject}'s address on record{also}",
        side_effects=(_ENDS_LINKS,),
        keyed=True,
    ),
    Action(
        name="open_ticket",
        doc="Hands the case over: keeps a ticket at the clinic and mails it to the clinic's support address.",
        params=(
            Param("topic", TEXT, doc="what it is about, in a few words"),
            Param("summary", TEXT, doc="what was found and tried, without addresses in full"),
            Param("trail", ListType(TEXT), doc="what was asked, answered and done, one line each"),
            Param("subject", SUBJECT_ID, required=False, doc="the id of the client or contact it is about"),
        ),
        result=TICKET_REF,
        effect=Effect.IRREVERSIBLE,
        risk=0,
        audiences=SIGNED_IN,
        failures=frozenset({Failure.NOT_FOUND, Failure.OUTCOME_UNKNOWN}),
        subject="subject",
        sentence="Opens a ticket with the clinic's support: {topic}.",
        done="Opened a ticket with the clinic's support: {topic}",
        keyed=True,
    ),
    Action(
        name="request_help",
        doc="Puts a request in the clinic's queue; the answer is the same whoever asks.",
        params=(
            Param("topic", TEXT, doc="what help is asked for"),
            Param("contact", TEXT, required=False, doc="how to reach the person, as typed"),
        ),
        result=QUEUE_REF,
        effect=Effect.REVERSIBLE,
        risk=0,
        audiences=EVERYBODY,
        failures=frozenset({Failure.OUTCOME_UNKNOWN}),
        sentence="Puts a request for help in the clinic's queue.",
        done="Put a request for help in the clinic's queue",
        keyed=True,
    ),
)

_GUARDED = (
    Action(
        name="record_verification",
        doc="Records how a person's identity was verified, or that it could not be.",
        params=(
            _SUBJECT_PARAM,
            Param("method", TEXT, doc="the id of the way in which it was verified, or tried", plain=True),
            Param("outcome", VERIFICATION_OUTCOME, doc="`passed` or `failed`"),
            Param("covers", ListType(TEXT), doc="the names of the actions it is meant for", plain=True),
        ),
        result=VERIFICATION,
        effect=Effect.REVERSIBLE,
        risk=2,
        audiences=STAFF,
        failures=frozenset({Failure.NOT_FOUND, Failure.OUTCOME_UNKNOWN}),
        subject="subject",
        sentence="Records that {subject}'s identity {clauses}.",
        done="Recorded that {subject}'s identity {clauses}",
        clauses=(Clause("outcome", {"passed": "was verified", "failed": "could not be verified"}),),
        keyed=True,
    ),
    Action(
        name="update_email",
        doc="Changes the address on record.",
        params=(
            _SUBJECT_PARAM,
            Param("new_email", TEXT, doc="the new address, in full"),
            Param("expected_version", TEXT, doc="the `version` of the settings as they were read"),
        ),
        result=EMAIL_CHANGE,
        effect=Effect.IRREVERSIBLE,
        risk=4,
        audiences=SIGNED_IN,
        failures=_WRITTEN | {Failure.STALE_VERSION},
        subject="subject",
        sentence="Changes {subject}'s email address to {new_email}{also}.",
        done="Changed {subject}'s email address to {new_email}{also}",
        side_effects=(
            SideEffect("tells_old_address", "tells the old address"),
            SideEffect("tells_new_address", "tells the new address"),
            _ENDS_LINKS,
        ),
        keyed=True,
    ),
    Action(
        name="set_temporary_password",
        doc="Sets a new password for somebody's account. It is meant to be used once, and then changed.",
        params=(
            _SUBJECT_PARAM,
            Param("password", SECRET, required=False, doc="one that was typed; omitted: a generated one"),
        ),
        result=TEMP_CREDENTIAL,
        effect=Effect.IRREVERSIBLE,
        risk=4,
        audiences=STAFF,
        failures=_WRITTEN,
        subject="subject",
        sentence="Sets a new password for {subject}'s account{also}.",
        done="Set a new password for {subject}'s account{also}",
        side_effects=(
            SideEffect("expires", "lets it expire within a day"),
            SideEffect("must_change", "has it changed at the first use"),
            _SIGNS_OUT,
            _TELLS_PERSON,
        ),
        keyed=True,
        reveal="The new password for {subject}",
    ),
    Action(
        name="clear_suppression",
        doc="Lets mail go again to an address on record that is no longer written to.",
        params=(
            _SUBJECT_PARAM,
            Param("client_asked", TRUTH, doc="whether the person has asked for it themself"),
        ),
        result=DELIVERY,
        effect=Effect.IRREVERSIBLE,
        risk=2,
        audiences=OFFICE,
        failures=_WRITTEN,
        subject="subject",
        sentence="Lets mail go to {subject}'s address on record again, {clauses}.",
        done="Let mail go to {subject}'s address on record again, {clauses}",
        clauses=(
            Clause("client_asked", {"true": "as the person has asked", "false": "without having been asked"}),
        ),
        keyed=True,
    ),
    Action(
        name="unlock_account",
        doc="Unlocks an account that was locked after too many wrong passwords.",
        params=(_SUBJECT_PARAM,),
        result=ACCOUNT,
        effect=Effect.IRREVERSIBLE,
        risk=4,
        audiences=OFFICE,
        failures=_WRITTEN,
        subject="subject",
        sentence="Unlocks {subject}'s account.",
        done="Unlocked {subject}'s account",
        keyed=True,
    ),
    Action(
        name="revoke_sessions",
        doc="Signs a person out of the portal on every device.",
        params=(_SUBJECT_PARAM,),
        result=ACCOUNT,
        effect=Effect.IRREVERSIBLE,
        risk=4,
        audiences=OFFICE | {Audience.CLIENT},
        failures=_WRITTEN,
        subject="subject",
        sentence="Signs {subject} out everywhere.",
        done="Signed {subject} out everywhere",
        keyed=True,
    ),
    Action(
        name="reset_mfa",
        doc="Switches the second factor of an account off.",
        params=(_SUBJECT_PARAM,),
        result=ACCOUNT,
        effect=Effect.IRREVERSIBLE,
        risk=4,
        audiences=frozenset({Audience.ADMIN}),
        failures=_WRITTEN,
        subject="subject",
        sentence="Switches the second factor of {subject}'s account off{also}.",
        done="Switched the second factor of {subject}'s account off{also}",
        side_effects=(
            SideEffect("ends_password", "ends the password", "ended the password"),
            _SIGNS_OUT,
            _TELLS_PERSON,
        ),
        keyed=True,
    ),
    Action(
        name="record_consent",
        doc="Records the consent for a primary contact to see the client's information in the portal.",
        params=(
            _CLIENT_PARAM,
            _CONTACT_PARAM,
            _EVIDENCE_PARAM,
            Param("expected_version", TEXT, doc="the `version` of the consent as it was read"),
        ),
        result=CONSENT,
        effect=Effect.IRREVERSIBLE,
        risk=4,
        audiences=STAFF,
        failures=_WRITTEN | {Failure.STALE_VERSION},
        subject="contact",
        sentence="Records consent for {subject} to see the client's information in the portal"
        " (proof: {evidence_ref}).",
        done="Recorded consent for {subject} to see the client's information in the portal",
        keyed=True,
    ),
    Action(
        name="withdraw_consent",
        doc="Withdraws the consent for a contact to see the client's information in the portal.",
        params=(
            _CLIENT_PARAM,
            _CONTACT_PARAM,
            _EVIDENCE_PARAM,
            Param("expected_version", TEXT, doc="the `version` of the consent as it was read"),
        ),
        result=CONSENT,
        effect=Effect.IRREVERSIBLE,
        risk=4,
        audiences=SIGNED_IN,
        failures=_WRITTEN | {Failure.STALE_VERSION},
        subject="contact",
        sentence="Withdraws the consent for {subject} to see the client's information in the portal"
        " (proof: {evidence_ref}).",
        done="Withdrew the consent for {subject} to see the client's information in the portal",
        keyed=True,
    ),
)

CATALOG = Catalog(
    actions={action.name: action for action in _READS + _WRITES + _GUARDED},
    records=RECORDS,
    hand_over="open_ticket",
    verification="record_verification",
    addresses=frozenset({"email", "address", "login_email", "to_address", "suggestion"}),
    spoken={
        "online_access": Spoken("online access", "on", "off"),
        "email_notifications": Spoken("email notifications", "on", "off"),
        "mfa": Spoken("second step at login", "on", "off"),
        "login_email": Spoken("address to log in with"),
        "look_alike": Spoken("address looks like another one"),
        "well_formed": Spoken("address is written correctly"),
        "suggestion": Spoken("likely right address"),
        "shared_with": Spoken("others with this address"),
        "often_blocked": Spoken("mail to there is often blocked"),
        "is_primary": Spoken("primary contact"),
        "truncated": Spoken("more were found"),
        "join_url_present": Spoken("link to join"),
        "switched_off_by": Spoken("switched off by"),
    },
)

LOOK_BACK: Mapping[str, str] = {
    action.name: f"{action.name}.look_back"
    for action in CATALOG.actions.values()
    if action.effect is not Effect.READ
}
"""For each action that changes something, the name of the capability that what became of a lost call of it
can be found out."""

CAPABILITIES = frozenset(CATALOG.actions) | CATALOG.side_effects | frozenset(LOOK_BACK.values())
"""All that a system can be able to do."""
