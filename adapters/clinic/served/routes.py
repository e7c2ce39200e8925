"""Where every action of the catalogue is found in the HTTP API: one table.

Only the addresses are here. What is not in the path, the query or a header is a member of the JSON body.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from adapters.clinic.actions import CATALOG
from engine import Failure

VERSION_PARAM = "expected_version"
"""The parameter that travels as the header If-Match, as the member `version` of a result does as ETag."""


class Route(msgspec.Struct, frozen=True):
    """The address of one action. `query` names the parameters that stand in the query, and `told` those that
    the answer repeats, since its result does not say whom or what it is about."""

    action: str
    method: str
    path: str
    query: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def in_path(self) -> tuple[str, ...]:
        """The parameters that stand in the path."""
        params = CATALOG.actions[self.action].params
        return tuple(param.name for param in params if f"{{{param.name}" in self.path)


_PERSON = "/v1/people/{subject}"
_CLIENT = "/v1/clients/{client}"
_CONSENT = f"{_CLIENT}/contacts/{{contact}}/consent"

ROUTES: tuple[Route, ...] = (
    Route("get_clinic", "GET", "/v1/clinic"),
    Route("find_clients", "GET", "/v1/clients", ("query", "birth_date"), ("query",)),
    Route("get_client", "GET", _CLIENT),
    Route("list_contacts", "GET", f"{_CLIENT}/contacts"),
    Route("list_practitioners", "GET", f"{_PERSON}/practitioners"),
    Route("get_portal_settings", "GET", f"{_PERSON}/settings"),
    Route("set_portal_settings", "PATCH", f"{_PERSON}/settings"),
    Route("check_email", "GET", f"{_PERSON}/email", told=("subject",)),
    Route("last_email_change", "GET", f"{_PERSON}/email/last-change"),
    Route("update_email", "PUT", f"{_PERSON}/email"),
    Route("get_account", "GET", f"{_PERSON}/account"),
    Route("unlock_account", "POST", f"{_PERSON}/account/unlocks"),
    Route("revoke_sessions", "POST", f"{_PERSON}/account/sign-outs"),
    Route("reset_mfa", "POST", f"{_PERSON}/account/mfa-resets"),
    Route("set_temporary_password", "POST", f"{_PERSON}/account/temporary-passwords"),
    Route("get_invitation", "GET", f"{_PERSON}/invitation"),
    Route("send_invitation", "POST", f"{_PERSON}/invitations", told=("subject",)),
    Route("send_password_reset", "POST", f"{_PERSON}/password-resets", told=("subject",)),
    Route("record_verification", "POST", f"{_PERSON}/verifications"),
    Route("clear_suppression", "POST", f"{_PERSON}/suppression-clearings", told=("subject",)),
    Route("get_delivery", "GET", "/v1/messages/{message:path}", ("subject",), ("message",)),
    Route("get_consent", "GET", _CONSENT),
    Route("record_consent", "PUT", _CONSENT),
    Route("withdraw_consent", "POST", f"{_CONSENT}/withdrawals"),
    Route("next_video_session", "GET", f"{_PERSON}/video-session"),
    Route("open_ticket", "POST", "/v1/tickets", told=("subject",)),
    Route("request_help", "POST", "/v1/requests"),
)

STATUS: Mapping[Failure, int] = {
    Failure.NOT_FOUND: 404,
    Failure.AMBIGUOUS: 409,
    Failure.INVALID_INPUT: 422,
    Failure.FORBIDDEN: 403,
    Failure.VERIFICATION_REQUIRED: 403,
    Failure.POLICY_DENIED: 403,
    Failure.STALE_VERSION: 412,
    Failure.CONFLICT: 409,
    Failure.NOT_READY: 409,
    Failure.RATE_LIMITED: 429,
    Failure.UNAVAILABLE: 503,
    Failure.OUTCOME_UNKNOWN: 504,
    Failure.PARTIAL: 207,
    Failure.UNDELIVERABLE: 424,
    Failure.UNSUPPORTED: 501,
    Failure.BACKEND_BUG: 500,
    Failure.NOT_CONFIRMED: 500,
}
"""With which status a failure is answered; the body's `error` tells those of one status apart."""
