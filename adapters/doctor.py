"""Looks over everything a conversation needs, and says of each thing how it is and what to do about it.

Nothing is made or changed: what is not there yet is said to be made on first use.
"""

from __future__ import annotations

import platform
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from adapters.clinic.port import ActionFailed, Backend, CallContext
from adapters.found import Found
from adapters.problems import PlainProblem
from adapters.wiring import (
    Options,
    clinic_lacks,
    clinic_path,
    default_clinic,
    open_clinic,
    open_library,
    open_mail,
    open_retention,
    policy_rows,
    store_path,
    utc_now,
)

LEAST_FREE = 100 * 2**20
"""With less free space (bytes) than this, turns may soon not be kept."""

FIRST_FAULTY_SQLITE, FIRST_SOUND_SQLITE = (3, 7, 0), (3, 51, 3)
"""Between these, releases have the fault by which two connections can damage a write-ahead log."""

SHORTEST_LINK, LONGEST_LINK = 24, 168


def examine(options: Options) -> list[Found]:
    """Everything, in the order in which it is needed. Raises nothing that a person could do something
    about."""
    looks: list[tuple[str, Callable[[Options], Iterator[Found]]]] = [
        ("versions", _versions),
        ("flows", _flows),
        ("policy", _policy),
        ("store", _store),
        ("disk", _disk),
        ("clinic", _clinic),
        ("mail", _mail),
    ]
    found: list[Found] = []
    for what, look in looks:
        try:
            found += look(options)
        except PlainProblem as problem:
            found.append(Found(what, "bad", problem.message, problem.advice))
    return found


def libraries() -> list[str]:
    """The names of the libraries that unstuck cannot do without; none where it was not installed itself."""
    try:
        needed = requires("unstuck") or []
    except PackageNotFoundError:
        return []
    return sorted(re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in needed if "extra ==" not in each)


def _versions(options: Options) -> Iterator[Found]:
    told = [f"Python {platform.python_version()}"]
    for name in libraries():
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Found("versions", "bad", f"The library {name} is not installed.", "Install unstuck again.")
    yield Found("versions", "good", ", ".join(told) + ".")
    if FIRST_FAULTY_SQLITE <= sqlite3.sqlite_version_info < FIRST_SOUND_SQLITE:
        yield Found(
            "sqlite",
            "note",
            f"SQLite {sqlite3.sqlite_version}: those from 3.7.0 to 3.51.2 can damage a file that two programs"
            " write to at one instant.",
            "unstuck's own take turns, so nothing has to be done; let no other program write to its files.",
        )
    else:
        yield Found("sqlite", "good", f"SQLite {sqlite3.sqlite_version}.")


def _flows(options: Options) -> Iterator[Found]:
    flows = open_library(options.flows, options.config).flows
    yield Found("flows", "good", f"{len(flows)} flows can be started.")


def _policy(options: Options) -> Iterator[Found]:
    policy_rows(options.config)
    yield Found("policy", "good", "The policy and the limits can be used.")


def _store(options: Options) -> Iterator[Found]:
    from adapters.commands.store_health import looked_over

    retention, problem = None, None
    try:
        retention = open_retention(options.config)
    except PlainProblem as found:
        problem = Found("old data", "bad", found.message, found.advice)
    yield from looked_over(store_path(options.store), retention, utc_now())
    if problem is not None:
        yield problem


def _disk(options: Options) -> Iterator[Found]:
    folder = store_path(options.store).resolve().parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    words = f"{free / 2**20:,.0f} MiB are free at {folder}."
    if free < LEAST_FREE:
        yield Found("disk", "bad", words, "Make room: what cannot be kept is not done.")
    else:
        yield Found("disk", "good", words)


def _abilities(backend: Backend) -> Iterator[Found]:
    """What the clinic's system can do, and what of it people are told or asked."""
    lacks = clinic_lacks(backend)
    told = f"It can do {lacks.of - len(lacks.actions)} of {lacks.of} actions"
    if lacks.needed:
        words = f"{told}; it needs {', '.join(lacks.needed)} as well."
        yield Found("actions", "bad", words, "Map them: hardly a conversation gets anywhere without.")
    elif lacks.actions:
        words = f"{told}; not {', '.join(lacks.actions)}."
        yield Found("actions", "note", words, "Flows show the way by hand, or pass it on.")
    else:
        yield Found("actions", "good", f"{told}.")
    if lacks.effects:
        words = f"It does not do, or does not say that it does: {', '.join(lacks.effects)}."
        yield Found("effects", "note", words, "If it does, a mapping says so with `effects`.")
    if lacks.lost:
        words = f"If the answer is lost, it cannot be found out what became of {', '.join(lacks.lost)}."
        advice = "Whoever holds the conversation is asked to look; a mapping can say how with `look_back`."
        yield Found("lost", "note", words, advice)


def _clinic(options: Options) -> Iterator[Found]:
    if options.clinic is None and not default_clinic().exists():
        yield Found("clinic", "note", "There is no sample clinic yet.", "The first conversation makes it.")
        return
    elsewhere = options.clinic is not None and not options.clinic.startswith("sqlite:")
    path = options.clinic if elsewhere else clinic_path(options.clinic)
    backend = open_clinic(options.clinic, open_mail(options.mail))
    try:
        clinic = backend.perform("get_clinic", {}, CallContext("", "unstuck", "", 5.0))
    except ActionFailed as failed:
        yield Found(
            "clinic", "bad", f"The clinic at {path} does not answer: {failed.message}", "See its own log."
        )
        return
    finally:
        abilities = list(_abilities(backend))
        backend.close()
    hours = clinic.get("invite_hours") if isinstance(clinic, dict) else None
    yield Found("clinic", "good", f"The clinic at {path} answers.")
    yield from abilities
    if isinstance(hours, int | float) and not SHORTEST_LINK <= hours <= LONGEST_LINK:
        yield Found(
            "links",
            "bad",
            f"Links in setup emails are good for {hours:g} hours.",
            "Between a day and a week is sensible: shorter ones run out unread, longer ones lie about.",
        )
    elif isinstance(hours, int | float):
        yield Found("links", "good", f"Links in setup emails are good for {hours:g} hours.")


def _mail(options: Options) -> Iterator[Found]:
    open_mail(options.mail)
    if options.mail is None or options.mail.startswith("maildir:"):
        yield Found(
            "mail", "note", "Mail goes into a Maildir, and to nobody.", "--mail smtp://HOST sends it."
        )
    else:
        yield Found("mail", "good", f"Mail goes to {options.mail}; whether it answers, a first mail shows.")
