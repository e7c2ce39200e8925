"""`unstuck clinic serve`: the embedded clinic as an HTTP API, with faults on purpose."""

from __future__ import annotations

import os
from contextlib import closing

import click


@click.command("serve")
@click.option("--clinic", "url", metavar="URL", help="The clinic, as sqlite:///PATH.")
@click.option("--mail", metavar="URL", help="smtp://HOST:PORT or maildir:PATH.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", default=8140, show_default=True, type=click.IntRange(0, 65535), help="Where to listen."
)
@click.option("--token-from", metavar="NAME", help="The environment variable with the token of callers.")
@click.option(
    "--fault", "faults", multiple=True, metavar="ACTION=FAULT", help="Goes wrong; `*` is any action."
)
def serve(
    url: str | None, mail: str | None, host: str, port: int, token_from: str | None, faults: tuple[str, ...]
) -> int:
    """Serve the embedded clinic over HTTP, until Ctrl-C: an example of a vendor's system, described in
    OpenAPI at /openapi.json.

    `--fault send_invitation=timeout-after` makes one action go wrong, `--fault '*=503'` all of them; a wrong
    name lists the faults there are. Without --token-from anybody on this machine can call it.
    """
    from adapters.clinic.served.app import ServedClinic
    from adapters.problems import PlainProblem
    from adapters.secret import Secret
    from adapters.serving import listening
    from adapters.serving import serve as serve_at
    from adapters.wiring import open_embedded, open_mail

    token = os.environ.get(token_from) if token_from is not None else None
    if token_from is not None and not token:
        raise PlainProblem(f"The environment has no {token_from}.", "Set it to the token of callers.")
    if token is None and host not in ("127.0.0.1", "::1", "localhost"):
        raise PlainProblem("Others could call this without a token.", "Name one with --token-from.")
    with closing(open_embedded(url, open_mail(mail))) as backend:
        served = ServedClinic(backend, Secret(token) if token else None)
        for each in faults:
            action, _, fault = each.partition("=")
            served.faults.plan(_known(action), fault)
        opened = listening(host, port)
        at = f"http://{host}:{opened.getsockname()[1]}"
        click.echo(f"The clinic is served at {at}, and described at /openapi.json. Ctrl-C ends it.")
        serve_at(served.application(), opened)
    return 0


def _known(action: str) -> str:
    from adapters.clinic.actions import CATALOG
    from adapters.problems import PlainProblem
    from engine import did_you_mean

    if action != "*" and action not in CATALOG.actions:
        advice = did_you_mean(action, CATALOG.actions) or "Write ACTION=FAULT; `*` is any action."
        raise PlainProblem(f"There is no action {action}.", advice)
    return action
