"""Makes a diagnostic of a declared code.

The declarations, with their examples, are loaded with the first finding: a flow without mistakes never needs
them.
"""

from __future__ import annotations

from engine.diagnostics import Diagnostic
from engine.source import Place


def finding(
    code: str, place: Place, message: str, expected: str | None = None, repair: str | None = None
) -> Diagnostic:
    """A diagnostic with the severity its code declares. Raises KeyError for an undeclared code."""
    from engine.codes import CODES

    return Diagnostic(code, CODES[code].severity, place, message, expected, repair)
