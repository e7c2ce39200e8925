"""`unstuck serve`: the API, the help widget and plain pages over HTTP, and a demo page."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_HERE = ("127.0.0.1", "::1", "localhost")
_GRACE = 20


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", default=8130, show_default=True, type=click.IntRange(0, 65535), help="Where to listen."
)
@click.option("--config", type=click.Path(path_type=Path), help="Folder of deployment settings.")
@click.option("--flows", type=click.Path(path_type=Path), help="Your own folder of flows.")
@click.option("--clinic", metavar="URL", help="The clinic's system, as sqlite:///PATH.")
@click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")
@click.option("--mail", metavar="URL", help="smtp://HOST:PORT or maildir:PATH.")
@click.option("--log-file", type=click.Path(path_type=Path), help="A log as JSON lines, without names.")
@click.option("--log-level", default="info", type=click.Choice(["debug", "info", "warning", "error"]))
@click.option("--demo", is_flag=True, help="The demo page, also where embeds are set up.")
def serve(
    host: str,
    port: int,
    config: Path | None,
    flows: Path | None,
    clinic: str | None,
    store: str | None,
    mail: str | None,
    log_file: Path | None,
    log_level: str,
    demo: bool,
) -> int:
    """Serve conversations over HTTP, until Ctrl-C: the API (/openapi.json), the widget (/widget.js), and
    pages for where no script runs (/help).

    `embeds.yaml` in --config says on which pages the widget may stand, and whose word for who is signed in
    counts there. Without it the sample clinic has a demo page at /, for browsers of this machine only. TLS is
    for a reverse proxy.
    """
    from adapters.console.screen import say
    from adapters.problems import PlainProblem
    from adapters.serving import listening
    from adapters.serving import serve as serve_at
    from adapters.wiring import Options
    from adapters.wiring_web import open_web

    options = Options(flows, clinic, store, mail, config, None, log_file, log_level)
    if demo and host not in _HERE:
        raise PlainProblem(
            "The demo signs anybody in, so it is for this machine only.", "Leave --host or --demo out."
        )
    with open_web(options, demo, host in _HERE) as web:
        opened = listening(host, port)
        shown = f"[{host}]" if ":" in host else host
        at = f"http://{shown}:{opened.getsockname()[1]}"
        first = f"{at}/ shows the demo; " if web.demo else ""
        say(
            sys.stdout,
            f"Conversations are served at {at} ({first}described at {at}/openapi.json). Ctrl-C ends it.",
        )
        sys.stdout.flush()
        serve_at(web.application, opened, _GRACE, web.end)
    return 0
