"""A served web over a clinic, store and mail folder of its own, on a real port."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import jwt

from adapters.serving import serving
from adapters.web.bounds import Bounds
from adapters.web.limiter import Limiter
from adapters.wiring import Options, create_clinic
from adapters.wiring_web import open_web

PORTAL = "https://portal.example"
SECRET = "s" * 20 + "-a shared secret of the host"

EMBEDS = f"""\
embeds:
  portal:
    origins: [{PORTAL}]
    keys:
      k1: {{algorithm: HS256, from_env: UNSTUCK_TEST_KEY}}
  narrow:
    origins: [https://narrow.example]
    flows: [my-password]
"""
FLOWS = Path(__file__).parents[2] / "cases" / "web"
"""Flows for trying the web, whatever becomes of those that are shipped."""
MANY = Limiter(1_000_000, time.monotonic)
UNBOUNDED = Bounds(MANY, MANY, MANY)


class Served:
    """A server, and short ways to ask it."""

    def __init__(self, at: str, folder: Path) -> None:
        self.at, self.folder = at, folder
        self.http = httpx2.Client(base_url=at, timeout=20)

    def start(self, flow: str = "my-setup-email", **more: str) -> Talk:
        """Begin a conversation."""
        reply = self.http.post("/v1/sessions", json={"flow": flow, **more})
        assert reply.status_code == 201, reply.text
        return Talk(self, reply.json())


class Talk:
    """One conversation."""

    def __init__(self, served: Served, begun: dict[str, Any]) -> None:
        self.served, self.begun = served, begun
        self.session, self.token = begun["session"], begun["token"]
        self.turn = begun["turn"]

    def ask(self, method: str, path: str = "", **how: Any) -> httpx2.Response:
        """A request about this conversation, with its token."""
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}
        return self.served.http.request(method, f"/v1/sessions/{self.session}{path}", headers=headers, **how)

    def says(self, *answers: Any) -> dict[str, Any]:
        """Answer one question after another; the turn then."""
        for answer in answers:
            prompt = self.turn["prompt"]
            body = {"answer": answer, "prompt": prompt["id"], "seq": self.turn["seq"]}
            reply = self.ask("POST", "/answers", json=body, headers={"Idempotency-Key": uuid4().hex})
            assert reply.status_code == 200, reply.text
            self.turn = reply.json()
        turn: dict[str, Any] = self.turn
        return turn


@contextmanager
def web(
    folder: Path,
    embeds: str | None = None,
    demo: bool = False,
    bounds: Bounds | None = None,
    port: int = 0,
    flows: Path | None = None,
) -> Iterator[Served]:
    """Serve on the sample clinic, with these flows beside the shipped ones."""
    settings = folder / "settings"
    settings.mkdir(exist_ok=True)
    if embeds is not None:
        (settings / "embeds.yaml").write_text(embeds, encoding="utf-8")
    clinic = folder / "clinic.db"
    if not clinic.exists():
        create_clinic(clinic, None)
    options = Options(
        flows=flows,
        clinic=f"sqlite:///{clinic}",
        store=f"sqlite:///{folder / 'sessions.db'}",
        mail=f"maildir:{folder / 'mail'}",
        config=settings,
    )
    with open_web(options, demo, False, bounds) as opened, serving(opened.application, port=port) as at:
        served = Served(at, folder)
        with served.http:
            yield served


def identity(secret: str = SECRET, algorithm: str = "HS256", kid: str = "k1", **claims: object) -> str:
    """A token as the host page's server signs it; a claim that is None is left out."""
    now = int(time.time())
    said: Mapping[str, object] = {
        "aud": "unstuck",
        "sub": "ivy-walker",
        "role": "client",
        "iat": now,
        "exp": now + 120,
        "jti": uuid4().hex,
        **claims,
    }
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, secret, algorithm, {"kid": kid})
