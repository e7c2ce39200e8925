"""What is shown of a call holds no secret, however it was written; and what is found out later tells no
password that nobody sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.clinic.port import CallContext, OutcomeLost
from adapters.clinic.rest.answers import MADE
from adapters.clinic.rest.backend import Exchange, RestClinic
from adapters.secret import Secret
from engine import Happened
from tests.adapters.clinic.bench import Vault
from tests.adapters.clinic.rest.own_api import Api
from tests.adapters.clinic.served_bench import EGRESS

PLAIN = 'cheese "bread"/wine&beer + jam\\'
ODD = PLAIN.replace("cheese", "käse")
"""Each way of writing them (JSON, address, form, header) is another. Only plain letters authorise."""

ACTION = "actions:\n  set_temporary_password: {post: /p, %sresult: {subject: subject, login_email: key}}\n"
WAYS = (
    ("auth: {api_key: {key: {env: SECRET}, query: key}}\n" + ACTION % "", PLAIN),
    ("auth: {api_key: {key: {env: SECRET}, header: X-Key}}\n" + ACTION % "", PLAIN),
    (ACTION % "body: {new: password}, ", ODD),
    (ACTION % "body: {new: password}, form: true, ", ODD),
    (ACTION % "headers: {X-New: password}, ", ODD),
)


@pytest.mark.parametrize(("mapping", "secret"), WAYS)
def test_a_secret_is_hidden_however_it_is_written(
    mapping: str,
    secret: str,
    api: Api,
    server: tuple[Api, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever is called says back what it was sent, in its answer and in a header of it."""
    monkeypatch.setenv("SECRET", PLAIN)

    def echoed(request: Request, body: bytes) -> Response:
        sent = [body.decode(), str(request.url), request.headers.get("x-new"), request.headers.get("x-key")]
        return JSONResponse({"sent": sent}, headers={"X-Sent": quote(secret)})

    api.answer = echoed
    path = tmp_path / "own.rest.yaml"
    path.write_text(f"base: {server[1]}/api\n{mapping}", encoding="utf-8")
    seen: list[Exchange] = []
    vault = Vault()
    clinic = RestClinic.open(path, EGRESS, seen.append)
    args = {"subject": "7", "password": vault.keep(Secret(secret))}
    clinic.perform("set_temporary_password", args, CallContext("k", "alice", "s", 5.0, vault))
    assert len(seen) == 1
    assert "•••" in str(seen[0])
    assert [word for word in ("cheese", "bread", "wine", "jam", "käse") if word in str(seen[0])] == []


def test_a_call_that_is_found_again_tells_no_password_made_since(
    api: Api, opened: Callable[[str], RestClinic]
) -> None:
    """The one that was sent is gone with the answer; what looks like a new one opens nothing."""
    look = "{get: /log, happened: body.done, result: body.result}"
    clinic = opened(
        "actions:\n  set_temporary_password:\n    post: /passwords\n    body: {new: made_password}\n"
        f"    expect: body.done\n    result: body.result\n    look_back: {look}\n"
    )
    result = {"subject": "7", "login_email": "a@b.example", "secret": MADE}
    api.answer = lambda request, body: JSONResponse({"result": result, "done": request.method == "GET"})
    vault = Vault()
    context = CallContext("k", "alice", "s", 5.0, vault)
    with pytest.raises(OutcomeLost):
        clinic.perform("set_temporary_password", {"subject": "7"}, context)
    found = clinic.check_back("set_temporary_password", {"subject": "7"}, context)
    assert isinstance(found, Happened)
    assert isinstance(found.result, dict)
    assert found.result["secret"] is None
    assert vault.kept == {}
