"""Commands, their exit codes, and what they say when something is wrong."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from adapters import cli
from adapters.cli import run
from adapters.driver import Driver
from engine import Audience
from tests.adapters.console.scripted import NAUGHTY

FLOW = "email-not-received"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches anybody's own sessions."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("UNSTUCK_DEBUG", raising=False)
    monkeypatch.delenv("UNSTUCK_CONFIG", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What the person types."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


WRONG_USE = [
    (["nonsense"], "No such command"),
    (["chat", "--as", "king"], "visitor"),
    (["chat", "--json"], "name a FLOW"),
    (["chat", "x", "--resume", "y"], "not both"),
    (["chat", "--resume", "nobody"], "unstuck sessions list"),
    (["chat", "--json", "bananas"], "email-not-received"),
    (["chat", "--flows", "missing"], "missing"),
    (["chat", "--store", "nonsense"], "sqlite:///PATH"),
    (["chat", "--mail", "nonsense"], "maildir:PATH"),
    (["chat", "--config", "missing"], "--config"),
    (["check", "missing.yaml"], "missing.yaml"),
    (["explain", "U999999"], "no code U999999"),
    (["sessions", "show", "nobody"], "unstuck sessions list"),
    (["clinic", "init", "--from", "missing.yaml"], "missing.yaml"),
    (["clinic", "show", "--clinic", "nonsense"], "sqlite:///PATH"),
]


@pytest.mark.parametrize(("args", "advice"), WRONG_USE, ids=[" ".join(args) for args, _ in WRONG_USE])
def test_wrong_use_is_told_with_what_to_do(
    args: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args) == 2
    out, err = capsys.readouterr()
    assert advice in err
    assert "Traceback" not in err
    assert out == ""


def test_a_clinic_that_is_no_clinic_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.db").write_text("this is a letter to my aunt" * 50)
    assert run(["chat", FLOW, "--clinic", f"sqlite:///{tmp_path}/x.db"]) == 4
    assert "Traceback" not in capsys.readouterr().err


def test_the_end_of_input_is_unfinished_and_tells_the_way_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"sqlite:///{tmp_path}/my sessions.db"
    typed(monkeypatch, "ana souza\n")
    assert run(["chat", FLOW, "--store", store]) == 3
    out, err = capsys.readouterr()
    assert "Who is the client?" in out
    command = err.splitlines()[1].strip()
    assert command.startswith("unstuck chat --resume ")
    assert command.endswith(f"--store 'sqlite:///{tmp_path}/my sessions.db'")
    session = command.split()[3]
    assert run(["chat", "--resume", session, "--store", store]) == 3
    assert run(["sessions", "list", "--store", store]) == 0
    assert session in capsys.readouterr().out
    assert run(["sessions", "show", session, "--store", store]) == 0
    assert "ana souza" in capsys.readouterr().out


def test_free_text_starts_the_flow_that_fits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["chat", "my", "client", "never", "got", "the", "setup", "email"]) == 3
    assert "Who is the client?" in capsys.readouterr().out


def test_without_a_command_a_conversation_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 3
    out, err = capsys.readouterr()
    assert "What does the caller say?" in out
    assert err == "No conversation was begun.\n"


def test_a_conversation_that_ends_ends_with_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "/stop\nyes\n")
    assert run(["chat", FLOW]) == 0
    assert "Not solved." in capsys.readouterr().out


def test_json_lines_go_in_and_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, '{"answer": "ana souza"}\nnonsense\n')
    assert run(["chat", "--json", FLOW]) == 3
    out, err = capsys.readouterr()
    turns = [json.loads(line) for line in out.splitlines()]
    assert turns[0]["prompt"]["step"] == "who"
    assert turns[2]["problem"]["code"] == "bad-json"
    assert f"--resume {turns[0]['session']}" in err


def test_the_shipped_flows_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 0
    assert capsys.readouterr().err == ""


def test_findings_end_with_1_in_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = tmp_path / "broken.yaml"
    flow.write_text("flow: broken\ntitle: x\naudience: [agent]\nsymptoms: [x]\nsteps:\n  - go: nowhere\n")
    assert run(["check", str(flow)]) == 1
    assert "nowhere" in capsys.readouterr().out
    assert run(["check", str(flow), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)
    assert run(["check", str(flow), "--format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_the_policy_is_shown_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "matrix"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["action", "risk", "visitor", "client", "practitioner", "agent", "admin"]
    words = {line.split()[0]: line for line in lines[1:]}
    assert words["set_portal_settings"].split()[1:] == ["3", "-", "self", "+", *["confirm"] * 4]
    assert words["update_email"].endswith("evidence + confirm")
    assert not (tmp_path / "unstuck").exists()


def test_the_clinic_s_own_policy_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.yaml").write_text("actions:\n  send_invitation: never\n", encoding="utf-8")
    assert run(["policy", "matrix", "--config", str(tmp_path)]) == 0
    shown = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert shown["send_invitation"] == ["2", "-", "-", "-", "-", "-"]
    assert run(["policy", "matrix", "--config", str(tmp_path / "missing")]) == 2


def test_what_the_gates_remember_is_kept_beside_the_sessions(tmp_path: Path) -> None:
    run(["chat", FLOW, "--plain", "--store", f"sqlite:///{tmp_path}/kept/sessions.db"])
    assert (tmp_path / "kept" / "gates.db").exists()
    (tmp_path / "kept" / "gates.db").write_bytes(b"something else altogether")
    assert run(["chat", FLOW, "--plain", "--store", f"sqlite:///{tmp_path}/kept/sessions.db"]) == 4


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    code = capsys.readouterr().out.splitlines()[1].split()[0]
    assert run(["explain", code.lower()]) == 0
    assert "For example" in capsys.readouterr().out
    assert run(["explain", "U207"]) == 0
    assert "Repaired, the marked line reads:\n\n        then: over\n" in capsys.readouterr().out
    assert run(["explain", "U303"]) == 0
    assert "the marked line is taken out" in capsys.readouterr().out


def test_a_clinic_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "clinic.db")
    assert run(["clinic", "init", path]) == 0
    assert f"--clinic sqlite:///{path}" in capsys.readouterr().out
    assert run(["clinic", "init", path]) in (2, 4)
    assert run(["clinic", "init", path, "--force"]) == 0
    assert run(["clinic", "show", "souza", "--clinic", f"sqlite:///{path}"]) == 0
    assert "Ana Souza" in capsys.readouterr().out


def test_the_unexpected_is_one_plain_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(**given: str) -> int:
        raise KeyError("inside")

    monkeypatch.setattr(cli.explain, "callback", break_down)
    assert run(["explain", "x"]) == 70
    err = capsys.readouterr().err
    assert "Something unexpected happened (KeyError)" in err
    assert "Traceback" not in err
    monkeypatch.setenv("UNSTUCK_DEBUG", "1")
    assert run(["explain", "x"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_the_unexpected_in_a_conversation_tells_the_way_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*given: object, **more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Driver, "answer", break_down)
    for args in (["chat", FLOW], ["chat", "--json", FLOW]):
        typed(monkeypatch, '{"answer": "ana"}\n')
        assert run(args) == 70
        assert "unstuck chat --resume " in capsys.readouterr().err


def test_ctrl_c_outside_a_conversation_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**given: str) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.explain, "callback", interrupt)
    assert run(["explain", "x"]) == 130


def test_nothing_heavy_is_imported_for_help() -> None:
    heavy = ["engine", "jinja2", "msgspec", "prompt_toolkit", "sqlite3", "wcwidth", "yaml"]
    program = (
        "import sys; from adapters.cli import run; run(['--help']); run(['chat', '--help']);"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_nobody_reading_is_no_trouble() -> None:
    program = "import sys; from adapters.cli import run; sys.exit(run(['explain']))"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 141
    assert done.stderr == ""


def test_the_roles_are_those_of_the_engine() -> None:
    assert list(cli.AUDIENCES) == [each.value for each in Audience]


@pytest.mark.parametrize("text", [text for text in NAUGHTY if "\x00" not in text])
def test_what_was_typed_wrongly_is_told_harmlessly(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    # A byte that is no text arrives like this.
    text = text.replace("\ud800", "\udcff")
    for args in (
        [text],
        ["explain", text],
        ["check", text],
        ["chat", "--resume", text],
        ["chat", "--as", text],
    ):
        assert run(args) == 2
    out, err = capsys.readouterr()
    assert not {"\x1b", "\r", "\x9b", "\x07", "\u202e", "\u2028"} & set(out + err)


REPLAYS = Path(cli.__file__).parent.parent / "flows" / FLOW / "replays"


def test_a_replay_that_goes_as_written_is_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.xml"
    assert run(["test", str(REPLAYS / "already-active.replay.yaml"), "--junit-xml", str(report)]) == 0
    assert "1 conversation, none failed" in capsys.readouterr().out
    assert 'failures="0"' in report.read_text()


def test_a_replay_that_goes_otherwise_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (REPLAYS / "already-active.replay.yaml").read_text()
    (tmp_path / "wrong.replay.yaml").write_text(text.replace("end: solved", "end: abandoned"))
    assert run(["test", str(tmp_path / "wrong.replay.yaml")]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_an_unwritable_report_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["test", str(REPLAYS / "already-active.replay.yaml"), "--junit-xml", "/dev/null/report.xml"]
    assert run(args) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, names in cli.ELSEWHERE.items() for name in names]
)
def test_commands_that_are_imported_late_are_there(group: str, name: str) -> None:
    within = cli.unstuck if group == "unstuck" else cli.unstuck.commands[group]
    assert isinstance(within, cli.Commands)
    command = within.get_command(click.Context(within), name)
    assert command is not None
    assert command.name == name
    assert name in within.list_commands(click.Context(within))


def test_garbage_is_collected_from_the_first_prompt_on(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "")
    gc.disable()
    try:
        assert run(["chat", FLOW, "--json"]) == 3
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.enable()
