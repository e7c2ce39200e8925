"""The vocabulary file: what the clinic software calls its own buttons and pages."""

from __future__ import annotations

from engine.nodes import Mapping as MappingNode
from engine.nodes import Scalar
from engine.reader import read
from engine.schema import FACT, Reading
from engine.source import Source
from engine.values import Value


def read_vocabulary(source: Source, reading: Reading) -> dict[str, Value]:
    """The labels of a vocabulary file (`labels:`, a mapping of names to texts)."""
    root, findings = read(source, reading.limits)
    reading.findings.extend(findings)
    if root is None:
        return {}
    labels = root.get("labels") if isinstance(root, MappingNode) else None
    if not isinstance(labels, MappingNode):
        reading.report(
            "U203",
            root.place,
            "A vocabulary has its words under `labels`.",
            "Expected: `labels:`, then NAME: text.",
        )
        return {}
    found: dict[str, Value] = {}
    for key, value in labels.entries:
        reading.name(key, FACT, "the name of a label")
        if isinstance(value, Scalar) and value.value is not None:
            found[key.text] = value.text
        else:
            reading.shape_is_wrong(value, key.text, "a text")
    return found
