"""One of the two servers that `web` measures, in a process of its own: says its port, and serves.

`ours` is the whole of `unstuck serve`, without bounds for one address. `bare` is the framework alone with one
durable commit for each request, the least that a server can do that keeps what it acknowledged.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from threading import Lock

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from adapters.serving import listening, serve
from adapters.wiring import Options, create_clinic
from adapters.wiring_web import open_web
from tests.adapters.web.served import UNBOUNDED

FLOW = """\
flow: round
title: A conversation that goes on
audience: [visitor]
symptoms: [round and round]
steps:
  - id: junk
    ask: |
      Please look in your **junk or spam** folder, then in Promotions and in the trash.

      Is the email there?
    answers: {found: {label: "Yes", then: done}, missing: {label: "No", then: address}}
  - id: address
    ask: The email goes only to the address that you gave your practice. Have you found it now?
    answers: {found: {label: "Yes", then: done}, missing: {label: "No", then: junk}}
  - id: done
    end: solved
"""


def main(kind: str, folder: Path) -> None:
    """Serve until the process is ended."""
    opened = listening("127.0.0.1", 0)
    print(opened.getsockname()[1], flush=True)
    if kind == "bare":
        serve(bare(folder / "bare.db"), opened)
        return
    flows = folder / "flows"
    (flows / "round").mkdir(parents=True)
    (flows / "round" / "flow.yaml").write_text(FLOW, encoding="utf-8")
    create_clinic(folder / "clinic.db", None)
    options = Options(
        flows=flows,
        clinic=f"sqlite:///{folder / 'clinic.db'}",
        store=f"sqlite:///{folder / 'sessions.db'}",
        mail=f"maildir:{folder / 'mail'}",
    )
    with open_web(options, False, False, UNBOUNDED) as web:
        serve(web.application, opened)


def bare(path: Path) -> ASGIApp:
    """The framework with one durable commit."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE answers (session TEXT, body BLOB)")
    lock = Lock()

    def keep(session: str, body: bytes) -> None:
        with lock:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO answers VALUES (?, ?)", (session, body))
            db.execute("COMMIT")

    async def answer(request: Request) -> JSONResponse:
        body = await request.body()
        await run_in_threadpool(keep, request.path_params["session"], body)
        return JSONResponse({"session": request.path_params["session"], "seq": 1, "say": [], "did": []})

    return Starlette(routes=[Route("/v1/sessions/{session}/answers", answer, methods=["POST"])])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
