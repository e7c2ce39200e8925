"""Every name that the engine exports exists, is documented, and is used by somebody outside of it."""

from __future__ import annotations

import ast

import pytest

import engine
from tests.guards.tree import imports, modules


def used_outside() -> set[str]:
    """The exported names that adapters or tests import, or read as `engine.NAME`."""
    used: set[str] = set()
    for path, name, tree in modules("adapters", "tests"):
        if name.startswith("tests.guards"):
            continue
        for source, imported, _ in imports(tree, name, path.endswith("__init__.py")):
            if imported and source.partition(".")[0] == "engine":
                used.add(imported)
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="engine"), attr=attribute):
                    used.add(attribute)
    return used


def undocumented() -> set[str]:
    """The functions and classes of the engine that have no docstring of their own."""
    return {
        node.name
        for _, _, tree in modules("engine")
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not ast.get_docstring(node)
    }


@pytest.mark.parametrize("name", engine.__all__)
def test_an_export_exists(name: str) -> None:
    assert hasattr(engine, name)


def test_no_export_is_told_twice_or_private() -> None:
    assert len(engine.__all__) == len(set(engine.__all__))
    assert not [name for name in engine.__all__ if name.startswith("_")]


def test_every_export_is_documented() -> None:
    assert sorted(undocumented() & set(engine.__all__)) == []


def test_every_export_is_used_outside_the_engine() -> None:
    assert sorted(set(engine.__all__) - used_outside()) == []
