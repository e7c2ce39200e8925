"""Writes down what may be kept of a deed: ids of people as pseudonyms, values masked, in canonical JSON.

A pseudonym is the same for the same person under the same key, so that everything about one person is found
without a name or an id in the audit. Of a text only a keyed digest is kept: who knows the text can show that
it was this one, nobody can read it. Words out of a closed list, numbers and truths stand as they are.
Canonical JSON here: keys sorted, no blanks, ASCII with escapes; one entry is one line, whatever is in it.
"""

from __future__ import annotations

import hmac
import json
import math
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping

from adapters.audit.chain import Link
from adapters.audit.port import Deed, Doer
from engine import (
    Catalog,
    ChoiceType,
    IdType,
    ListType,
    MomentType,
    NumberType,
    OptionalType,
    RecordType,
    SecretType,
    TruthType,
    Type,
    Value,
)

PEOPLE = frozenset({"client", "contact"})
"""What an id may identify that is a person."""

_ITEM = re.compile(r"\[([^\]]*)\]")
_PSEUDONYM_DIGITS = 24
_DIGEST_DIGITS = 16


class Scribe:
    """Writes entries for calls of the actions of `catalog`, with a key (32 bytes) of its own."""

    def __init__(self, key: bytes, catalog: Catalog) -> None:
        self._key = key
        self._catalog = catalog

    def entry(self, deed: Deed) -> bytes:
        """The entry as canonical JSON: `kind`, `at`, `by` (`actor`, `audience`, `session`, `flow`,
        `version`), `action`, and what else is known of `step`, `key`, `subject`, `params`, `authority`,
        `outcome`, `error`."""
        told: dict[str, Value] = {
            "kind": deed.kind,
            "at": deed.at,
            "action": deed.action,
            "by": self._said(deed.by),
            "step": self._path(deed.step),
            "key": self._path(deed.key),
            "subject": self.pseudonym(deed.subject) if deed.subject else "",
            "params": self._masked_params(deed.action, deed.params),
            "authority": list(deed.authority),
            "outcome": deed.outcome,
            "error": deed.error,
        }
        return canonical({key: value for key, value in told.items() if value not in ("", [], {})})

    def pseudonym(self, id: str) -> str:
        """What stands for the person with this id."""
        return "p-" + self._digest("person", id)[:_PSEUDONYM_DIGITS]

    def digest(self, text: str) -> str:
        """What stands for a text."""
        return "h-" + self._digest("text", text)[:_DIGEST_DIGITS]

    def _said(self, by: Doer) -> dict[str, Value]:
        told = {
            "actor": self._actor(by),
            "audience": by.audience,
            "session": by.session,
            "flow": by.flow,
            "version": by.version,
        }
        return {name: value for name, value in told.items() if value}

    def _actor(self, by: Doer) -> str:
        """Who it was; a client whom a host vouches for (`client:ID`) is a person of the clinic."""
        role, _, id = by.actor.partition(":")
        return f"{role}:{self.pseudonym(id)}" if by.audience == "client" and id else by.actor

    def _path(self, path: str) -> str:
        """The path of a step, which holds the ids of those it is run for in brackets."""
        return _ITEM.sub(lambda found: f"[{self.pseudonym(found[1])}]", path)

    def _digest(self, kind: str, text: str) -> str:
        told = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, told, "sha256").hex()

    def _masked_params(self, action: str, params: Mapping[str, Value]) -> dict[str, Value]:
        declared = self._catalog.actions.get(action)
        masked: dict[str, Value] = {}
        for name, value in params.items():
            param = declared.param(name) if declared is not None else None
            plain = param is not None and param.plain
            masked[name] = value if plain else self._masked(value, param.type if param is not None else None)
        return masked

    def _masked(self, value: Value, kind: Type | None) -> Value:
        if value is None:
            return None
        match kind:
            case OptionalType(of=of):
                return self._masked(value, of)
            case TruthType() | NumberType() | MomentType() | ChoiceType():
                # A value that is not of its type is about to be refused; its text is not to be trusted.
                return value if _fits(value, kind) else self.digest(str(value))
            case SecretType():
                return "secret"
            case IdType(of=of):
                return self.pseudonym(str(value)) if of & PEOPLE else value
            case ListType(of=of) if isinstance(value, list):
                return [self._masked(each, of) for each in value]
            case RecordType() if isinstance(value, dict):
                return {name: self._masked(each, kind.member(name)) for name, each in value.items()}
        return self.digest(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


def canonical(value: Value) -> bytes:
    """The one way this value is written: JSON with sorted keys, no blanks, ASCII. Raises ValueError for a
    number that JSON does not know."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def lines(links: Iterable[Link], sound_to: int) -> Iterator[str]:
    """Each entry as a line of JSON: `number`, `seal`, `entry`, and `unproven` behind the number `sound_to`.
    What is no JSON any more stands in `damaged`, in base64."""
    for link in links:
        told: dict[str, Value] = {"number": link.number, "seal": link.seal.hex()}
        try:
            told["entry"] = json.loads(link.body)
        except ValueError:
            told["damaged"] = b64encode(link.body).decode("ascii")
        if link.number > sound_to:
            told["unproven"] = True
        yield json.dumps(told, separators=(",", ":")).replace("\x7f", "\\u007f") + "\n"


def _fits(value: Value, kind: Type) -> bool:
    match kind:
        case TruthType():
            return isinstance(value, bool)
        case NumberType():
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case ChoiceType(options=options):
            return value in options
        case _:
            return isinstance(value, str) and len(value) <= 40 and value.isascii() and value.isprintable()
