"""The project's files as the guards see them: tracked ones and new ones, but nothing that was made."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[str, ...]:
    """All paths of the project, relative, with `/`."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(sorted(path for path in set(listing.split("\0")) if path and (ROOT / path).is_file()))


def modules(*folders: str) -> Iterator[tuple[str, str, ast.Module]]:
    """Path, dotted name and syntax tree of each Python file below the folders."""
    for path in files():
        if path.endswith(".py") and path.partition("/")[0] in folders:
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            yield path, name, ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def imports(tree: ast.AST, module: str, is_package: bool = False) -> Iterator[tuple[str, str | None, int]]:
    """Each direct import as (module, imported name or None, line), wherever in the file it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None, node.lineno
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                package = module.split(".") if is_package else module.split(".")[:-1]
                here = package[: len(package) + 1 - node.level]
                source = ".".join([*here, source] if source else here)
            for alias in node.names:
                yield source, alias.name, node.lineno
