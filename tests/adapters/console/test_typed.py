"""What is typed or pasted is shown literally, and the cursor stands where it is in the text."""

from __future__ import annotations

import pytest
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.processors import Transformation, TransformationInput

from adapters.console.typed import VisibleInput


def shown(text: str) -> Transformation:
    control = BufferControl(Buffer())
    return VisibleInput().apply_transformation(
        TransformationInput(control, Document(text), 0, lambda place: place, [("", text)], 80, 24)
    )


def words(found: Transformation) -> str:
    return "".join(fragment[1] for fragment in found.fragments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana Souza", "Ana Souza"),
        ("יעל 山田 👍🏽", "יעל 山田 👍🏽"),
        ("x\u202egnp.exe", "x⟦U+202E⟧gnp.exe"),
        ("\x1b[2J", "␛[2J"),
        ("a\u200bb", "a⟦U+200B⟧b"),
    ],
)
def test_what_is_typed_is_shown_literally(text: str, expected: str) -> None:
    assert words(shown(text)) == expected


def test_the_cursor_stands_where_it_is_in_the_text() -> None:
    found = shown("ab\u202ecd")
    assert [found.source_to_display(place) for place in range(6)] == [0, 1, 2, 10, 11, 12]
    assert [found.display_to_source(place) for place in (0, 1, 2, 5, 9, 10, 11, 12)] == [
        0,
        1,
        2,
        2,
        2,
        3,
        4,
        5,
    ]
