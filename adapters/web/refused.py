"""What a request is refused with: a problem as RFC 9457 describes it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from adapters.logs import log
from adapters.problems import NothingThere, PlainProblem, Unusable
from adapters.view import Json

MEDIA_TYPE = "application/problem+json"

API_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Origin",
    "X-Content-Type-Options": "nosniff",
}
"""What every reply of the API says: nobody on the way keeps it, and no browser shows it as a page."""


class Refused(Exception):
    """The request is not done. `title` says what is wrong, `detail` what to do about it."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Json] | None = None,
    ) -> None:
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        super().__init__(title)

    def as_json(self) -> dict[str, Json]:
        """The problem as a JSON object: `type`, `title`, `status`, `detail`, and what else is known."""
        told: dict[str, Json] = {"type": "about:blank", "title": self.title, "status": self.status}
        return {**told, **({"detail": self.detail} if self.detail else {}), **self.more}


def refusal_of(error: Refused | PlainProblem) -> Refused:
    """The refusal that an error becomes. What is wrong with a store, a flow or a role, and the command that
    would help, are for whoever operates it."""
    match error:
        case Refused():
            return error
        case Unusable():
            log("error", "unusable", told=error.message)
            return come_again("This cannot be done right now.")
        case NothingThere():
            return not_there()
        case _:
            log("error", "cannot go on", told=f"{error.message} {error.advice}")
            return Refused(409, "This conversation cannot go on here.", "Start a new one.")


def come_again(title: str) -> Refused:
    """For what may be done later."""
    return Refused(503, title, "Try again in a while.", {"Retry-After": "2"})


def not_there() -> Refused:
    """For conversations that are not there, and for other people's: the two are not told apart."""
    return Refused(404, "There is no such conversation.", "Start a new one.")


def not_known() -> Refused:
    """For requests without a token, or with one that is not valid any more."""
    headers = {"WWW-Authenticate": 'Bearer realm="unstuck"'}
    return Refused(401, "This needs the conversation's token.", "Start a conversation, or renew it.", headers)


def foreign_page() -> Refused:
    """For pages of origins that no embed names."""
    return Refused(403, "Pages of this origin may not use it.", "Add it to an embed's `origins`.")


def problem(refused: Refused) -> Response:
    """A refusal as a response."""
    body = msgspec.json.encode(refused.as_json())
    return Response(body, refused.status, {**API_HEADERS, **refused.headers}, MEDIA_TYPE)
