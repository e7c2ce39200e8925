"""The vocabulary file: what the clinic software calls its own buttons and pages."""

from __future__ import annotations

import msgspec

from engine.nodes import Mapping as MappingNode
from engine.nodes import Scalar
from engine.reader import read
from engine.schema import FACT, Field, Reading, Shape
from engine.source import Place, Source
from engine.values import Value

VOCABULARY_FIELDS = (
    Field("labels", Shape.REMARK, "names, and the words that texts show for them", required=True),
    Field("note", Shape.REMARK, "a remark for other authors"),
)


class Vocabulary(msgspec.Struct, frozen=True):
    """The labels of a vocabulary file, and where each of their names stands."""

    labels: dict[str, Value]
    places: dict[str, Place]


NO_VOCABULARY = Vocabulary({}, {})


def read_vocabulary(source: Source, reading: Reading) -> Vocabulary:
    """The labels of a vocabulary file (`labels:`, a mapping of names to texts)."""
    root, findings = read(source, reading.limits)
    reading.findings.extend(findings)
    if root is None:
        return NO_VOCABULARY
    reading.remarks(source, root)
    if not isinstance(root, MappingNode):
        reading.shape_is_wrong(root, "a vocabulary", "`labels:`, then NAME: text")
        return NO_VOCABULARY
    reading.parts(root, VOCABULARY_FIELDS, "a vocabulary")
    node = root.get("labels")
    labels = reading.mapping(node, "labels", "NAME: text") if node is not None else None
    found: dict[str, Value] = {}
    places: dict[str, Place] = {}
    for key, value in labels.entries if labels is not None else ():
        reading.name(key, FACT, "the name of a label")
        if isinstance(value, Scalar) and value.value is not None:
            found[key.text] = value.text
            places[key.text] = key.place
        else:
            reading.shape_is_wrong(value, key.text, "a text")
    return Vocabulary(found, places)
