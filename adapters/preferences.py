"""What a person prefers of their console: read from `config.toml` in their configuration folder, which
`unstuck config` writes. Nothing about the clinic is here; that is in the folder of deployment settings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from adapters.problems import PlainProblem

NAME = "config.toml"
LONGEST = 65_536


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each setting with its default."""

    theme: Literal["auto", "dark", "light", "plain"] = "auto"
    color: bool = True
    ascii: bool = False
    lines: bool = False
    clipboard: Literal["auto", "yes", "no"] = "auto"
    history: bool = True


MEANINGS: Mapping[str, str] = {
    "theme": 'The colours: "dark" or "light" for your background, "auto" for what the terminal says of\n'
    'it, "plain" for colours that can be read on both.',
    "color": "Colours at all. NO_COLOR and --no-color switch them off as well.",
    "ascii": "Nothing but ASCII on the screen, as with --ascii.",
    "lines": "Line by line, without cursor keys, as with --plain: for screen readers.",
    "clipboard": 'Whether /summary goes to the clipboard of the terminal (OSC 52): "yes", "no", or "auto"\n'
    "where the terminal is known to have one.",
    "history": "Keep the commands typed, never what anybody said, for the next conversation.",
}


def config_file() -> Path:
    """Where the preferences are (XDG Base Directory Specification)."""
    return _folder("XDG_CONFIG_HOME", ".config") / NAME


def history_file() -> Path:
    """Where the commands that were typed are kept."""
    return _folder("XDG_STATE_HOME", ".local/state") / "history"


def read_preferences() -> Preferences:
    """The preferences, or the defaults where there is no file. Raises PlainProblem if it cannot be used."""
    return read_file()[0]


def read_file() -> tuple[Preferences, frozenset[str]]:
    """The preferences, and which of them the file names. Raises PlainProblem if it cannot be used."""
    path = config_file()
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Preferences(), frozenset()
    except OSError as error:
        raise PlainProblem(f"{path} cannot be read ({error.strerror}).", "Check its permissions.") from error
    return _read(path, data)


def _read(path: Path, data: bytes) -> tuple[Preferences, frozenset[str]]:
    import tomllib

    advice = "Mend it, or move it away; `unstuck config` then writes a new one."
    if len(data) > LONGEST:
        raise PlainProblem(f"{path} is longer than {LONGEST:,} bytes.", advice)
    try:
        given = tomllib.loads(data.decode())
        return msgspec.convert(given, Preferences), frozenset(given)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlainProblem(f"{path} is not TOML in UTF-8: {error}.", advice) from error
    except msgspec.ValidationError as error:
        known = f"The settings are {', '.join(MEANINGS)}."
        raise PlainProblem(f"{path} cannot be used: {error}.", f"{known} {advice}") from error


def template() -> str:
    """A file of preferences in which everything is explained and nothing is set."""
    default = Preferences()
    parts = ["# How unstuck looks at your console. Take the # away before a setting to change it."]
    for name, meaning in MEANINGS.items():
        words = "\n".join(f"# {line}" for line in meaning.splitlines())
        parts.append(f"{words}\n# {name} = {in_toml(getattr(default, name))}")
    return "\n\n".join(parts) + "\n"


def in_toml(value: str | bool) -> str:
    """A value as the file has it."""
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _folder(variable: str, below_home: str) -> Path:
    """The folder of this kind. Without a home it is one that is not there."""
    root = os.environ.get(variable)
    if root and Path(root).is_absolute():
        return Path(root) / "unstuck"
    return Path(os.path.expanduser("~")) / below_home / "unstuck"
