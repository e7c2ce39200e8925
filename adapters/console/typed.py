"""What is typed or pasted on the input line: what a terminal would obey or a reader would miss is made
visible there, and stays as it is in the text."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments

from adapters.sanitise import visible


class VisibleInput(Processor):
    """Shows a sign for each character that must not go to a terminal, wherever the cursor is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The line as it is shown, and which of its places is which of the text."""
        cells = explode_text_fragments(transformation_input.fragments)
        text = "".join(cell[1] for cell in cells)
        signs = visible(text)
        if "".join(signs) == text:
            return Transformation(transformation_input.fragments)
        starts = [0, *accumulate(map(len, signs))]
        return Transformation(
            [(cell[0], sign) for cell, sign in zip(cells, signs, strict=True)],
            source_to_display=lambda place: starts[min(place, len(starts) - 1)],
            display_to_source=lambda place: bisect_right(starts, place) - 1,
        )
