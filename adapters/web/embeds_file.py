"""Reads `embeds.yaml`: on which pages the widget may stand, and whose word for who is signed in counts there.

Everything wrong in it is a finding. A key stands in the environment or in a file of its own, never in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import get_args

from adapters.json_schema import Schema, closed, list_of, one_of, told
from adapters.problems import PlainProblem
from adapters.web.people import Algorithm, Embed, Key
from engine import (
    Diagnostic,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Source,
    did_you_mean,
    finding,
    in_reading_order,
    read,
)

NAME = "embeds.yaml"
LEAST_SECRET = 32
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")
_EMBED_KEYS = ("origins", "flows", "keys")
_KEY_KEYS = ("algorithm", "from_env", "from_file")
_ALGORITHMS: tuple[str, ...] = get_args(Algorithm)


class _Findings:
    def __init__(self) -> None:
        self.all: list[Diagnostic] = []

    def add(self, node: Node, message: str, repair: str) -> None:
        self.all.append(finding("U563", node.place, message, repair))

    def entries(self, node: Node, what: str, known: tuple[str, ...] | None = None) -> AnyMapping[str, Node]:
        """The lines of a mapping, without those whose names are not known."""
        if not isinstance(node, Mapping):
            self.add(node, f"{what} must be made of lines `name: value`.", "Write it as a mapping.")
            return {}
        for key, _ in node.entries:
            if known is not None and key.text not in known:
                expected = f"There are: {', '.join(known)}."
                message = f"`{key.text}` is not a part of {what}."
                self.all.append(finding("U563", key.place, message, expected, did_you_mean(key.text, known)))
        return {key.text: value for key, value in node.entries if known is None or key.text in known}

    def words(self, node: Node | None, what: str) -> list[tuple[str, Node]]:
        """The texts of a list."""
        if node is None:
            return []
        items = node.items if isinstance(node, Sequence) else ()
        if not items or not all(isinstance(each, Scalar) for each in items):
            self.add(node, f"{what} must be a list of texts.", "Write them as `[a, b]`.")
        return [(each.text, each) for each in items if isinstance(each, Scalar)]


def check_embeds(source: Source) -> tuple[Diagnostic, ...]:
    """Everything wrong with the file; whether keys can be read is not asked."""
    return _parsed(source)[1]


def read_embeds(source: Source, folder: Path) -> AnyMapping[str, Embed]:
    """The embeds, with their keys from the environment and from files (relative to `folder`). Raises
    PlainProblem."""
    named, findings = _parsed(source)
    if findings:
        raise PlainProblem(
            f"The embeds cannot be used: {findings[0]}", "`unstuck check --config` shows all of it."
        )
    return {
        name: Embed(name, origins, {id: _key(name, how, folder) for id, how in keys.items()}, flows)
        for name, (origins, flows, keys) in named.items()
    }


def embeds_schema() -> Schema:
    """The JSON Schema of the file (without the name of the dialect)."""
    text: Schema = {"type": "string"}
    origin: Schema = {"type": "string", "pattern": f"^({_ORIGIN.pattern})$"}
    key = closed(
        {
            "algorithm": told("How the host page's server signs", one_of(_ALGORITHMS)),
            "from_env": told("The environment variable with the secret, or the public key as PEM", text),
            "from_file": told("The file with it", text),
        },
        ("algorithm",),
    )
    key["oneOf"] = [{"required": ["from_env"]}, {"required": ["from_file"]}]
    embed = closed(
        {
            "origins": told("Where the pages come from, as https://HOST", {**list_of(origin), "minItems": 1}),
            "flows": told("What can be begun there; without it, everything for the audience", list_of(text)),
            "keys": told("By their id (`kid`)", {"type": "object", "additionalProperties": key}),
        },
        ("origins",),
    )
    return closed(
        {"embeds": told("By the name in the widget", {"type": "object", "additionalProperties": embed})}
    )


_Said = tuple[frozenset[str], frozenset[str], dict[str, dict[str, str]]]


def _parsed(source: Source) -> tuple[dict[str, _Said], tuple[Diagnostic, ...]]:
    node, unreadable = read(source)
    found = _Findings()
    named: dict[str, _Said] = {}
    if node is not None:
        top = found.entries(node, "the file", ("embeds",))
        if "embeds" in top:
            for name, body in found.entries(top["embeds"], "`embeds`").items():
                named[name] = _embed(body, name, found)
    return named, in_reading_order((*unreadable, *found.all))


def _embed(node: Node, name: str, found: _Findings) -> _Said:
    parts = found.entries(node, f"the embed `{name}`", _EMBED_KEYS)
    origins = found.words(parts.get("origins"), "`origins`")
    if "origins" not in parts:
        found.add(node, f"The embed `{name}` says no origins.", "Write `origins: [https://HOST]`.")
    for origin, place in origins:
        if not _ORIGIN.fullmatch(origin):
            found.add(
                place,
                f"`{origin}` is not an origin.",
                "Write https://HOST, without a path, in small letters.",
            )
    keys: dict[str, dict[str, str]] = {}
    if "keys" in parts:
        for id, body in found.entries(parts["keys"], "`keys`").items():
            keys[id] = _said_key(body, id, found)
    flows = frozenset(flow for flow, _ in found.words(parts.get("flows"), "`flows`"))
    return frozenset(origin for origin, _ in origins), flows, keys


def _said_key(node: Node, id: str, found: _Findings) -> dict[str, str]:
    said = {
        name: value.text
        for name, value in found.entries(node, f"the key `{id}`", _KEY_KEYS).items()
        if isinstance(value, Scalar)
    }
    if said.get("algorithm") not in _ALGORITHMS:
        found.add(
            node, f"The key `{id}` says no algorithm.", f"Write `algorithm: {' or '.join(_ALGORITHMS)}`."
        )
    if ("from_env" in said) is ("from_file" in said):
        found.add(node, f"It is not said where the key `{id}` is.", "Write either `from_env` or `from_file`.")
    return said


def _key(embed: str, said: dict[str, str], folder: Path) -> Key:
    """The key itself. Raises PlainProblem if it is not there or too short."""
    if "from_env" in said:
        value, where = os.environ.get(said["from_env"], ""), f"the environment variable {said['from_env']}"
    else:
        where = f"the file {said['from_file']}"
        try:
            value = (folder / said["from_file"]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise PlainProblem(f"A key of the embed {embed} cannot be read: {where}.", str(error)) from error
    algorithm: Algorithm = "HS256" if said["algorithm"] == "HS256" else "EdDSA"
    if algorithm == "HS256" and len(value.encode()) < LEAST_SECRET:
        raise PlainProblem(
            f"The key of the embed {embed} in {where} is too short, or not there.",
            f"Make one of at least {LEAST_SECRET} random bytes: `openssl rand -base64 48`.",
        )
    if algorithm == "EdDSA" and "BEGIN PUBLIC KEY" not in value:
        raise PlainProblem(f"The key of the embed {embed} in {where} is not a public key.", "It must be PEM.")
    return Key(algorithm, value)
