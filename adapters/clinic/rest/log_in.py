"""Opens a session as a mapping says: what is sent for it, and what of its answer goes with later requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from adapters.clinic.rest.egress import Egress, NoAnswer, NotSent, Outgoing
from adapters.clinic.rest.mapping import Facts, Login, as_text, value_of
from adapters.clinic.rest.wire import revealed, written_body, written_header
from adapters.secret import Secret
from engine import SecretRef, Value


class NotLetIn(Exception):
    """The system does not accept who we say we are: nothing was done."""


def logged_in(
    login: Login, base: str, secrets: Mapping[str, Secret], egress: Egress, until: float
) -> Mapping[str, Secret]:
    """The headers that show the new session, by their names. Raises NotSent and NotLetIn."""
    request = login.request
    refs: dict[str, Value] = {name: SecretRef(name).as_value() for name in secrets}
    plain = {json.dumps(refs[name], sort_keys=True): secret.reveal() for name, secret in secrets.items()}
    facts: dict[str, Value] = {**refs, "now": datetime.now(UTC).isoformat(timespec="seconds")}
    headers = {"accept": "application/json"}
    for name, of in request.headers:
        text = as_text(revealed(value_of(of, facts), plain))
        if text is not None:
            headers[name] = written_header(text)
    body = b""
    if request.body is not None:
        content = revealed(value_of(request.body, facts), plain)
        headers["content-type"], body = written_body(content, request.form)
    path = request.path.filled(facts, safe=True)
    if path is None:
        raise NotSent("the address for logging in is not known")
    try:
        answer = egress.send(Outgoing(request.method, f"{base}{path}", headers, body), until)
    except NoAnswer as error:
        raise NotSent(f"logging in: {error}") from None
    if 400 <= answer.status < 500 and answer.status != 429:
        raise NotLetIn(f"logging in was refused ({answer.status})")
    if not 200 <= answer.status < 400:
        raise NotSent(f"logging in was answered with {answer.status}")
    known: Facts = {"status": answer.status, "headers": {**answer.headers}, "body": answer.body}
    shown = {name: as_text(value_of(of, known)) for name, of in login.send}
    found = {name: Secret(written_header(text)) for name, text in shown.items() if text}
    if login.cookies and answer.cookies:
        found["cookie"] = Secret("; ".join(f"{name}={value}" for name, value in answer.cookies.items()))
    if not found:
        raise NotLetIn("what logging in should give did not come")
    return found
