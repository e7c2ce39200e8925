"""How values stand in a request: in its body, in a header, in the address. Pure: nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from adapters.clinic.rest.mapping import as_text
from engine import Value


def written_body(value: Value, form: bool) -> tuple[str, bytes]:
    """The content type and the bytes of a body: JSON, or the fields of a form."""
    if form and isinstance(value, dict):
        fields = {name: as_text(of) for name, of in value.items()}
        known = {name: text for name, text in fields.items() if text is not None}
        return "application/x-www-form-urlencoded", urlencode(known).encode()
    return "application/json", json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def written_header(text: str) -> str:
    """A value that stays one header, whatever it holds."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)


def revealed(value: Value, secrets: Mapping[str, str]) -> Value:
    """A value as it is sent: secrets, known by the JSON text of their references, in their places, and
    without the members that are not known."""
    match value:
        case dict():
            ref = json.dumps(value, sort_keys=True)
            if ref in secrets:
                return secrets[ref]
            return {name: revealed(of, secrets) for name, of in value.items() if of is not None}
        case list():
            return [revealed(each, secrets) for each in value]
        case _:
            return value
