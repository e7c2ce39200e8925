"""Puts the web together: the desk's driver, the tokens, the embeds, and the pages."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp

from adapters.clinic.port import CallContext
from adapters.clinic.portal_users import PortalUser, portal_users, practitioners
from adapters.flowdir import read_source
from adapters.keys import derived
from adapters.problems import PlainProblem, Unusable
from adapters.web.app import Api
from adapters.web.bounds import Bounds, bounds_of
from adapters.web.demo import EMBED as DEMO
from adapters.web.demo import Demo, Someone
from adapters.web.embeds_file import NAME as EMBEDS
from adapters.web.embeds_file import read_embeds
from adapters.web.pages import Pages
from adapters.web.people import Embed
from adapters.web.service import Service
from adapters.wiring import (
    Desk,
    Options,
    clinic_path,
    data_folder,
    open_desk,
    open_limits,
    open_store_behind,
    open_tokens,
    settings_folder,
    store_path,
)

_NAMES = {"dr-elaine-roy": "Dr. Elaine Roy", "sam-okoro": "Sam Okoro"}
"""How the sample clinic's practitioners are called."""

_FIRST = "ivy-walker"
"""Whom one is first as a client, if this person is there."""

_CLINIC = "The practice"
_LEAST_ROOM = 16 * 1024 * 1024
"""With fewer bytes left on the disk, a balancer may send people elsewhere."""


class Web(NamedTuple):
    """The application, whether its demo page is there, and what lets it end: streams of events do."""

    application: ASGIApp
    demo: bool
    end: Callable[[], None]


@contextmanager
def open_web(options: Options, demo: bool, here: bool, bounds: Bounds | None = None) -> Iterator[Web]:
    """The web over a desk, taken apart at the end. Without embeds there is a demo, if only this machine can
    open it (`here`). `bounds` says how much one asker may ask for, else the limits say
    it. Raises PlainProblem."""
    bounds = bounds or bounds_of(open_limits(options.config))
    with ExitStack() as stack:
        embeds = open_embeds(options.config)
        desk = stack.enter_context(open_desk(options))
        path = store_path(options.store)
        with open_store_behind(path) as behind:
            tokens = open_tokens(behind)
            stack.callback(tokens.close)
            key = derived(behind.master, "unstuck web", 32)
        shown = _demo(desk, options) if demo or (here and not embeds and options.clinic is None) else None
        known = {**embeds, **({DEMO: shown.embed()} if shown is not None else {})}
        service = Service(
            desk.driver,
            desk.library,
            tokens,
            known,
            lambda: int(time.time()),
            lambda body: blake2b(body, key=key, digest_size=32).hexdigest(),
            bounds,
            lambda: _can_keep(desk, path),
        )
        pages = Pages(service, bounds)
        more = shown.routes(pages) if shown is not None else []
        api = Api(service, bounds)
        yield Web(api.application([*pages.routes(), *more]), shown is not None, api.end)


def open_embeds(config: Path | None) -> Mapping[str, Embed]:
    """The embeds that the settings say; none without such a file. Raises PlainProblem."""
    folder = settings_folder(config)
    path = folder / EMBEDS if folder is not None else None
    if folder is None or path is None or not path.exists():
        return {}
    source, problem = read_source(path)
    if source is None:
        raise PlainProblem(f"The embeds cannot be read: {problem}", "Correct the file.")
    return read_embeds(source, folder)


def _can_keep(desk: Desk, path: Path) -> bool:
    """Whether sessions can be read now, and there is room for more."""
    try:
        desk.store.sessions(1)
        return shutil.disk_usage(path.parent).free > _LEAST_ROOM
    except (Unusable, OSError):
        return False


def _demo(desk: Desk, options: Options) -> Demo:
    found = desk.clinic.perform("get_clinic", {}, CallContext("", "unstuck", "", 5.0))
    name = found.get("name") if isinstance(found, dict) else None
    mail = options.mail
    folder = data_folder() / "mail" if mail is None else Path(mail.removeprefix("maildir:"))
    kept = folder if mail is None or mail.startswith("maildir:") else None
    return Demo(
        desk.library, str(name or _CLINIC), kept, lambda: _clients(options), lambda: _practitioners(options)
    )


def _practitioners(options: Options) -> tuple[Someone, ...]:
    """Who can be signed in as a practitioner: only an embedded clinic tells."""
    if options.clinic is not None and not options.clinic.startswith("sqlite:"):
        return ()
    found = practitioners(clinic_path(options.clinic))
    return tuple(
        Someone(id, _NAMES.get(id, id), f"sees {number} client{'s' if number > 1 else ''}")
        for id, number in found
    )


def _clients(options: Options) -> tuple[Someone, ...]:
    """Who can be signed in as a client: only an embedded clinic tells."""
    if options.clinic is not None and not options.clinic.startswith("sqlite:"):
        return ()
    users = portal_users(clinic_path(options.clinic), lambda: datetime.now(UTC))
    found = [Someone(each.id, each.name, _about(each)) for each in users]
    return tuple(sorted(found, key=lambda each: each.id != _FIRST))


def _about(user: PortalUser) -> str:
    return f"contact of {user.contact_of}; {user.stands}" if user.contact_of else user.stands
