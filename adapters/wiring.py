"""Where concrete parts are chosen and put together: the one place that knows them all.

What a conversation does not need before its first question is imported where it is used.
"""

from __future__ import annotations

import os
import pwd
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import msgspec

from adapters.audit.chain import Checked, Link
from adapters.audit.port import Deed, Doer
from adapters.audit.scribe import Scribe
from adapters.audit.trail import AuditTrail
from adapters.clinic.abilities import Lacking, lacking
from adapters.clinic.actions import CATALOG
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.not_told import NotTold
from adapters.clinic.own_verifications import OwnVerifications
from adapters.clinic.port import ActionFailed, Backend, CallContext
from adapters.driver import DEADLINE, Driver, Parts
from adapters.flowdir import FlowFiles, read_flows, shipped_flows
from adapters.gates.book import Book
from adapters.gates.book_file import NAME as BOOK
from adapters.gates.book_file import SqliteBook
from adapters.gates.policy import Policy
from adapters.gates.policy_file import read_policy, shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.keys import derived, open_ring
from adapters.leases import FileLeases
from adapters.letters import Mailer
from adapters.library import FlowInfo, Library
from adapters.mail.maildir import Maildir
from adapters.onlooker import Onlooker
from adapters.ownership import clash
from adapters.problems import PlainProblem, Unusable
from adapters.proofs import Proofs, cache_folder, key_of
from adapters.secrets.vault import MemoryVault
from adapters.stores.hidden import HiddenStore, is_hidden
from adapters.stores.sqlite import SqliteStore
from adapters.talk import Talk
from adapters.trying_again import TryingAgain
from engine import (
    DEFAULT_LIMITS,
    Audience,
    Compiled,
    Diagnostic,
    FalseProof,
    Limits,
    Source,
    compile_pack,
    compile_proven,
    decode,
    has_errors,
    in_reading_order,
    proof_of,
)

if TYPE_CHECKING:
    from adapters.clinic.rest.backend import Exchange
    from adapters.retention import Retention
    from adapters.web.tokens import Held, TokenBook

__all__ = ["Desk", "FlowInfo", "Options", "check_paths", "data_folder", "open_desk"]

POLICY = "policy.yaml"
LIMITS = "limits.yaml"
RETENTION = "retention.yaml"
AUDIT_HEAD = "UNSTUCK_AUDIT_HEAD"
BOUNCES = "UNSTUCK_BOUNCES"


class Options(msgspec.Struct, frozen=True):
    """What was asked for on the command line; None stands for the default. URLs as they were written."""

    flows: Path | None = None
    clinic: str | None = None
    store: str | None = None
    mail: str | None = None
    config: Path | None = None
    audience: Audience | None = None
    log_file: Path | None = None
    log_level: str = "info"


class Desk(msgspec.Struct, frozen=True):
    """Everything a surface needs to hold conversations: who is there, in which role, with which flows."""

    driver: Driver
    talk: Talk
    library: Library
    store: HiddenStore
    actor: str
    audience: Audience
    clinic: Backend


def data_folder() -> Path:
    """The folder for what unstuck keeps where nothing else is said (XDG Base Directory Specification)."""
    root = os.environ.get("XDG_DATA_HOME")
    if root and Path(root).is_absolute():
        return Path(root) / "unstuck"
    try:
        return Path.home() / ".local" / "share" / "unstuck"
    except RuntimeError:
        raise Unusable("You have no home folder here.", "Name a data folder in XDG_DATA_HOME.") from None


@contextmanager
def open_desk(options: Options) -> Iterator[Desk]:
    """Put everything together, and take it apart at the end. Raises PlainProblem, with what to do."""
    owned_by = clash()
    if owned_by is not None:
        raise PlainProblem(owned_by)
    with ExitStack() as stack:
        library = open_library(options.flows, options.config)
        kept_at = store_path(options.store)
        # Before anything is made beside it: what is no store is left as it is.
        behind = stack.enter_context(open_store_behind(kept_at))
        store = over_keys(behind)
        book = open_book(behind)
        stack.callback(book.close)
        gate = open_gate(options.config, book)
        backend = open_clinic(options.clinic, open_mail(options.mail))
        stack.callback(backend.close)
        vault = MemoryVault(new_token)
        today = clinic_day(backend)
        leases = FileLeases(leases_path(kept_at))
        clerk = open_clerk(behind)
        parts = Parts(
            library,
            backend,
            store,
            gate,
            utc_now,
            new_session_id,
            today,
            vault,
            leases=leases,
            clerk=clerk,
            again=TryingAgain(secrets.SystemRandom().random, sleep),
        )
        if options.log_file is not None:
            parts = stack.enter_context(_watched(parts, options.log_file, options.log_level))
        driver = Driver(parts)
        stack.callback(driver.close)
        actor = os_user()
        talk = Talk(driver, actor, Onlooker(library, store), options.audience)
        role = gate.role(actor, options.audience)
        yield Desk(driver, talk, library, store, actor, role, parts.backend)


@contextmanager
def _watched(parts: Parts, path: Path, level: str) -> Iterator[Parts]:
    """The parts with a log of what is asked of them."""
    from adapters.logs import log, logging_to
    from adapters.watched import WatchedBackend, WatchedGate

    with logging_to(path, level):
        log("info", "opened", pid=os.getpid())
        yield msgspec.structs.replace(
            parts, backend=WatchedBackend(parts.backend), gate=WatchedGate(parts.gate)
        )
        log("info", "closed", pid=os.getpid())


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def os_user() -> str:
    """The operating-system user this process runs as. What the environment says about that is not asked:
    anybody can set it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"


def new_session_id() -> str:
    """A new session's id: 10 letters and digits that are not mistaken for each other."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10))


def clinic_day(backend: Backend) -> Callable[[], date]:
    """Tells today's date where the clinic is; where the backend does not say, in UTC."""
    zones: list[ZoneInfo] = []

    def today() -> date:
        if not zones:
            zones.append(_zone(backend))
        return utc_now().astimezone(zones[0]).date()

    return today


def _zone(backend: Backend) -> ZoneInfo:
    """The zone of the clinic. A backend that does not answer says so when the conversation needs it."""
    try:
        clinic = backend.perform("get_clinic", {}, CallContext("", "unstuck", "", 5.0))
    except Exception:
        return ZoneInfo("UTC")
    name = clinic.get("timezone") if isinstance(clinic, dict) else None
    try:
        return ZoneInfo(name) if isinstance(name, str) else ZoneInfo("UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


# -- flows ------------------------------------------------------------------------------------------


def open_library(own: Path | None, config: Path | None = None) -> Library:
    """The shipped flows and one's own, within the limits that the settings say. Raises PlainProblem if any
    of them has an error."""
    paths = [shipped_flows(), *([own] if own is not None else [])]
    limits = open_limits(config)
    files = read_flows(paths, limits)
    proofs = Proofs(cache_folder())
    key = None if files.findings else key_of(files.flows, files.vocabulary, limits)
    proof = proofs.find(key) if key is not None else None
    if proof is not None:
        with suppress(FalseProof):
            pack = compile_proven(files.flows, CATALOG, files.vocabulary, limits, proof)
            return Library(pack, files.vocabulary, CATALOG)
    compiled = _compiled_files(files, limits)
    if compiled.pack is None:
        first = next(iter(compiled.findings))
        raise PlainProblem(
            f"The flows cannot be used: {len(compiled.findings)} findings, the first at {first}",
            f"`unstuck check {own}` shows them all."
            if own is not None
            else "`unstuck check` shows them all.",
        )
    if key is not None:
        proofs.keep(key, proof_of(compiled.pack, files.flows))
    return Library(compiled.pack, files.vocabulary, CATALOG)


def check_paths(paths: list[Path], config: Path | None = None) -> tuple[Diagnostic, ...]:
    """Everything wrong with the flows, replays and deployment files in these files and folders, and with the
    settings. Flows they visit are looked for among the shipped ones as well, whose own findings are not
    told."""
    from adapters.settings_check import check_folder, check_settings

    folder = settings_folder(config)
    of_settings = check_folder(folder) if folder is not None else ()
    limits = DEFAULT_LIMITS if has_errors(of_settings) else open_limits(config)
    shipped = shipped_flows()
    inside = any(path.resolve() == shipped or shipped in path.resolve().parents for path in paths)
    own = read_flows(paths, limits)
    of_settings = (*of_settings, *(each for path in own.settings for each in check_settings(path)))
    asked = {source.path for source in own.flows}
    if own.vocabulary is not None:
        asked.add(own.vocabulary.path)
    if inside:
        files = own if any(path.resolve() == shipped for path in paths) else read_flows([shipped], limits)
        compiled = _compiled_files(files, limits)
    else:
        _, compiled = _compiled([shipped, *paths], limits)
    of_flows = tuple(each for each in compiled.findings if inside or each.place.source.path in asked)
    of_replays: list[Diagnostic] = []
    if compiled.pack is not None and own.replays:
        from adapters.replaying import load_replay

        library = Library(compiled.pack, own.vocabulary, CATALOG)
        for replay in own.replays:
            of_replays += load_replay(replay, library)[1]
    return in_reading_order([*own.findings, *of_flows, *of_replays, *of_settings])


def _compiled(paths: list[Path], limits: Limits) -> tuple[FlowFiles, Compiled]:
    files = read_flows(paths, limits)
    return files, _compiled_files(files, limits)


def _compiled_files(files: FlowFiles, limits: Limits) -> Compiled:
    compiled = compile_pack(files.flows, CATALOG, files.vocabulary, limits)
    return Compiled(
        None if has_errors(files.findings) else compiled.pack, (*files.findings, *compiled.findings)
    )


# -- settings -----------------------------------------------------------------------------------------


def settings_folder(config: Path | None) -> Path | None:
    """The folder of deployment settings, if one is named. Raises PlainProblem if it is not there."""
    folder = config if config is not None else _config_from_environment()
    if folder is not None and not _there(folder, folder.is_dir):
        raise PlainProblem(f"There is no settings folder {folder}.", "Check --config or UNSTUCK_CONFIG.")
    return folder


def open_limits(config: Path | None) -> Limits:
    """The limits that the settings say, or the default ones. Raises PlainProblem."""
    folder = settings_folder(config)
    path = folder / LIMITS if folder is not None else None
    if path is None or not _there(path, path.exists):
        return DEFAULT_LIMITS
    from adapters.limits_file import read_limits

    limits, findings = read_limits(_source(path))
    if limits is None:
        advice = f"`unstuck check --config {folder}` shows all of it."
        raise PlainProblem(f"The limits cannot be used: {findings[0]}", advice)
    return limits


def open_retention(config: Path | None) -> Retention:
    """How long what is kept, as the settings say or by default. Raises PlainProblem."""
    from adapters.retention import Retention, read_retention

    folder = settings_folder(config)
    path = folder / RETENTION if folder is not None else None
    if path is None or not _there(path, path.exists):
        return Retention()
    retention, findings = read_retention(_source(path))
    if retention is None:
        advice = f"`unstuck check --config {folder}` shows all of it."
        raise PlainProblem(f"The retention cannot be used: {findings[0]}", advice)
    return retention


# -- the gates ----------------------------------------------------------------------------------------


def open_gate(config: Path | None, book: Book) -> PolicyGate:
    """The gate with the clinic's policy; `book` is what it remembers."""
    return PolicyGate(clinic_policy(config), CATALOG, book)


def clinic_policy(config: Path | None) -> Policy:
    """The shipped policy, and over it what the clinic's own policy file changes. Raises PlainProblem if that
    file cannot be used."""
    folder = settings_folder(config)
    policy = shipped_policy()
    path = folder / POLICY if folder is not None else None
    if path is not None and _there(path, path.exists):
        own, findings = read_policy(_source(path), policy, CATALOG)
        if own is None:
            raise PlainProblem(
                f"The policy cannot be used: {findings[0]}",
                f"`unstuck check --config {folder}` shows all of it.",
            )
        policy = own
    return policy


def own_policy(config: Path | None) -> Source | None:
    """The clinic's own policy file, if it has one. Raises PlainProblem if it cannot be read."""
    folder = settings_folder(config)
    path = folder / POLICY if folder is not None else None
    return _source(path) if path is not None and _there(path, path.exists) else None


def policy_rows(config: Path | None) -> tuple[tuple[str, ...], ...]:
    """What the policy says: for each action its name, its risk, and a word for each audience."""
    from adapters.gates.matrix import matrix

    return matrix(lambda book: open_gate(config, book), CATALOG)


def _there(path: Path, found: Callable[[], bool]) -> bool:
    """What `found` says of a path of the settings. Raises PlainProblem where that cannot be seen."""
    try:
        return found()
    except OSError as error:
        advice = "Check --config or UNSTUCK_CONFIG, and the permissions."
        raise PlainProblem(f"The settings {path} cannot be read ({error.strerror}).", advice) from error


def _config_from_environment() -> Path | None:
    named = os.environ.get("UNSTUCK_CONFIG")
    return Path(named) if named else None


def _source(path: Path) -> Source:
    try:
        source, problem = decode(str(path), path.read_bytes())
    except OSError as error:
        raise PlainProblem(f"{path} cannot be read ({error.strerror}).", "Check its permissions.") from error
    if source is None:
        raise PlainProblem(f"{path} cannot be read: {problem}", "Save it as UTF-8.")
    return source


# -- stores, clinics and mail by URL --------------------------------------------------------------------


def open_store(path: Path) -> HiddenStore:
    """The session store in this file, which keeps what is personal encrypted. Its keys are made with the
    first conversation, and never anew: what they hid could not be read any more."""
    with ExitStack() as stack:
        store = over_keys(stack.enter_context(open_store_behind(path)))
        stack.pop_all()
        return store


@contextmanager
def open_to_read(url: str | None) -> Iterator[tuple[HiddenStore, Callable[..., None]]]:
    """The session store for an operator, and what keeps in its audit what they are going to read: the action
    and the conversations, as in `note_down`."""
    with open_store_behind(store_path(url)) as behind:
        yield over_keys(behind), partial(note_down, behind)


def over_keys(behind: SqliteStore) -> HiddenStore:
    """The same store with what is personal in clear, for whoever has its keys. Raises Unusable."""
    return HiddenStore(behind, open_ring(behind.path, may_make=not is_hidden(behind)))


def open_store_behind(path: Path) -> SqliteStore:
    """The same store as it lies in its file: for looking after it, not for reading conversations."""
    return SqliteStore(path, open_trail)


def open_book(store: SqliteStore) -> SqliteBook:
    """What the gates remember, beside the store. Whom it is about is encrypted, with a key made of the
    store's."""
    return SqliteBook(store.path.with_name(BOOK), derived(store.master, "unstuck gates", 64))


def open_tokens(store: SqliteStore) -> TokenBook:
    """Who holds which conversation over the web, beside the store."""
    from adapters.web.tokens import NAME, TokenBook

    return TokenBook(store.path.with_name(NAME), derived(store.master, "unstuck tokens", 64))


def tokens_held(store: SqliteStore, sessions: Collection[str]) -> tuple[Held, ...]:
    """What is kept beside the store of who holds these conversations over the web."""
    if not _has_tokens(store):
        return ()
    with closing(open_tokens(store)) as tokens:
        return tokens.held(sessions)


def forget_tokens(store: SqliteStore, sessions: Collection[str]) -> None:
    """Take out for good who holds these conversations over the web."""
    if _has_tokens(store):
        with closing(open_tokens(store)) as tokens:
            tokens.forget(sessions, int(utc_now().timestamp()))


def _has_tokens(store: SqliteStore) -> bool:
    from adapters.web.tokens import NAME

    return store.path.with_name(NAME).exists()


def open_trail(path: Path, key: bytes) -> AuditTrail:
    """What chains the audit of the store at `path` with this key. Its head lies beside the store, unless
    UNSTUCK_AUDIT_HEAD names another file, best on another disk."""
    named = os.environ.get(AUDIT_HEAD)
    return AuditTrail(path, derived(key, "unstuck audit"), Path(named) if named else None)


def open_clerk(store: SqliteStore) -> Scribe:
    """What writes down the audit that is kept in this store."""
    return Scribe(derived(store.master, "unstuck scribe"), CATALOG)


def trail_of(store: SqliteStore) -> AuditTrail:
    """The audit of a store that is open, to look it over."""
    return open_trail(store.path, store.master)


def audit_looked_over(store: SqliteStore, *, against_head: bool = True) -> Checked:
    """Every entry of its audit looked over, and their end compared with the head. Raises Unusable."""
    trail = trail_of(store)
    # The head is read first: entries that come in between are no flaw.
    head = trail.head() if against_head else None
    before, entries = store.audited()
    return trail.look_over(before, [Link(*each) for each in entries], head, against_head=against_head)


def note_down(store: SqliteStore, action: str, *sessions: str, subject: str = "") -> None:
    """Keep in the audit what whoever runs this process is going to do with what is kept: with these
    conversations, or with all that is there of the person `subject`. Raises Unusable."""
    at = utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")
    clerk = open_clerk(store)
    doers = [Doer(os_user(), session=session) for session in sessions or ("",)]
    store.note_down(tuple(clerk.entry(Deed("records", at, by, action, subject=subject)) for by in doers))


def leases_path(store: Path) -> Path:
    """The file in which processes see that others are at a call of a conversation."""
    return store.with_name(f"{store.name}.calls")


def key_files(store: Path) -> list[Path]:
    """The files of keys there are for a store."""
    from adapters.keys import keys_path
    from adapters.stores.key_file import key_path

    return [path for path in (key_path(store), keys_path(store)) if path.exists()]


def store_path(url: str | None) -> Path:
    """The file of the session store."""
    return data_folder() / "sessions.db" if url is None else _sqlite_path(url, "--store")


def _sqlite_path(url: str, option: str) -> Path:
    """The path in `sqlite:///PATH`: relative after three slashes, absolute after four."""
    if not url.startswith("sqlite:///") or not url.removeprefix("sqlite:///"):
        raise PlainProblem(
            f"{option} cannot be {url!r}.", "Write sqlite:///PATH, for example sqlite:///clinic.db."
        )
    return _path(unquote(url.removeprefix("sqlite:///")), option)


def _path(text: str, option: str) -> Path:
    """A path as somebody wrote it for an option, with their home in the place of ~. Raises PlainProblem."""
    try:
        path = Path(text).expanduser()
        path.exists()
    except RuntimeError:
        raise PlainProblem(
            f"{option} names a home that is not known: {text}.", "Write the whole path."
        ) from None
    except OSError as error:
        raise Unusable(f"{option} cannot be {text} ({error.strerror}).", "Name another one.") from error
    if "\0" in text:
        raise PlainProblem(f"{option} holds a sign that no path can hold.", "Name another one.")
    return path


def open_clinic(url: str | None, mailer: Mailer, watch: Callable[[Exchange], None] | None = None) -> Backend:
    """The clinic's system: what `rest:FILE.yaml` describes, an embedded clinic at `sqlite:///PATH`, one of a
    package that is installed, or without a URL the embedded sample clinic, made on first use. Where it cannot
    record how an identity was verified, unstuck does, and says that it is not known how an account stands
    where it does not tell. `watch` is told what goes over the wire, without secrets."""
    kind, colon, rest = (url or "").partition(":")
    if kind == "rest":
        from adapters.clinic.rest.backend import RestClinic

        return OwnVerifications(NotTold(RestClinic.open(_path(rest, "--clinic"), watch=watch)), utc_now)
    if colon and kind != "sqlite":
        from adapters.installed import installed_clinic

        return OwnVerifications(NotTold(installed_clinic(kind, rest)), utc_now)
    return open_embedded(url, mailer)


def open_embedded(url: str | None, mailer: Mailer) -> EmbeddedClinic:
    """The embedded clinic at `sqlite:///PATH`, or the sample one. UNSTUCK_BOUNCES names where reports come
    in: a Maildir or mailbox file of bounces, or a file NAME.jsonl of a provider's events."""
    path, named = clinic_path(url), os.environ.get(BOUNCES)
    if not named:
        return EmbeddedClinic.open(path, mailer, utc_now, new_token)
    from adapters.mail.reports import EventFile, Mailbox

    at = _path(named, BOUNCES)
    source = EventFile(at) if at.suffix == ".jsonl" else Mailbox(at)
    return EmbeddedClinic.open(path, mailer, utc_now, new_token, reports=source.reports)


def clinic_lacks(backend: Backend) -> Lacking:
    """What a clinic's system lacks of all that one can be able to do."""
    return lacking(backend.capabilities())


def clinic_path(url: str | None) -> Path:
    """The file of the embedded clinic; the sample clinic is made where none is named and none is there."""
    path = _path(str(default_clinic()), "The data folder") if url is None else _sqlite_path(url, "--clinic")
    if url is None and not path.exists():
        try:
            create_clinic(path, None)
        except PlainProblem:
            # Another first start may have made it in the meantime.
            if not path.exists():
                raise
    if not path.exists():
        raise Unusable(f"There is no clinic at {path}.", f"Make one: `unstuck clinic init {path}`.")
    return path


def change_record(
    url: str | None,
    who: str,
    email: str | None,
    online_access: bool | None,
    email_notifications: bool | None,
    seen_by: tuple[str, ...] = (),
) -> str:
    """Change a record in the embedded clinic by hand; the name of the person. Raises PlainProblem."""
    from adapters.clinic.by_hand import ByHand, change_by_hand
    from adapters.clinic.database import open_database
    from adapters.clinic.people import OMITTED
    from adapters.clinic.records import persons

    database = open_database(clinic_path(url))
    try:
        with database.writing(5.0) as connection:
            found = [each for each in persons(connection) if who in (each.id, each.name)]
            if len(found) != 1:
                words = "Nobody has" if not found else "Several people have"
                raise PlainProblem(f"{words} the id or name {who!r}.", "`unstuck clinic show` lists the ids.")
            changes = ByHand(
                OMITTED if email is None else email,
                OMITTED if online_access is None else online_access,
                OMITTED if email_notifications is None else email_notifications,
                practitioners=seen_by or OMITTED,
            )
            try:
                change_by_hand(connection, found[0].id, changes, utc_now())
            except ActionFailed as error:
                raise PlainProblem(error.message, "Nothing was changed.") from error
            return found[0].name
    finally:
        database.close()


def default_clinic() -> Path:
    """Where the embedded clinic is if nothing else is said."""
    return data_folder() / "clinic.db"


def create_clinic(path: Path, people: Path | None, replace: bool = False) -> None:
    """Make an embedded clinic with the people of a file, or the sample ones. Raises PlainProblem."""
    from adapters.clinic.people_file import load_people, sample_source

    source = sample_source() if people is None else _source(people)
    read, findings = load_people(source)
    if has_errors(findings):
        raise PlainProblem(f"The people cannot be used: {findings[0]}", "Correct the file and try again.")
    EmbeddedClinic.create(path, read, utc_now, replace)


def new_token() -> str:
    """A new one-time token of 256 bits, fit for an address."""
    return secrets.token_urlsafe(32)


def mail_folder(url: str | None) -> Path | None:
    """The Maildir that mail is kept in; None where a server takes it."""
    if url is None:
        return data_folder() / "mail"
    return _path(url.removeprefix("maildir:"), "--mail") if url.startswith("maildir:") else None


def open_mail(url: str | None) -> Mailer:
    """What carries the mail: a Maildir, or an SMTP server."""
    if url is None:
        return Maildir(data_folder() / "mail")
    if url.startswith("maildir:") and url.removeprefix("maildir:"):
        folder = Maildir(_path(url.removeprefix("maildir:"), "--mail"))
        folder.check()
        return folder
    if url.startswith(("smtp://", "smtps://")):
        from adapters.mail.smtp import Smtp, parse_server

        return Smtp(parse_server(url), deadline=0.8 * DEADLINE)
    raise PlainProblem(f"--mail cannot be {url!r}.", "Write smtp://HOST:PORT or maildir:PATH.")
