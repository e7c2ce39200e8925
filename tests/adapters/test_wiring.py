"""Putting things together: whatever cannot be used is said in a plain sentence, with what to do, never a
traceback; and who is there is asked of the operating system."""

from __future__ import annotations

import ctypes
import io
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.cli import run
from adapters.clinic.port import ActionFailed, CallContext
from adapters.problems import PlainProblem, Unusable
from adapters.wiring import Options, clinic_day, clinic_path, data_folder, open_desk, open_mail, os_user
from engine import Audience, Failure, Value
from tests.adapters.real_desk import copy_clinic, make_clinic
from tests.adapters.small_desk import SmallClinic

FLOW = """\
flow: mine
title: Mine
audience: [agent]
symptoms: [mine]
steps:
  - id: well
    ask: Is all well?
    kind: yes-no
  - end: stopped
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    make_clinic(folder)
    return folder


@pytest.fixture
def home(fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a clinic, and the folder one stands in, which holds things that cannot be used."""
    copy_clinic(fresh, tmp_path / "data" / "unstuck")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("UNSTUCK_CONFIG", raising=False)
    here = tmp_path / "here"
    for folder in ("empty", "broken", "good", "hidden/.git"):
        (here / folder).mkdir(parents=True)
    (here / "no.db").write_text("This is a letter, and not a database at all.\n" * 50)
    (here / "none.db").write_bytes(b"")
    (here / "broken" / "x.yaml").write_text("flow: [\n")
    (here / "good" / "mine.yaml").write_text(FLOW)
    (here / "hidden" / ".git" / "x.yaml").write_text("flow: [\n")
    (here / "latin.yaml").write_bytes(b"flow: caf\xe9\n")
    (here / "large.yaml").write_bytes(b"# " + b"x" * 1_100_000)
    os.mkfifo(here / "pipe")
    monkeypatch.chdir(here)
    return tmp_path


def said(
    args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """The exit code of `unstuck chat --json …`, and what it says on the side."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code = run(["chat", "--json", *args])
    return code, capsys.readouterr().err


LONG = "x" * 5000
UNUSABLE: dict[str, tuple[list[str], int, str]] = {
    "a clinic that is no database": (["--clinic", "sqlite:///no.db"], 4, "clinic init"),
    "a clinic that is empty": (["--clinic", "sqlite:///none.db"], 4, "clinic init"),
    "a clinic that is not there": (["--clinic", "sqlite:///gone.db"], 4, "clinic init gone.db"),
    "a clinic that is a folder": (["--clinic", "sqlite:///empty"], 4, "clinic init"),
    "a clinic by another kind of address": (["--clinic", "no.db"], 2, "sqlite:///PATH"),
    "a clinic with a name too long": (["--clinic", f"sqlite:///{LONG}"], 4, "Name another one"),
    "a clinic in a home nobody has": (["--clinic", "sqlite:///~nobody-at-all/x"], 2, "Write the whole path"),
    "a store that is no database": (["--store", "sqlite:///no.db"], 4, "--store sqlite:///PATH"),
    "a store that is a folder": (["--store", "sqlite:///empty"], 4, "--store sqlite:///PATH"),
    "a store in a place without folders": (
        ["--store", "sqlite:////proc/a/x.db"],
        4,
        "--store sqlite:///PATH",
    ),
    "a store with a name no file can have": (["--store", "sqlite:///a%00b"], 2, "Name another one"),
    "a store by another kind of address": (["--store", "postgresql://x"], 2, "sqlite:///PATH"),
    "a store with a name too long": (["--store", f"sqlite:///{LONG}"], 4, "Name another one"),
    "mail by another kind of address": (["--mail", "ftp://x"], 2, "smtp://HOST:PORT"),
    "mail without a host": (["--mail", "smtp://"], 2, "smtp://host:port"),
    "a mail folder that cannot be made": (["--mail", "maildir:/proc/mail"], 4, "--mail maildir:PATH"),
    "a mail folder that is a file": (["--mail", "maildir:no.db"], 4, "--mail maildir:PATH"),
    "a settings folder that is not there": (["--config", "gone"], 2, "--config"),
    "flows that are not there": (["--flows", "gone"], 2, "Check the spelling"),
    "flows below a file": (["--flows", "no.db/x"], 2, "Check the spelling"),
    "a folder without flows": (["--flows", "empty"], 2, "end in .yaml"),
    "a folder with hidden flows only": (["--flows", "hidden"], 2, "end in .yaml"),
    "a broken flow": (["--flows", "broken"], 2, "unstuck check broken"),
    "a flow in an old encoding": (["--flows", "latin.yaml"], 2, "unstuck check latin.yaml"),
    "a flow that is too large": (["--flows", "large.yaml"], 2, "unstuck check large.yaml"),
    "flows in a pipe": (["--flows", "pipe"], 2, "Name the folder"),
    "flows with a name too long": (["--flows", LONG], 2, "Check the path"),
    "an unknown session": (["--resume", "nobody"], 2, "unstuck sessions list"),
    "a flow for others": (["--as", "client"], 2, "--as"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_used_is_said_plainly(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    args, code, advice = UNUSABLE[name]
    before = sorted(path for path in home.rglob("*") if "data" not in path.parts)
    flow = [] if "--resume" in args else ["email-not-received"]
    ended, words = said([*args, *flow], monkeypatch, capsys)
    assert (ended, advice in words) == (code, True), words
    assert "Traceback" not in words
    assert "unexpected" not in words
    lines = words.strip().split("\n")
    assert len(lines) == 2, words
    assert lines[0].rstrip().endswith((".", "?")), words
    assert sorted(path for path in home.rglob("*") if "data" not in path.parts) == before


@pytest.mark.parametrize("flow", ["nothing like it"])
def test_an_unknown_flow_is_said_with_those_there_are(
    flow: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, words = said([flow], monkeypatch, capsys)
    assert code == 2
    assert "email-not-received" in words


def test_the_end_of_input_is_no_error_and_says_how_to_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, words = said(["mine", "--flows", "good"], monkeypatch, capsys)
    assert code == 3
    assert "--flows good" in words


def test_it_works_where_the_folder_one_stands_in_is_gone(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = home / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert said(["email-not-received"], monkeypatch, capsys)[0] == 3


def test_without_a_home_a_data_folder_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(Unusable) as caught:
        data_folder()
    assert "XDG_DATA_HOME" in caught.value.advice


def test_a_relative_data_folder_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert data_folder() == Path.home() / ".local" / "share" / "unstuck"


# -- permissions --------------------------------------------------------------------------------------------

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, PR_CAPBSET_DROP = 1, 2, 24
CHAT = "from adapters.cli import main; main()"


def as_plain_user() -> None:
    """Take from this process, before it becomes another program, the right to pass by permissions."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def python_of_a_plain_user(code: str, *args: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        preexec_fn=as_plain_user if os.geteuid() == 0 else None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **env, "PYTHONPATH": os.getcwd()},
        timeout=60,
        check=False,
    )


@pytest.fixture
def locked(fresh: Path, tmp_path: Path) -> Path:
    """A folder of things that may not be read or written."""
    probe = tmp_path / "probe"
    probe.mkdir(mode=0o500)
    tried = python_of_a_plain_user(f"open({str(probe / 'x')!r}, 'w')", env={})
    if "PermissionError" not in tried.stderr:
        pytest.skip("permissions do not bind this user here")
    copy_clinic(fresh, tmp_path / "data" / "unstuck")
    for name, mode in (("unwritable", 0o500), ("unreadable", 0o000), ("flows", 0o700)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    (tmp_path / "flows" / "a.yaml").write_text(FLOW)
    (tmp_path / "flows" / "b.yaml").write_text(FLOW)
    (tmp_path / "flows" / "b.yaml").chmod(0)
    (tmp_path / "nested" / "inner").mkdir(parents=True)
    (tmp_path / "nested" / "a.yaml").write_text(FLOW)
    (tmp_path / "nested" / "inner").chmod(0)
    copy_clinic(fresh, tmp_path / "read-only")
    (tmp_path / "read-only" / "clinic.db").chmod(0o400)
    (tmp_path / "read-only").chmod(0o500)
    return tmp_path


FORBIDDEN: dict[str, tuple[list[str], int]] = {
    "a data folder that cannot be made": (["XDG_DATA_HOME={}/unwritable"], 4),
    "a data folder that cannot be entered": (["XDG_DATA_HOME={}/unreadable"], 4),
    "a store that cannot be made": (["--store", "sqlite:///{}/unwritable/s.db"], 4),
    "a store that cannot be reached": (["--store", "sqlite:///{}/unreadable/s.db"], 4),
    "a clinic that cannot be reached": (["--clinic", "sqlite:///{}/unreadable/c.db"], 4),
    "a clinic that cannot be written": (["--clinic", "sqlite:///{}/read-only/clinic.db"], 4),
    "a mail folder that cannot be made": (["--mail", "maildir:{}/unwritable/mail"], 4),
    "a folder of flows that cannot be entered": (["--flows", "{}/unreadable"], 2),
    "flows below one": (["--flows", "{}/unreadable/x.yaml"], 2),
    "a flow that cannot be read": (["--flows", "{}/flows"], 2),
    "a folder in it that cannot be entered": (["--flows", "{}/nested"], 2),
    "settings that cannot be reached": (["--config", "{}/unreadable/x"], 2),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_may_not_be_used_is_said_plainly(name: str, locked: Path) -> None:
    args, code = FORBIDDEN[name]
    filled = [arg.format(locked) for arg in args]
    env = {"XDG_DATA_HOME": str(locked / "data")}
    env.update(pair.split("=") for pair in filled if "=" in pair)
    options = [arg for arg in filled if "=" not in arg]
    done = python_of_a_plain_user(CHAT, "chat", "--json", "email-not-received", *options, env=env)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert len(done.stderr.strip().split("\n")) >= 2
    assert done.stdout == ""


# -- who is there, what day it is, where mail goes ------------------------------------------------------


def test_the_actor_is_the_user_of_the_operating_system(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "the-director")
    assert os_user() == pwd.getpwuid(os.getuid()).pw_name
    with open_desk(Options(audience=Audience.PRACTITIONER)) as desk:
        assert (desk.actor, desk.audience) == (os_user(), Audience.PRACTITIONER)


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert os_user() == "uid-4000000000"


def failing(error: BaseException) -> SmallClinic:
    def during(perform: object, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        raise error

    return SmallClinic(during=during)


@pytest.mark.parametrize(
    "clinic",
    [
        failing(ActionFailed(Failure.UNAVAILABLE, "no")),
        failing(ValueError("boom")),
        SmallClinic(answer={"timezone": "Atlantis/Sunken"}),
        SmallClinic(answer={"timezone": "../../etc/passwd"}),
        SmallClinic(answer={"timezone": 7}),
        SmallClinic(answer=None),
    ],
)
def test_a_clinic_that_does_not_say_its_zone_has_the_day_of_utc(clinic: SmallClinic) -> None:
    day = clinic_day(clinic)()
    assert abs((datetime.now(UTC).date() - day).days) <= 1


def test_mail_goes_where_it_was_told_to(home: Path) -> None:
    open_mail(f"maildir:{home}/box")
    assert sorted(path.name for path in (home / "box").iterdir()) == ["cur", "new", "tmp"]
    with pytest.raises(PlainProblem):
        open_mail("maildir:")


def test_first_starts_at_the_same_moment_all_find_the_sample_clinic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(clinic_path, [None] * 2))
    assert set(found) == {tmp_path / "unstuck" / "clinic.db"}
    assert [path.name for path in (tmp_path / "unstuck").iterdir()] == ["clinic.db"]
