"""The codes of what is found in the remarks that allow a finding."""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.code import Code
from engine.diagnostics import Severity

ALLOWANCES: Mapping[str, Code] = {
    "U601": Code(
        "An allowance without a reason",
        "A remark that allows a finding says which one and why, so that the next reader can judge whether it"
        " still holds. Without a reason it allows nothing.",
        "Write `# unstuck: allow CODE because …`, in the line of the finding or in a line above it.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Goodbye. # unstuck: allow U211 # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
        severity=Severity.WARNING,
    ),
    "U602": Code(
        "An allowance that is not needed",
        "A remark allows a finding that is not there (any more). Left in place it would hide the next one.",
        "Take the remark out, or move it to the line of the finding.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Goodbye. # unstuck: allow U211 because we go on below # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
        severity=Severity.WARNING,
    ),
    "U603": Code(
        "An allowance of something that cannot be allowed",
        "Only warnings can be allowed. What is an error would break the conversation, or show or do something"
        " that it must not: types, targets, audiences and secrets are among them.",
        "Repair what was found, and take the remark out.",
        (
            "flow: example\n"
            "audience: [agent]\n"
            "steps:\n"
            "  - say: Goodbye. # unstuck: allow U111 because it is late # <- here\n"
            "  - id: over\n"
            "    end: stopped\n"
        ),
        severity=Severity.WARNING,
    ),
}
