"""The command line: what can be called with which options, and with which exit code it ends.

Nothing but click is imported before a command needs it, so that help and completion come at once. What
the commands do is done elsewhere; here parts are chosen and put together.

    0 done   1 findings   2 wrong use   3 unfinished   4 backend or store unusable   70 unexpected
    130 interrupted
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TextIO, TypeAlias, TypeVar

import click

from adapters.commands.completion import code_names, flow_names, session_names

if TYPE_CHECKING:
    from adapters.console.opening import Looks
    from adapters.console.picker import Offer
    from adapters.console.port import Asker
    from adapters.console.screen import Screen
    from adapters.console.transcript import Heading
    from adapters.finder import Match
    from adapters.view import View
    from adapters.wiring import Desk, FlowInfo, Options
    from engine import Diagnostic

DONE, FINDINGS, WRONG_USE, UNFINISHED, UNEXPECTED, INTERRUPTED, NOBODY_READS = 0, 1, 2, 3, 70, 130, 141
RECENT = 5
"""So many of the last conversations are offered to go on with."""
LOG_LEVELS = ("debug", "info", "warning", "error")
AUDIENCES = ("visitor", "client", "practitioner", "agent", "admin")
THEMES = ("auto", "dark", "light", "plain")
FORMATS = ("human", "json", "sarif")
ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "unstuck": {
        "audit": "audit:audit",
        "completion": "completion:completion",
        "config": "config:config",
        "doctor": "doctor:doctor",
        "keys": "keys:keys",
        "person": "person:person",
        "privacy": "privacy:privacy",
        "record": "record:record",
        "reference": "reference:reference",
        "schema": "schema:schema",
        "serve": "serve:serve",
        "test": "testing:test_replays",
    },
    "sessions": {name: f"sessions:{name}" for name in ("backup", "export", "purge", "recover")},
    "clinic": {"serve": "clinic_serve:serve", "try": "clinic_try:try_action"},
}
"""For each group the commands that are imported when they are asked for: in which module of
`adapters.commands`, under which name."""

Where: TypeAlias = "dict[str, str | Path | None]"
P = ParamSpec("P")
R = TypeVar("R")


def main() -> NoReturn:
    """The entry point: run the command of this process and end with its exit code."""
    # Modules and flows are many objects that stay; looking through them again and again for garbage took a
    # fifth of the time to the first prompt.
    gc.disable()
    gc.set_threshold(100_000, 20, 20)
    # A core dump would hold the secrets that are in memory.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(run(sys.argv[1:]))


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code. Nothing is ever raised, and no traceback shown, unless
    UNSTUCK_DEBUG is set."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _never_choke(stream)
    try:
        code = unstuck.main(list(args), prog_name="unstuck", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except (BrokenPipeError, NobodyReads):
        # Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS
    except Exception as error:
        return _ended_by(error)


def _collect_from_now_on() -> None:
    """Collect garbage, if `main` has put that off; what is in memory by now stays and is not looked at."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _ended_by(error: Exception) -> int:
    """Say in plain words what ended the command, and return the exit code for it."""
    from adapters.problems import PlainProblem

    if os.environ.get("UNSTUCK_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        usage = error.ctx.get_usage() + "\n" if isinstance(error, click.UsageError) and error.ctx else ""
        _complain(f"{usage}{error.format_message()}", error)
        return error.exit_code
    if isinstance(error, PlainProblem):
        _complain("\n".join(filter(None, (error.message, error.advice))), error)
        return error.exit_code
    _complain(
        f"Something unexpected happened ({type(error).__name__}). Nothing that was acknowledged is lost.\n"
        "The same command with UNSTUCK_DEBUG=1 before it shows the details.",
        error,
    )
    return UNEXPECTED


def _complain(text: str, error: Exception) -> None:
    from adapters.console.screen import say

    say(sys.stderr, "\n".join((text, *getattr(error, "__notes__", ()))))


def _never_choke(stream: object) -> None:
    """Let bytes that are no text through as a replacement sign, instead of failing on them."""
    reconfigure = getattr(stream, "reconfigure", None)
    if callable(reconfigure):
        reconfigure(errors="replace")


class Words(click.ParamType[str]):
    """Text from the command line. Bytes that were no text become question marks: nothing could store
    them."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without the bytes that were none."""
        return value.encode("utf-8", "replace").decode()


class NobodyReads(Exception):
    """Whoever read the output has gone; click would make a plain 1 of it, which means findings here."""


class Commands(click.Group):
    """A group of commands. Those of its in `ELSEWHERE` are imported when they are asked for."""

    group_class = type
    """What the groups in it are, too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order of their names."""
        return sorted({*super().list_commands(ctx), *ELSEWHERE.get(self.name or "", ())})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, if there is one."""
        elsewhere = ELSEWHERE.get(self.name or "", {}).get(cmd_name)
        if elsewhere is not None and cmd_name not in self.commands:
            module, _, name = elsewhere.partition(":")
            self.add_command(getattr(import_module(f"adapters.commands.{module}"), name), cmd_name)
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. Raises NobodyReads."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise NobodyReads from None


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="unstuck", message="unstuck %(version)s")
@click.pass_context
def unstuck(context: click.Context) -> int:
    """Solve a clinic's support complaints step by step, and do the steps.

    Without a command a conversation starts, as with "unstuck chat".
    """
    if context.invoked_subcommand is None:
        code: int = context.invoke(chat)
        return code
    if context.invoked_subcommand != "chat":
        _collect_from_now_on()
    return DONE


def desk_options(command: Callable[P, R]) -> Callable[P, R]:
    """The options that say which flows, clinic, store and mail a command works with."""
    for option in (
        click.option(
            "--log-level", type=click.Choice(LOG_LEVELS), help="From which level on; info is usual."
        ),
        click.option("--log-file", type=click.Path(path_type=Path), help="Log to this file, as JSON lines."),
        click.option("--config", type=click.Path(path_type=Path), help="Folder of deployment settings."),
        click.option("--mail", metavar="URL", help="smtp://HOST:PORT or maildir:PATH."),
        click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH."),
        click.option("--clinic", metavar="URL", help="The clinic's system: sqlite:///PATH, rest:FILE.yaml."),
        click.option("--flows", type=click.Path(path_type=Path), help="Your own folder of flows."),
    ):
        command = option(command)
    return command


@unstuck.command()
@click.argument("said", nargs=-1, type=Words(), metavar='[FLOW | "FREE TEXT"]', shell_complete=flow_names)
@click.option("--as", "audience", type=click.Choice(AUDIENCES), help="Hold the conversation in this role.")
@click.option(
    "--resume",
    type=Words(),
    metavar="ID",
    help="Go on with a conversation that was left.",
    shell_complete=session_names,
)
@click.option("--json", "as_json", is_flag=True, help="Turns as JSON, one object a line, in and out.")
@click.option("--plain", is_flag=True, help="Line by line, without cursor keys: for screen readers.")
@click.option("--no-color", "colourless", is_flag=True, help="No colours (NO_COLOR does the same).")
@click.option("--ascii", "in_ascii", is_flag=True, help="Nothing but ASCII on the screen.")
@click.option("--theme", type=click.Choice(THEMES), help="Colours for a dark or a light background.")
@click.option("--rules", is_flag=True, help="/why and /map with the rules as they are written, for authors.")
@click.option("--secret-fd", type=click.IntRange(0), metavar="N", help="With --json: secrets, one a line.")
@desk_options
def chat(
    said: tuple[str, ...],
    audience: str | None,
    resume: str | None,
    as_json: bool,
    plain: bool,
    colourless: bool,
    in_ascii: bool,
    theme: str | None,
    rules: bool,
    secret_fd: int | None,
    **where: str | Path | None,
) -> int:
    """Hold a conversation, in a FLOW or in the one that fits what the caller says.

    \b
    unstuck chat                                pick from a list
    unstuck chat email-not-received             this flow
    unstuck chat "she never got the email"      the flow that fits
    unstuck chat --resume ID                    go on where it was left

    At any question, /help lists the commands. `unstuck config` writes a file of preferences.

    Ends with 0 when the conversation has ended, with 3 when it was left before (the way to go on is then on
    standard error).
    """
    from adapters.wiring import open_desk

    if as_json and not (said or resume):
        raise click.UsageError("With --json, name a FLOW or a session to --resume.")
    if said and resume:
        raise click.UsageError("Give either a FLOW or --resume, not both.")
    if secret_fd is not None and not as_json:
        raise click.UsageError("--secret-fd goes with --json.")
    options = _options(audience, where)
    looks = None if as_json else _looks(plain, colourless, in_ascii, theme, rules)
    with open_desk(options) as desk, _secrets_from(secret_fd) as secrets:
        talk = Talk(desk, options)
        words = " ".join(said)
        return (
            talk.in_json(words, resume, secrets) if looks is None else talk.at_console(words, resume, looks)
        )


def _looks(plain: bool, colourless: bool, in_ascii: bool, theme: str | None, rules: bool) -> Looks:
    """How the console looks: by the options, or else as the person prefers it."""
    from adapters.console.opening import Looks
    from adapters.preferences import history_file, read_preferences

    mine = read_preferences()
    return Looks(
        plain or mine.lines,
        colourless or not mine.color,
        in_ascii or mine.ascii,
        theme or mine.theme,
        mine.clipboard,
        history_file() if mine.history else None,
        rules,
    )


@contextmanager
def _secrets_from(number: int | None) -> Iterator[TextIO | None]:
    """What is read from this file descriptor. Raises UsageError if there is none of that number."""
    if number is None:
        yield None
        return
    try:
        source = os.fdopen(number, encoding="utf-8", errors="replace", closefd=False)
    except OSError as error:
        raise click.UsageError(f"--secret-fd {number} cannot be read ({error.strerror}).") from None
    with source:
        yield source


class Talk:
    """One call of `chat`: from what was asked for to the exit code."""

    def __init__(self, desk: Desk, options: Options) -> None:
        self._desk = desk
        self._options = options

    def at_console(self, said: str, resume: str | None, looks: Looks) -> int:
        """Talk to a person."""
        from adapters.console.chat import Chat, Left
        from adapters.console.opening import clipboard, open_console
        from adapters.console.picker import Offer

        screen, asker = open_console(looks, sys.stdin, sys.stdout, os.environ)
        flow = ""
        chat = Chat(
            self._desk.talk,
            screen,
            asker,
            lambda: self._start(flow),
            lambda text: clipboard(looks, screen, os.environ)(text),
            rules=looks.rules,
        )
        with self._resumable(lambda: chat.session):
            try:
                picked = self._picked(said, screen, asker) if resume is None else Offer(resume, "", open=True)
                flow = picked.name
                if picked.open:
                    view = chat.wait(lambda: self._desk.talk.resume(picked.name))
                    _collect_from_now_on()
                    flow = self._desk.talk.standing(view.session).flow
                else:
                    view = chat.wait(chat.again)
                chat.run(self._heading(flow, view), view)
            except EOFError:
                return self._nothing_begun()
            except Left as left:
                return self._left(left.session) if left.session else self._nothing_begun()
        return DONE

    def in_json(self, said: str, resume: str | None, secrets: TextIO | None = None) -> int:
        """Talk to a program."""
        from adapters.jsonlines import converse

        view = self._desk.talk.resume(resume) if resume is not None else self._start(self._only_one(said))
        _collect_from_now_on()
        with self._resumable(lambda: view.session):
            try:
                last = converse(self._desk.talk, view, sys.stdin, sys.stdout, secrets)
            except KeyboardInterrupt:
                return self._left(view.session)
        return DONE if last.end is not None else self._left(last.session)

    def _start(self, flow: str) -> View:
        view = self._desk.driver.start(flow, actor=self._desk.actor, audience=self._desk.audience)
        _collect_from_now_on()
        return view

    def _picked(self, said: str, screen: Screen, asker: Asker) -> Offer:
        """The flow named, or what the person picks."""
        from adapters.console.picker import Offer, going_on, pick

        flows = self._desk.library.flows
        if said in flows:
            return Offer(said, flows[said].title)
        _collect_from_now_on()
        mine = [info for info in flows.values() if self._desk.audience in info.audience]
        offers = [Offer(info.name, info.title) for info in mine]
        offers += [] if said else [going_on(each) for each in self._desk.talk.open_ones(RECENT)]
        return pick(offers, lambda words: _find(mine, words), screen, asker, said=said)

    def _only_one(self, said: str) -> str:
        """The flow named, or the only one that fits. Raises PlainProblem where that is not clear."""
        from adapters.problems import PlainProblem

        flows = self._desk.library.flows
        if said in flows:
            return said
        found = _find([info for info in flows.values() if self._desk.audience in info.audience], said)
        if len(found) == 1 and found[0].sure:
            return found[0].name
        names = ", ".join(match.name for match in found) or ", ".join(flows) or "none"
        if said in self._desk.library.pack.trees:
            raise PlainProblem(
                f"The flow “{said}” is a part that other flows visit; it is not begun by itself.",
                f"Name one of: {', '.join(flows)}.",
            )
        raise PlainProblem(f"It is not clear which flow “{said}” means.", f"Name one of: {names}.")

    def _heading(self, flow: str, view: View) -> Heading:
        from adapters.console.transcript import Heading

        info = self._desk.library.flows.get(flow)
        return Heading(info.title if info else flow, (self._desk.audience.value, f"session {view.session}"))

    @contextmanager
    def _resumable(self, session: Callable[[], str]) -> Iterator[None]:
        """Whatever goes wrong inside is told together with the way to go on."""
        try:
            yield
        except Exception as error:
            if session():
                error.add_note(self._way_on(session()))
            raise

    def _left(self, session: str) -> int:
        _tell(self._way_on(session))
        return UNFINISHED

    def _nothing_begun(self) -> int:
        _tell("No conversation was begun.")
        return UNFINISHED

    def _way_on(self, session: str) -> str:
        """How to go on with a session, as a command to copy."""
        given = {
            "--flows": self._options.flows,
            "--clinic": self._options.clinic,
            "--store": self._options.store,
            "--mail": self._options.mail,
            "--config": self._options.config,
        }
        import shlex

        words = ["unstuck", "chat", "--resume", session]
        for option, value in given.items():
            words += [option, str(value)] if value is not None else []
        return f"The conversation is kept. Go on with it:\n  {shlex.join(words)}"


def _find(infos: Sequence[FlowInfo], words: str) -> Sequence[Match]:
    from adapters.finder import Subject, find

    return find([Subject(one.name, one.title, tuple(one.symptoms), tuple(one.texts)) for one in infos], words)


def _options(audience: str | None, where: Where) -> Options:
    """What the options say, for the wiring."""
    from adapters.wiring import Options
    from engine import Audience

    return Options(
        flows=_path(where["flows"]),
        clinic=_text(where["clinic"]),
        store=_text(where["store"]),
        mail=_text(where["mail"]),
        config=_path(where["config"]),
        audience=Audience(audience) if audience else None,
        log_file=_path(where["log_file"]),
        log_level=_text(where["log_level"]) or "info",
    )


def _path(value: str | Path | None) -> Path | None:
    return Path(value) if value is not None else None


def _text(value: str | Path | None) -> str | None:
    return str(value) if value is not None else None


def _tell(text: str) -> None:
    """A word on the side, so that standard output stays what was asked for."""
    from adapters.console.screen import say

    say(sys.stderr, text)


def _print(text: str) -> None:
    from adapters.console.screen import say

    say(sys.stdout, text)


@unstuck.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="human", help="How to write it.")
@click.option("--config", type=click.Path(path_type=Path), help="Folder of deployment settings, too.")
def check(paths: tuple[Path, ...], form: str, config: Path | None) -> int:
    """Look for mistakes in flows: files or folders, by default the flows that unstuck came with.

    Replays, policies (policy.yaml), limits (limits.yaml) and people (clinic.yaml, NAME.people.yaml) among
    them are looked at as well, and so is the folder of settings. Everything is reported at once, each with
    its place and the likely repair. Ends with 1 if anything was found.
    """
    from adapters.flowdir import shipped_flows
    from adapters.wiring import check_paths

    found = check_paths(list(paths) or [shipped_flows()], config)
    _print_findings(found, form)
    return FINDINGS if found else DONE


def _print_findings(found: Sequence[Diagnostic], form: str) -> None:
    import json
    import shutil

    from adapters import findings

    if form == "human":
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        # What is rendered has its colours already and was made safe before they were added.
        sys.stdout.write(findings.render(found, colour, shutil.get_terminal_size((88, 24)).columns) + "\n")
    else:
        _print(json.dumps(findings.as_sarif(found) if form == "sarif" else findings.as_json(found), indent=2))


@unstuck.command()
@click.argument("code", type=Words(), required=False, shell_complete=code_names)
def explain(code: str | None) -> int:
    """Say what the CODE of a finding means, with an example and the repair; without one, list them all."""
    from adapters.problems import PlainProblem
    from engine import CODES, FAMILIES, MENDED, did_you_mean

    if code is None:
        listed = (
            f"{family}\n" + "\n".join(f"  {name}  {one.title}" for name, one in codes.items())
            for family, codes in FAMILIES.items()
        )
        _print("\n\n".join(listed))
        return DONE
    known = CODES.get(code.upper())
    if known is None:
        advice = did_you_mean(code.upper(), CODES) or "`unstuck explain` lists all codes."
        raise PlainProblem(f"There is no code {code}.", advice)
    heading = f"{code.upper()} ({known.severity.value}): {known.title}"
    parts = [heading, known.meaning, f"For example, in {known.file}:", _indented(known.example), known.repair]
    mended = MENDED.get(code.upper())
    if mended:
        parts += ["Repaired, the marked line reads:", _indented(mended)]
    elif mended is not None:
        parts.append("Here the marked line is taken out.")
    _print("\n\n".join(parts))
    return DONE


def _indented(example: str) -> str:
    """An example, set off from the words around it."""
    return "\n".join(f"    {line}" for line in example.rstrip().split("\n"))


store_option = click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")


@unstuck.group()
def sessions() -> None:
    """Look at conversations that are kept."""


@sessions.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that have not ended.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@store_option
def list_sessions(only_open: bool, limit: int, store: str | None) -> int:
    """List conversations, the last touched first."""
    from adapters.session_words import list_of
    from adapters.wiring import open_store, store_path

    with open_store(store_path(store)) as kept:
        _print(list_of(kept.sessions(limit, only_open)))
    return DONE


@sessions.command("show")
@click.argument("session", type=Words(), shell_complete=session_names)
@store_option
def show_session(session: str, store: str | None) -> int:
    """Show what happened in one conversation."""
    from adapters.session_words import details_of
    from adapters.wiring import open_to_read

    with open_to_read(store) as (kept, note):
        found = kept.load(session)
        note("show", found.session)
        _print(details_of(found, kept.events(session), kept.ledger(session)))
    return DONE


@unstuck.group()
def policy() -> None:
    """Who may do what at the clinic."""


@policy.command("matrix")
@click.option("--config", type=click.Path(path_type=Path), help="Folder of deployment settings.")
@click.option("--ways", is_flag=True, help="Hold a conversation for every action, role and way in.")
def show_policy(config: Path | None, ways: bool) -> int:
    """Show what every audience may do, and what it needs for that, as the gate itself answers it.

    With --ways every action is really tried in every role: as a flow has it, with forged answers, from a
    visited flow, gone on with in another process, and after the flow was edited. Exit code 1 if anybody got
    further, or less far, than the policy says. Takes about a minute.
    """
    from adapters.gates.matrix import COLUMNS
    from adapters.tables import table
    from adapters.wiring import policy_rows

    if ways:
        return _show_ways(config)
    _print(table(COLUMNS, policy_rows(config)))
    return DONE


def _show_ways(config: Path | None) -> int:
    from adapters.gates.matrix import COLUMNS
    from adapters.tables import table
    from adapters.ways_in import WAYS, try_all, ways_rows
    from adapters.wiring import clinic_policy

    policy = clinic_policy(config)
    tried = list(try_all(policy))
    otherwise = [each for each in tried if each.found != each.declared]
    _print(table((COLUMNS[0], "way in", *COLUMNS[2:]), ways_rows(tried)))
    came = f"{len(otherwise)} otherwise than" if otherwise else "all as"
    _print(f"\n{len(tried)} tries, by {len(WAYS)} ways in: {came} the policy says.")
    return FINDINGS if otherwise else DONE


@unstuck.group()
def clinic() -> None:
    """The embedded clinic, with people to try things on."""


@clinic.command("init")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--from", "people", type=click.Path(path_type=Path), help="A YAML file of people.")
@click.option("--force", is_flag=True, help="Put the new clinic in the place of one that is there.")
def init_clinic(path: Path | None, people: Path | None, force: bool) -> int:
    """Make a clinic at PATH, with the people of a file or with the sample ones."""
    from adapters.wiring import create_clinic, default_clinic

    made = path or default_clinic()
    create_clinic(made, people, force)
    use = "" if path is None else f" --clinic sqlite:///{made}"
    _print(f"Made a clinic at {made}.\nTry it: unstuck chat{use}")
    return DONE


@clinic.command("show")
@click.argument("who", type=Words(), required=False)
@click.option("--clinic", "url", metavar="URL", help="The clinic, as sqlite:///PATH.")
def show_clinic(who: str | None, url: str | None) -> int:
    """Show what a clinic holds: people, mails, tickets, the journal; or only what is about WHO."""
    from adapters.clinic.show import show
    from adapters.tables import table
    from adapters.wiring import clinic_path, utc_now

    tables = show(clinic_path(url), who, utc_now)
    _print("\n\n".join(table(each.columns, each.rows, each.title) for each in tables))
    return DONE


@clinic.command("set")
@click.argument("who", type=Words())
@click.option("--email", type=Words(), help="The address on record.")
@click.option("--online-access", type=click.Choice(("on", "off")), help="Online access to the portal.")
@click.option("--email-notifications", type=click.Choice(("on", "off")), help="Email notifications.")
@click.option(
    "--seen-by",
    type=Words(),
    multiple=True,
    help="The id of a practitioner who sees the client; again for each. They replace those before.",
)
@click.option("--clinic", "url", metavar="URL", help="The clinic, as sqlite:///PATH.")
def set_clinic(
    who: str,
    email: str | None,
    online_access: str | None,
    email_notifications: str | None,
    seen_by: tuple[str, ...],
    url: str | None,
) -> int:
    """Change a person's record, as somebody does by hand in the clinic's own software.

    WHO is an id or a whole name, as `clinic show` lists them. A conversation that asked for the change sees
    it when it goes on.
    """
    from adapters.wiring import change_record

    switches = (_switch(online_access), _switch(email_notifications))
    changed = change_record(url, who, email, *switches, seen_by)
    _print(f"Changed the record of {changed}.")
    return DONE


def _switch(word: str | None) -> bool | None:
    return None if word is None else word == "on"
