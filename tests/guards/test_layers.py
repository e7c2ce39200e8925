"""Who may import whom, read from the direct imports of every module; and that the engine stays pure."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

import engine
from tests.guards.tree import imports, modules

VALUE_MODULES = frozenset(
    "__future__ abc base64 binascii bisect calendar codecs collections copy dataclasses datetime decimal "
    "difflib email enum fractions functools hashlib heapq html itertools json keyword math numbers operator "
    "re string struct textwrap types typing unicodedata".split()
)
LIBRARIES = frozenset({"jinja2", "msgspec", "re2", "email_validator", "yaml"})
ONLY_IN = {"yaml": ("engine.reader",)}

KINDS = frozenset(
    {"audit", "clinic", "console", "coverage", "gates", "mail", "replay", "secrets", "stores", "web"}
)
CHOOSERS = frozenset(
    {
        "adapters.blessing",
        "adapters.cli",
        "adapters.measuring",
        "adapters.privacy",
        "adapters.process_stage",
        "adapters.pytest_replays",
        "adapters.recording",
        "adapters.replaying",
        "adapters.schemas",
        "adapters.settings_check",
        "adapters.staged",
        "adapters.staged_web",
        "adapters.staging",
        "adapters.terminal_front",
        "adapters.wandering",
        "adapters.ways_in",
        "adapters.wiring",
        "adapters.wiring_web",
    }
)

IMPURE_CALLS = frozenset({"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"})
CLOCK_METHODS = frozenset({"now", "utcnow", "today"})


def engine_breaches(tree: ast.Module, name: str, is_package: bool) -> Iterator[str]:
    """What a module of the engine imports that it must not."""
    for source, _, line in imports(tree, name, is_package):
        top = source.partition(".")[0]
        if top == "engine" or top in VALUE_MODULES:
            continue
        if top not in LIBRARIES:
            yield f"{name}:{line} imports {source}; engine/ imports values only"
        elif top in ONLY_IN and name not in ONLY_IN[top]:
            yield f"{name}:{line} imports {source}; only {', '.join(ONLY_IN[top])} may"


def impurities(tree: ast.Module, name: str) -> Iterator[str]:
    """What a module of the engine does that reaches outside, or waits."""
    for node in ast.walk(tree):
        found = ""
        match node:
            case ast.Call(func=ast.Name(id=called)) if called in IMPURE_CALLS:
                found = f"{called}()"
            case ast.Call(func=ast.Attribute(attr=method)) if method in CLOCK_METHODS:
                found = f".{method}()"
            case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith() | ast.Await():
                found = "async"
            case ast.Global():
                found = "global"
        if found and isinstance(node, ast.expr | ast.stmt):
            yield f"{name}:{node.lineno} uses {found}"


def kind_of(module: str) -> str | None:
    """The kind of adapter a module belongs to, None for those that all share."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "adapters" and parts[1] in KINDS else None


def chooses(module: str) -> bool:
    """Whether a module may choose concrete parts: the few that are named, and the commands."""
    return module in CHOOSERS or module.startswith("adapters.commands.")


def is_port(source: str, imported: str | None) -> bool:
    """Whether the import is of a kind's port, the values and promises that others may see."""
    return source.count(".") >= 1 and (source.split(".")[2:3] == ["port"] or imported == "port")


def adapter_breaches(tree: ast.Module, name: str, is_package: bool) -> Iterator[str]:
    """What a module of the adapters imports that it must not."""
    mine = kind_of(name)
    for source, imported, line in imports(tree, name, is_package):
        where = f"{name}:{line}"
        top = source.partition(".")[0]
        if top == "tests":
            yield f"{where} imports from tests"
        elif top == "engine" and (source != "engine" or imported not in engine.__all__):
            yield f"{where} takes {source} {imported or ''}; adapters say `from engine import NAME` only"
        elif top == "adapters":
            whole = f"{source}.{imported}" if source == "adapters" and imported else source
            theirs = kind_of(whole)
            if mine and theirs and theirs != mine:
                yield f"{where} imports {whole}; adapters of one kind never import another kind"
            elif mine and whole in CHOOSERS:
                yield f"{where} imports {whole}, which chooses it"
            elif not mine and theirs and not chooses(name) and not is_port(whole, imported):
                yield f"{where} imports {whole}; concrete parts are chosen in adapters.wiring"


def all_breaches() -> list[str]:
    found: list[str] = []
    for path, name, tree in modules("engine"):
        found += engine_breaches(tree, name, path.endswith("__init__.py"))
        found += impurities(tree, name)
    for path, name, tree in modules("adapters"):
        found += adapter_breaches(tree, name, path.endswith("__init__.py"))
    return found


def test_every_import_keeps_to_the_layers_and_the_engine_is_pure() -> None:
    assert all_breaches() == []


def test_the_value_modules_exist() -> None:
    assert VALUE_MODULES - sys.stdlib_module_names == set()


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import time",
        "from random import choice",
        "from adapters import cli",
        "import yaml",
        "print(1)",
        "open('x')",
        "datetime.date.today()",
        "async def f(): ...",
        "def f():\n    import socket",
        "from ..adapters import driver",
    ],
)
def test_a_breach_in_the_engine_is_seen(source: str) -> None:
    tree = ast.parse(source)
    assert [*engine_breaches(tree, "engine.turn", False), *impurities(tree, "engine.turn")]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("adapters.clinic.embedded", "from adapters.mail import smtp"),
        ("adapters.clinic.embedded", "from ..mail.smtp import Smtp"),
        ("adapters.clinic.embedded", "from adapters import stores"),
        ("adapters.clinic.embedded", "from adapters.wiring import open_desk"),
        ("adapters.driver", "from adapters.stores.sqlite import SqliteStore"),
        ("adapters.driver", "from engine.turn import advance"),
        ("adapters.driver", "from engine import no_such_name"),
        ("adapters.driver", "import engine"),
        ("adapters.driver", "from tests.engine import helper"),
    ],
)
def test_a_breach_in_the_adapters_is_seen(module: str, source: str) -> None:
    assert list(adapter_breaches(ast.parse(source), module, False))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("adapters.clinic.embedded", "from adapters.clinic import people"),
        ("adapters.clinic.embedded", "from .people import load"),
        ("adapters.clinic.embedded", "from adapters.letters import Letter"),
        ("adapters.driver", "from adapters.stores.port import Store"),
        ("adapters.driver", "from adapters.stores import port"),
        ("adapters.wiring", "from adapters.stores.sqlite import SqliteStore"),
    ],
)
def test_what_is_allowed_is_left_alone(module: str, source: str) -> None:
    assert not list(adapter_breaches(ast.parse(source), module, False))
