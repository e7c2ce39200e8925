"""What a code is, and the small flow that many examples stand in."""

from __future__ import annotations

from typing import Final

import msgspec

from engine.diagnostics import Severity

MARK: Final = "# <- here"
"""The remark at the end of the line of an example in which the code is found."""


class Code(msgspec.Struct, frozen=True):
    """One kind of finding. `example` is a file (a flow unless `file` says otherwise) in which it is found;
    the line that has it ends in the comment `# <- here` unless the spot cannot carry a comment."""

    title: str
    meaning: str
    repair: str
    example: str
    severity: Severity = Severity.ERROR
    file: str = "flow.yaml"


def in_a_flow(step: str, before: str = "do: get_clinic\n    save: clinic") -> str:
    """A small complete flow in which `step` stands on the marked line."""
    return (
        "flow: example\n"
        "title: An example\n"
        "audience: [agent]\n"
        "steps:\n"
        f"  - {before}\n"
        f"  - {step} # <- here\n"
        f"{'    then: over' + chr(10) if step.startswith('if:') else ''}"
        "  - id: over\n"
        "    end: stopped\n"
    )
