"""Every limit in one place, with its default. A deployment may override them (`limits.yaml`)."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Bounds on what is read and run. Sizes are in bytes of UTF-8 unless the name says otherwise."""

    pack_bytes: int = 1_048_576
    file_nodes: int = 200_000
    depth: int = 32
    steps_a_flow: int = 1_000
    steps_a_pack: int = 10_000
    steps_a_turn: int = 100
    calls_a_turn: int = 200
    visit_depth: int = 20
    turns_a_session: int = 500
    template_characters: int = 4_000
    output_characters: int = 20_000
    expression_depth: int = 50
    answer_characters: int = 4_096


DEFAULT_LIMITS = Limits()
