"""The vocabulary file: what the clinic software calls its own buttons and pages."""

from __future__ import annotations

from engine.nodes import Mapping as MappingNode
from engine.nodes import Scalar
from engine.reader import read
from engine.schema import FACT, Field, Reading, Shape
from engine.source import Source
from engine.values import Value

VOCABULARY_FIELDS = (
    Field("labels", Shape.REMARK, "names, and the words that texts show for them", required=True),
    Field("note", Shape.REMARK, "a remark for other authors"),
)


def read_vocabulary(source: Source, reading: Reading) -> dict[str, Value]:
    """The labels of a vocabulary file (`labels:`, a mapping of names to texts)."""
    root, findings = read(source, reading.limits)
    reading.findings.extend(findings)
    if root is None:
        return {}
    reading.remarks(source, root)
    if not isinstance(root, MappingNode):
        reading.shape_is_wrong(root, "a vocabulary", "`labels:`, then NAME: text")
        return {}
    reading.parts(root, VOCABULARY_FIELDS, "a vocabulary")
    node = root.get("labels")
    labels = reading.mapping(node, "labels", "NAME: text") if node is not None else None
    found: dict[str, Value] = {}
    for key, value in labels.entries if labels is not None else ():
        reading.name(key, FACT, "the name of a label")
        if isinstance(value, Scalar) and value.value is not None:
            found[key.text] = value.text
        else:
            reading.shape_is_wrong(value, key.text, "a text")
    return found
