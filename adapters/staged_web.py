"""The web over the world of a replay, in a process of its own: the API, the widget and the demo page.

Whoever holds the replay is somebody whom one can be on the demo page, so that they are vouched for by a
signed token as on any page.
"""

from __future__ import annotations

import time
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from time import monotonic

from adapters.library import Library
from adapters.serving import listening, serve
from adapters.staged import PORT
from adapters.staging import MAIL, World
from adapters.web.app import Api
from adapters.web.bounds import Bounds
from adapters.web.demo import EMBED, Demo, Someone
from adapters.web.limiter import Limiter
from adapters.web.pages import Pages
from adapters.web.service import Service
from adapters.web.tokens import NAME as TOKENS
from adapters.web.tokens import TokenBook

STAFF_MEMBER = "replay"
"""The id of the practitioner who holds a replay."""

_KEY = b"only for the world of a replay; " * 2
_PLENTY = 100_000


def serve_world(world: World, library: Library, folder: Path, me: str) -> None:
    """Serve the world in `folder` until the process ends; `me` is the client or contact who is signed in."""
    clients = (Someone(me, me),) if me else ()
    staff = (Someone(STAFF_MEMBER, STAFF_MEMBER),)
    demo = Demo(library, "Replay", folder / MAIL, lambda: clients, lambda: staff)
    plenty = Limiter(_PLENTY, monotonic)
    bounds = Bounds(plenty, plenty, plenty)
    with closing(TokenBook(folder / TOKENS, _KEY)) as tokens:
        service = Service(
            world.driver,
            library,
            tokens,
            {EMBED: demo.embed()},
            lambda: int(time.time()),
            lambda body: blake2b(body, key=_KEY, digest_size=32).hexdigest(),
            bounds,
            lambda: True,
        )
        pages = Pages(service, bounds)
        application = Api(service, bounds).application([*pages.routes(), *demo.routes(pages)])
        serve(application, listening("127.0.0.1", int((folder / PORT).read_text(encoding="ascii"))))
