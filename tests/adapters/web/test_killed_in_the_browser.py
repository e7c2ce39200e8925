"""`unstuck serve` killed in the middle of sending an email, and started again, under a real browser: the
widget goes on by itself, nobody gets a second email, and nothing that was said is lost."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import expect, sync_playwright

from adapters.wiring import create_clinic

pytestmark = pytest.mark.needs_chromium
PATIENCE = 60_000


class HoldsBack:
    """A mail server that takes a message and is slow to say so: `taken` is set, `let_go` waited for."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.taken, self.let_go = threading.Event(), threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take it, and say so later."""
        self.messages.append(envelope.original_content or b"")
        self.taken.set()
        await server.loop.run_in_executor(None, self.let_go.wait, 60.0)
        return "250 Taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def mail_server() -> Iterator[tuple[HoldsBack, str]]:
    holds = HoldsBack()
    port = free_port()
    controller = Controller(holds, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield holds, f"smtp://127.0.0.1:{port}"
    finally:
        holds.let_go.set()
        controller.stop()


def served(folder: Path, port: int, mail: str) -> subprocess.Popen[bytes]:
    """The real command, once it listens."""
    command = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"
    process = subprocess.Popen(
        [
            sys.executable, "-c", command, "serve", "--port", str(port), "--demo", "--mail", mail,
            "--clinic", f"sqlite:///{folder / 'clinic.db'}", "--store", f"sqlite:///{folder / 'sessions.db'}",
        ],
        env={**os.environ, "XDG_DATA_HOME": str(folder)},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.03)
    process.kill()
    raise AssertionError("the server did not start")


def test_a_server_killed_while_an_email_goes_out_is_found_again_and_sends_no_second_one(
    tmp_path: Path,
) -> None:
    create_clinic(tmp_path / "clinic.db", None)
    port = free_port()
    with mail_server() as (mail, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        server = served(tmp_path, port, address)
        try:
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/?as=client&who=ivy-walker&flow=my-setup-email")
            page.get_by_role("button", name="Send it", exact=True).click(timeout=PATIENCE)
            assert mail.taken.wait(30)
            server.send_signal(signal.SIGKILL)
            server.wait()
            expect(page.get_by_text("The connection is gone")).to_be_visible(timeout=PATIENCE)
            mail.let_go.set()
            server = served(tmp_path, port, address)
            # Nothing is clicked, and nothing loaded anew.
            expect(page.get_by_text("Has it arrived?")).to_be_visible(timeout=PATIENCE)
            expect(page.get_by_text("I could not find out whether it went out")).to_be_visible()
            expect(page.get_by_text("Send it", exact=True)).to_be_visible()
            page.get_by_role("button", name="Yes", exact=True).click()
            expect(page.get_by_text(re.compile("^Good. Click the link in it"))).to_be_visible(
                timeout=PATIENCE
            )
        finally:
            server.kill()
            server.wait()
            browser.close()
    assert len(mail.messages) == 1
