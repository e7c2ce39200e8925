"""The stable codes of all findings: what each means, an example that shows it, and the usual repair.

A code is born with its example, which the tests run, and is never used again for something else.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.codes.allowances import ALLOWANCES
from engine.codes.code import Code
from engine.codes.deployment import DEPLOYMENT
from engine.codes.expressions import EXPRESSIONS
from engine.codes.facts import FACTS
from engine.codes.mended import MENDED, mended_example
from engine.codes.reading import READING
from engine.codes.replays import REPLAYS
from engine.codes.structure import STRUCTURE

__all__ = ["CODES", "FAMILIES", "MENDED", "Code", "mended_example"]

FAMILIES: Mapping[str, Mapping[str, Code]] = {
    "Reading a file": READING,
    "Expressions and texts": EXPRESSIONS,
    "The structure of a flow": STRUCTURE,
    "Facts, and who may do what": FACTS,
    "Replays": REPLAYS,
    "Deployment files": DEPLOYMENT,
    "Findings that are allowed": ALLOWANCES,
}
"""All codes by what they are about; the first digit of a code tells its family."""

CODES: Mapping[str, Code] = {name: code for family in FAMILIES.values() for name, code in family.items()}
