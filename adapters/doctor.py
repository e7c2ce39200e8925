"""Looks over everything a conversation needs, and says of each thing how it is and what to do about it.

Nothing is made or changed: what is not there yet is said to be made on first use.
"""

from __future__ import annotations

import platform
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, TypeAlias

import msgspec

from adapters.clinic.port import ActionFailed, CallContext
from adapters.problems import PlainProblem
from adapters.wiring import (
    Options,
    audit_looked_over,
    clinic_path,
    default_clinic,
    key_files,
    open_clinic,
    open_library,
    open_mail,
    open_retention,
    open_store_behind,
    policy_rows,
    store_path,
    utc_now,
)

State: TypeAlias = Literal["good", "note", "bad"]

LIBRARIES = (
    *("click", "cryptography", "google-re2", "jinja2", "msgspec", "prompt-toolkit", "pyyaml"),
    *("wcwidth", "zxcvbn"),
)
LEAST_FREE = 100 * 2**20
"""With less free space (bytes) than this, turns may soon not be kept."""

FIRST_SOUND_SQLITE = (3, 51, 3)
"""The first release without the fault by which two connections can damage a write-ahead log."""

SHORTEST_LINK, LONGEST_LINK = 24, 168


class Found(msgspec.Struct, frozen=True):
    """How one thing is: `what` was looked at, `said` about it, and what to `do` where it is not good."""

    what: str
    state: State
    said: str
    do: str = ""


def examine(options: Options) -> list[Found]:
    """Everything, in the order in which it is needed. Raises nothing that a person could do something
    about."""
    looks: list[tuple[str, Callable[[Options], Iterator[Found]]]] = [
        ("versions", _versions),
        ("flows", _flows),
        ("policy", _policy),
        ("store", _store),
        ("audit", _audit),
        ("old data", _retention),
        ("keys", _keys),
        ("clock", _clock),
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


def _versions(options: Options) -> Iterator[Found]:
    told = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            told.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Found("versions", "bad", f"The library {name} is not installed.", "Install unstuck again.")
    yield Found("versions", "good", ", ".join(told) + ".")
    if sqlite3.sqlite_version_info < FIRST_SOUND_SQLITE:
        yield Found(
            "sqlite",
            "note",
            f"SQLite {sqlite3.sqlite_version} can damage a file that two programs write to at one instant.",
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
    path = store_path(options.store)
    if not path.exists():
        yield Found(
            "store", "note", f"There is no session store at {path} yet.", "The first conversation makes it."
        )
        return
    with open_store_behind(path) as store:
        health = store.health()
    if health.good:
        yield Found("store", "good", f"{health.sessions} conversations at {path}, none of them damaged.")
        return
    told = [f"damaged: {', '.join(health.damaged)}"] if health.damaged else []
    told += ["flows kept of damaged versions"] if health.versions else []
    told += [] if health.sound else ["the file's structure is damaged"]
    told += [] if health.complete else ["conversations are missing, or older than they were"]
    yield Found(
        "store",
        "bad",
        f"The session store {path}: {'; '.join(told)}.",
        "Put a backup back, or save what is whole: `unstuck sessions recover`.",
    )


def _audit(options: Options) -> Iterator[Found]:
    path = store_path(options.store)
    if not path.exists():
        return
    with open_store_behind(path) as store:
        checked = audit_looked_over(store)
    if checked.flaw is None:
        yield Found("audit", "good", f"The audit is as it was written, up to number {checked.end.number}.")
    else:
        yield Found("audit", "bad", checked.flaw.what, "`unstuck audit verify` says more.")


def _retention(options: Options) -> Iterator[Found]:
    from adapters.commands.outdated import too_old

    path, retention = store_path(options.store), open_retention(options.config)
    if not path.exists():
        return
    with open_store_behind(path) as store:
        old = len(too_old(store, retention, utc_now()))
    if old:
        words = f"{old} conversations are kept for longer than they may be."
        yield Found("old data", "bad", words, "`unstuck sessions purge --outdated --yes`, best every day.")
    else:
        yield Found("old data", "good", "No conversation is kept for longer than it may be.")


def _keys(options: Options) -> Iterator[Found]:
    for path in key_files(store_path(options.store)):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            yield Found("keys", "bad", f"Others may read {path}.", f"chmod 600 {path}")
        else:
            yield Found("keys", "good", f"{path} is for its owner only; keep a copy apart from the store.")


def _clock(options: Options) -> Iterator[Found]:
    path, now = store_path(options.store), utc_now()
    newest = ""
    if path.exists():
        with open_store_behind(path) as store:
            newest = max((each.updated_at for each in store.sessions(20) if not each.damaged), default="")
    if newest and datetime.fromisoformat(newest).astimezone(UTC) > now + timedelta(minutes=1):
        yield Found(
            "clock",
            "bad",
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, and a conversation was kept at {newest}.",
            "Set the clock; verifications and approvals are timed by it.",
        )
    else:
        yield Found("clock", "good", f"It is {now:%Y-%m-%d %H:%M} UTC.")


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
        backend.close()
    hours = clinic.get("invite_hours") if isinstance(clinic, dict) else None
    yield Found("clinic", "good", f"The clinic at {path} answers.")
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
