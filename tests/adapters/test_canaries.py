"""A different planted secret at each secret prompt, searched for everywhere: found only in its one reveal.

The search itself is tried first, on leaks that are planted. A kill is a crash of the process, not a power
cut; a copy of a running process's memory holds its secrets, and is not searched.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import subprocess
import sys
import termios
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pexpect
import pyte
import pytest

from adapters import driver, jsonlines, wiring
from adapters.cli import run
from adapters.clinic import credentials
from adapters.clinic.embedded import EmbeddedClinic
from adapters.flowdir import read_flows, shipped_flows
from adapters.gates.book_file import SqliteBook
from adapters.gates.policy_gate import PolicyGate
from adapters.mail.maildir import Maildir
from adapters.secrets import vault
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from tests.adapters.canaries import forms, found, in_files, in_process
from tests.adapters.secret_chat import CODE, ROOT, SecretChat, environment, give_clinic, leaking

TYPED_AT = {"flows/common/new-password.yaml"}
"""The shipped flows in which a secret is typed; the conversations below go through each."""

_numbers = count(4711)


def canary() -> str:
    """A secret that was never used before, hard to guess, and another one in every encoding."""
    return f'Zebra/Mängrove "Quarz" {next(_numbers)} tülip lagoon'


# -- the search finds what is there -------------------------------------------------------------------

LEAKS: dict[str, Callable[[bytes], bytes]] = {
    "UTF-8": lambda raw: raw,
    "UTF-16 LE": lambda raw: raw.decode().encode("utf-16-le"),
    "UTF-16 BE": lambda raw: raw.decode().encode("utf-16-be"),
    "hex": lambda raw: raw.hex().upper().encode(),
    "base64": base64.b64encode,
    "URL": lambda raw: quote(raw.decode()).encode(),
    "JSON": lambda raw: json.dumps(raw.decode()).encode(),
    "gzip: UTF-8": gzip.compress,
    "zlib: UTF-8": zlib.compress,
}


@pytest.mark.parametrize("offset", range(3))
@pytest.mark.parametrize("encoding", LEAKS)
def test_the_search_finds_a_planted_leak(encoding: str, offset: int, tmp_path: Path) -> None:
    secret = canary()
    log = tmp_path / "logs" / "today.log"
    log.parent.mkdir()
    log.write_bytes(
        b"\x00line\n" * 9 + LEAKS[encoding](b"x" * offset + secret.encode() + b"etc.") + b"\nmore"
    )
    assert f"logs/today.log: {encoding}" in in_files(secret, tmp_path)
    assert in_files(canary(), tmp_path) == []


def test_the_search_looks_into_streams_that_were_packed_twice_or_cut_off() -> None:
    secret = canary()
    packed = gzip.compress(b"a" * 5000 + base64.urlsafe_b64encode(b"1" + secret.encode()) + b"b" * 5000)
    # What is packed already may be stored as it is, and is then found there as well.
    assert "zlib: gzip: base64" in found(secret, b"head" + zlib.compress(packed))
    assert found(secret, zlib.compress(secret.encode() * 50)[:-6]) == {"zlib: UTF-8"}
    assert len(forms(secret)) == len(LEAKS) - 2


PROGRAM = """
import sys, tempfile
file = tempfile.TemporaryFile()
file.write(sys.stdin.readline().encode())
file.flush()
print("ready", flush=True)
sys.stdin.read()
"""


def test_the_search_reads_what_others_can_see_of_a_process() -> None:
    named, set_, kept = canary(), canary(), canary()
    command = ["sh", "-c", 'true; "$@"', "sh", sys.executable, "-c", PROGRAM, named]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"SET": set_}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(kept + "\n")
        process.stdin.flush()
        process.stdout.readline()
        for secret, place in ((named, "/cmdline: UTF-8"), (set_, "/environ: UTF-8"), (kept, "/fd/")):
            assert place in " ".join(in_process(secret, process.pid))
        process.stdin.close()


# -- conversations in which secrets are typed and shown -------------------------------------------------


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Callable[..., SecretChat]]:
    """Begins conversations, which are ended in any case."""
    begun: list[SecretChat] = []

    def begin(*args: str, before: tuple[str, ...] = ()) -> SecretChat:
        begun.append(SecretChat(tmp_path, *args, before=before))
        return begun[-1]

    yield begin
    for chat in begun:
        chat.kill()


Begin = Callable[..., SecretChat]
WAYS = {
    "set-password": ("Eva Novak",),
    "forgot-password": ("Daniel Okafor", "no", "without", "yes"),
}


def test_the_conversations_here_go_through_every_flow_in_which_a_secret_is_typed() -> None:
    asking = {each.path for each in read_flows([shipped_flows()]).flows if "kind: secret" in each.text}
    assert {path[path.index("flows/") :] for path in asking} == TYPED_AT


@pytest.mark.parametrize("flow", WAYS)
def test_what_is_typed_is_found_nowhere(flow: str, talk: Begin) -> None:
    planted = {name: canary() for name in ("late", "early", "taken", "refused", "again")}
    planted |= {"short": "Zq9!Kü", "common": "passwordpassword1234"}
    chat = talk(flow)
    assert "Max core file size        0" in Path(f"/proc/{chat.process.pid}/limits").read_text(
        encoding="ascii"
    )
    assert chat.answers(*WAYS[flow], "own") == "own"
    for value, code in (
        (planted["short"], "too_short"),
        (planted["common"], "too_common"),
        ([planted["early"]], "not_secret"),
        (planted["early"] * 200, "too_long"),
        (f"{planted['early']}\x07", "not_typed"),
    ):
        chat.says(answer=value)
        assert (chat.asks, chat.problem) == ("own", code)
    assert chat.answers(planted["taken"]) == "set-own!evidence"
    chat.says(answer=planted["late"], prompt="own")
    assert chat.problem == "stale"
    assert leaking(chat, planted) == {}
    assert chat.answers("callback_on_file", "confirm", "retry", "own") == "own"
    assert chat.answers(planted["again"]) == "set-own!confirm"
    assert chat.answers("leave", "by-hand") != "own"
    assert leaking(chat, planted) == {}
    chat.says(back=True)
    session = chat.session
    chat.kill()
    resumed = talk("--resume", session)
    assert leaking(resumed, planted) == {}
    assert leaking(chat, planted) == {}


def test_what_is_generated_is_found_in_the_one_reveal_only(talk: Begin) -> None:
    chat = talk("set-password")
    chat.answers("Eva Novak", "set", "callback_on_file")
    secrets = {"first": chat.shown()}
    assert leaking(chat, secrets) == {}
    # Asked for again, it is not there any more.
    chat.says(reveal="first")
    chat.answers("retry", "set", "confirm")
    secrets["second"] = chat.shown()
    assert secrets["first"] != secrets["second"]
    assert chat.asks == "tell"
    assert leaking(chat, secrets) == {}
    session = chat.session
    chat.kill()
    resumed = talk("--resume", session)
    assert resumed.asks == "tell"
    resumed.says(why=True)
    resumed.answers("yes")
    assert leaking(resumed, secrets) == {}
    assert leaking(chat, secrets) == {}


# -- killed where it writes ------------------------------------------------------------------------------


def held(chat: SecretChat, planted: dict[str, str]) -> None:
    """Hold the conversation until it ends or is killed. A new secret is planted each time that one is
    asked for."""
    answers = {
        "who": "Eva Novak",
        "how": "own",
        "set-own!evidence": "callback_on_file",
        "set-own!confirm": "confirm",
        "set-own!repeat": "repeat",
        "set-own!unknown": "stop",
        "other-way": "colleague",
        "tell": "yes",
    }
    while chat.asks:
        if chat.asks == "own":
            planted[f"secret {len(planted)}"] = answers["own"] = canary()
        chat.answers(answers[chat.asks])
        assert not chat.problem


SECRET_IS_THERE = range(23, 38)
"""The writes to the disk from the moment at which the secret was typed until the conversation has ended."""

KILLS = [each if each % 5 == 4 else pytest.param(each, marks=pytest.mark.soak) for each in SECRET_IS_THERE]


@pytest.mark.needs_strace
@pytest.mark.parametrize("number", KILLS)
def test_killed_at_a_write_nothing_of_it_stays(number: int, talk: Begin) -> None:
    planted: dict[str, str] = {}
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e")
    chat = talk("set-password", before=(*strace, f"inject=fdatasync:signal=KILL:when={number}"))
    held(chat, planted)
    assert chat.ended() == -9
    assert planted
    assert leaking(chat, planted) == {}
    resumed = talk("--resume", only_session(chat.folder))
    held(resumed, planted)
    assert resumed.turn["end"]
    assert leaking(resumed, planted) == {}
    assert leaking(chat, planted) == {}


def only_session(folder: Path) -> str:
    """The conversation that is kept below a folder."""
    with SqliteStore(folder / "xdg_data_home" / "unstuck" / "sessions.db") as store:
        (kept,) = store.sessions(2)
    return kept.session


# -- something fails at every boundary ---------------------------------------------------------------------

BOUNDARIES: dict[str, tuple[object, str]] = {
    "the clinic is called": (EmbeddedClinic, "perform"),
    "the clinic keeps a password": (credentials, "keep_password"),
    "the clinic hands a password over": (credentials, "_handed_over"),
    "the store loads": (SqliteStore, "load"),
    "the store commits": (SqliteStore, "commit"),
    "the gate decides": (PolicyGate, "decide"),
    "the gate is told before": (PolicyGate, "about_to"),
    "the gate is told after": (PolicyGate, "done"),
    "the book adds": (SqliteBook, "add"),
    "the vault takes a secret": (MemoryVault, "put"),
    "the vault gives a secret": (MemoryVault, "reveal"),
    "a password is judged": (vault, "uncommon"),
    "the engine advances": (driver, "advance"),
    "an event is stored": (driver, "stored"),
    "a turn is rendered": (jsonlines, "as_json"),
    "mail is handed over": (Maildir, "send"),
}
TOLD_THE_SECRET = ("the vault takes a secret", "a password is judged")
"""What fails there cannot quote what it was given, since it is given the secret itself."""
ONCE = ("the clinic hands a password over", "the book adds", "a password is judged")
FAILURES = [
    *((boundary, 1) for boundary in BOUNDARIES),
    *(pytest.param(each, 2, marks=pytest.mark.soak) for each in BOUNDARIES if each not in ONCE),
]


class Script(io.StringIO):
    """Lines of a person who types; `armed` from the line on that holds a secret."""

    armed = False

    def readline(self, size: int | None = -1, /) -> str:
        line = super().readline(-1 if size is None else size)
        self.armed = self.armed or "Mängrove" in line or line == GENERATE
        return line


GENERATE = '{"answer": "set"}\n'


@contextmanager
def failing(boundary: str, nth: int, script: Script) -> Iterator[list[str]]:
    """Let the nth call of a boundary fail once a secret is under way, quoting everything it was given."""
    owner, name = BOUNDARIES[boundary]
    inside, failed, seen = getattr(owner, name), list[str](), count(1)

    def wrapped(*args: object, **named: object) -> object:
        if script.armed and next(seen) == nth:
            given = "" if boundary in TOLD_THE_SECRET else f"{args!r} {named!r}"
            failed.append(boundary)
            raise RuntimeError(f"boom {given}")
        return inside(*args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, wrapped)
        yield failed


@pytest.fixture(scope="module")
def compiled() -> Iterator[None]:
    """The flows are read once for all these conversations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "open_library", cache(wiring.open_library))
        yield


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(("boundary", "nth"), FAILURES)
def test_a_failure_at_a_boundary_tells_nothing(
    boundary: str,
    nth: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    give_clinic(tmp_path)
    caplog.set_level("DEBUG")
    typed, outputs = canary(), list[str]()
    answers = ["Eva Novak", "own", typed, "callback_on_file", "confirm", "retry", "set", "confirm"]
    script = Script("".join(json.dumps({"answer": each}, ensure_ascii=False) + "\n" for each in answers))
    monkeypatch.setattr("sys.stdin", script)
    with failing(boundary, nth, script) as failed:
        run(["chat", "set-password", "--json"])
    assert failed == [boundary]
    outputs += [*capfd.readouterr(), caplog.text]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(["chat", "--json", "--resume", only_session(tmp_path)]) in (0, 3)
    outputs += [*capfd.readouterr(), caplog.text]
    assert [name for out in outputs for name in found(typed, out.encode())] == []
    assert in_files(typed, tmp_path) == []


# -- the console, in a real terminal ------------------------------------------------------------------------


class Console:
    """`unstuck chat` in a pseudo-terminal; `written` is every byte that went to the screen."""

    def __init__(self, folder: Path, *args: str) -> None:
        give_clinic(folder)
        self.written = io.BytesIO()
        self._screen = pyte.Screen(90, 60)
        self._stream = pyte.ByteStream(self._screen)
        self.child = pexpect.spawn(
            sys.executable,
            ["-c", CODE, "chat", "set-password", *args],
            dimensions=(60, 90),
            env={**environment(folder), "PROMPT_TOOLKIT_NO_CPR": "1"},
            cwd=str(ROOT),
            timeout=20,
        )

    def shows(self, words: str) -> str:
        """Wait until these words are on the screen, however they are broken into lines."""
        until = time.monotonic() + 20
        while words not in " ".join((screen := "\n".join(self._screen.display)).split()):
            assert time.monotonic() < until, f"no “{words}” on\n{screen}"
            with suppress(pexpect.TIMEOUT):
                piece = self.child.read_nonblocking(65_536, 0.05)
                self.written.write(piece)
                self._stream.feed(piece)
        return screen

    def types(self, text: str) -> None:
        """Type a line, once the program listens for keys that are not shown by the terminal itself."""
        until = time.monotonic() + 20
        while termios.tcgetattr(self.child.child_fd)[3] & termios.ECHO and time.monotonic() < until:
            time.sleep(0.01)
        self.child.send(text + "\r")

    def leaks(self, secret: str, folder: Path) -> list[str]:
        """Everywhere that it can be seen."""
        screen = [f"screen: {name}" for name in found(secret, self.written.getvalue())]
        return [*screen, *in_files(secret, folder), *in_process(secret, self.child.pid)]


@pytest.mark.parametrize("plain", [False, True])
def test_what_is_typed_at_the_console_is_never_on_the_screen(plain: bool, tmp_path: Path) -> None:
    mistyped, taken = canary(), canary()
    console = Console(tmp_path, *(["--plain"] if plain else []))
    try:
        console.shows("Who is the client?")
        console.child.send("Eva Novak\r")
        console.shows("Type the password myself")
        console.child.send("2\r")
        console.shows("four unrelated words")
        for first, second in ((taken, mistyped), (taken, taken)):
            console.types(first)
            console.shows("Type it once more")
            # No key brings back what was typed before.
            console.types(second if plain else f"\x1b[A{second}")
            console.shows("The two were not the same" if first != second else "How did you verify")
        for words in ("How did you verify", "Sets a new password", "Are they in?"):
            console.shows(words)
            assert [each for each in (mistyped, taken) if console.leaks(each, tmp_path)] == []
            console.child.send("1\r")
        console.shows("Solved")
        assert [each for each in (mistyped, taken) if console.leaks(each, tmp_path)] == []
    finally:
        console.child.close(force=True)


def test_what_is_generated_is_cleared_from_the_screen(tmp_path: Path) -> None:
    console = Console(tmp_path)
    try:
        for words, typed in (
            ("Who is the client?", "Eva Novak"),
            ("Type the password myself", "1"),
            ("How did you verify", "1"),
            ("Press Enter to show it once", ""),
        ):
            console.shows(words)
            console.child.send(f"{typed}\r")
        shown = console.shows("it cannot be shown again")
        (secret,) = re.findall(r"^ +([a-z]+(?:-[a-z]+){3}) *$", shown, re.MULTILINE)
        assert in_files(secret, tmp_path) == []
        console.child.send("\r")
        assert secret not in console.shows("Are they in?")
        assert in_files(secret, tmp_path) + in_process(secret, console.child.pid) == []
    finally:
        console.child.close(force=True)
