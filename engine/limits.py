"""Every limit in one place, with its default. A deployment may override them (`limits.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta


class Limits(msgspec.Struct, frozen=True):
    """Bounds on what is read and run. Each says what it bounds, in which unit, and up to where it can be
    raised; beyond that the program itself could no longer promise to end in time."""

    pack_bytes: Annotated[
        int, Meta(ge=1_000, le=100_000_000, description="bytes of all flow files together, and of one file")
    ] = 1_048_576
    file_nodes: Annotated[int, Meta(ge=100, le=10_000_000, description="values in one file")] = 200_000
    depth: Annotated[int, Meta(ge=8, le=64, description="lists and mappings inside each other")] = 32
    steps_a_flow: Annotated[int, Meta(ge=10, le=100_000, description="steps of one flow")] = 1_000
    steps_a_pack: Annotated[int, Meta(ge=10, le=1_000_000, description="steps of all flows together")] = (
        10_000
    )
    steps_a_turn: Annotated[
        int, Meta(ge=10, le=100_000, description="steps between two stops of a conversation")
    ] = 100
    calls_a_turn: Annotated[
        int, Meta(ge=10, le=10_000, description="calls of the clinic's system between two questions")
    ] = 200
    visit_depth: Annotated[int, Meta(ge=1, le=100, description="visits inside each other")] = 20
    turns_a_session: Annotated[int, Meta(ge=10, le=10_000, description="turns of one conversation")] = 500
    template_characters: Annotated[
        int, Meta(ge=100, le=100_000, description="characters of one text in a flow")
    ] = 4_000
    output_characters: Annotated[
        int, Meta(ge=100, le=1_000_000, description="characters of one text as it is shown")
    ] = 20_000
    expression_depth: Annotated[
        int, Meta(ge=5, le=100, description="parentheses and operators inside each other")
    ] = 50
    answer_characters: Annotated[int, Meta(ge=10, le=65_536, description="characters of an answer")] = 4_096
    body_bytes: Annotated[
        int, Meta(ge=4_096, le=1_048_576, description="bytes of what is sent with one request over the web")
    ] = 65_536
    sessions_a_minute: Annotated[
        int, Meta(ge=1, le=10_000, description="conversations begun within a minute by one address or person")
    ] = 10
    answers_a_minute: Annotated[
        int, Meta(ge=1, le=10_000, description="answers within a minute by one address or person")
    ] = 60
    requests_a_minute: Annotated[
        int, Meta(ge=10, le=100_000, description="requests of any kind within a minute by one address")
    ] = 600


class LimitFacts(msgspec.Struct, frozen=True):
    """What one limit bounds (`doc`), its default, and the least and the most it can be set to."""

    doc: str
    default: int
    least: int
    most: int


DEFAULT_LIMITS = Limits()


def limit_facts() -> Mapping[str, LimitFacts]:
    """Every limit by name, in the order of their declaration."""
    # Not needed before somebody sets a limit.
    from msgspec.inspect import IntType, Metadata, StructType, type_info

    found: dict[str, LimitFacts] = {}
    declared = type_info(Limits)
    for each in declared.fields if isinstance(declared, StructType) else ():
        match each.type:
            case Metadata(type=IntType(ge=int(least), le=int(most)), extra_json_schema={"description": doc}):
                found[each.name] = LimitFacts(str(doc), each.default, least, most)
    return found
