"""The file of preferences: written once, explained, and believed only as far as it can be understood."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from adapters.cli import run
from adapters.preferences import MEANINGS, Preferences, config_file, read_preferences, template
from adapters.problems import PlainProblem


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)


def written(text: str | bytes) -> Path:
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_without_a_file_everything_is_as_usual() -> None:
    assert read_preferences() == Preferences()


def test_every_setting_is_explained() -> None:
    assert set(MEANINGS) == set(Preferences.__struct_fields__)


def test_the_file_that_is_written_changes_nothing_until_a_line_is_opened() -> None:
    assert run(["config"]) == 0
    assert read_preferences() == Preferences()
    opened = template()
    for name in MEANINGS:
        opened = opened.replace(f"# {name} = ", f"{name} = ")
    assert set(tomllib.loads(opened)) == set(MEANINGS)
    written(opened)
    assert read_preferences() == Preferences()


def test_a_file_that_is_there_is_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    path = written('theme = "dark"\n')
    assert run(["config"]) == 2
    assert "there already" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == 'theme = "dark"\n'


def test_where_each_setting_comes_from_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written('theme = "light"\n')
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(["config", "--show"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["theme", '"light"', "config.toml"] in rows
    assert ["color", "false", "NO_COLOR"] in rows
    assert ["ascii", "false", "default"] in rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('theme = "pink"', "theme"),
        ("colour = false", "colour"),
        ("color = 1", "color"),
        ("theme =", "not TOML"),
        (b"\xff", "not TOML"),
        ("# " + "x" * 70_000, "longer than"),
        ("x = " + "[" * 5_000, "not TOML"),
    ],
)
def test_what_cannot_be_understood_is_said(text: str | bytes, words: str) -> None:
    path = written(text)
    with pytest.raises(PlainProblem, match=words) as caught:
        read_preferences()
    assert str(path) in caught.value.message
    assert caught.value.advice


def test_a_folder_in_its_place_is_said() -> None:
    config_file().mkdir(parents=True)
    with pytest.raises(PlainProblem, match="cannot be read"):
        read_preferences()
