"""Enhanced status codes (RFC 3463) in what mail servers reply."""

from __future__ import annotations

import re

_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")


def enhanced_status(code: int, reply: str) -> str:
    """The enhanced status of a reply, such as `5.1.1`.

    `code` is the three-digit reply code, `reply` the text after it. Where the server gives no status, or one
    of another class than its code, it is made of the code's class alone: `5.0.0`.
    """
    found = _ENHANCED.match(reply.strip())
    first = str(code)[:1]
    if found is None or found[1] != first:
        return f"{first}.0.0"
    return found[0]
