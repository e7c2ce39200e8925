"""The engine: reads flows, checks them, and advances conversations. Pure: values in, values out.

Everything public is here; the modules below are the engine's own business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.actions import (
    ALWAYS_POSSIBLE,
    FAILURES,
    Action,
    Audience,
    Catalog,
    Clause,
    Effect,
    Failure,
    Param,
    SideEffect,
    Spoken,
    Undo,
    narrower,
)
from engine.answers import Pattern, address_warnings, compile_pattern
from engine.checks.allowances import heed_remarks
from engine.compiler import Compiled, compile_pack
from engine.describe import describe, describe_done, with_stop
from engine.diagnostics import Diagnostic, Severity, closest, did_you_mean, has_errors, in_reading_order
from engine.effects import (
    Ask,
    Call,
    CallOutcome,
    CheckBack,
    Choice,
    Consult,
    Did,
    EngineEffect,
    Finish,
    Outcome,
    Perform,
    Problem,
    Prompt,
    PromptKind,
    Reveal,
    Say,
)
from engine.errors import BrokenState, FalseProof, OutOfTurn, UnknownFlow
from engine.events import (
    Allow,
    Answered,
    CannotTell,
    Changed,
    CheckedBack,
    Deny,
    DidNotHappen,
    Event,
    Failed,
    Finding,
    Gated,
    HandedOver,
    Happened,
    Lost,
    Method,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
    Noted,
    Resumed,
    Revealed,
    RevealLost,
    Started,
    Stopped,
    Succeeded,
    Verdict,
    WentBack,
)
from engine.expressions import Expression, expression_between, value_expression
from engine.filters import masked, spelled
from engine.finding import finding
from engine.flow import Flow, Pack, Tree
from engine.flow_schema import flow_schema, vocabulary_schema
from engine.keeping import Given, given_answers
from engine.limits import DEFAULT_LIMITS, LimitFacts, Limits, limit_facts
from engine.misfit import misfit, trimmed
from engine.nodes import Mapping, Node, Scalar, Sequence
from engine.proven import Proof, compile_proven, proof_of
from engine.reader import decode, read
from engine.rich import Block, RichText, Span, plain
from engine.source import Place, Source
from engine.state import AtCall, AtEnd, AtPrompt, AtReveal, Mark, State, state_from_json, state_to_json
from engine.trace import Traced
from engine.turn import Turn, advance
from engine.types import (
    DATE,
    MOMENT,
    NOTHING,
    NUMBER,
    SECRET,
    TEXT,
    TRUTH,
    ChoiceType,
    DateType,
    IdType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    OptionalType,
    RecordType,
    SecretType,
    TextType,
    TruthType,
    Type,
    in_words,
    optional,
    record,
)
from engine.values import SecretRef, Value, secret_id

if TYPE_CHECKING:
    from engine.codes import CODES, FAMILIES, MENDED
    from engine.history import trace_of
    from engine.points import Point, PointAt, PointKind, declared_outcomes, outcomes_of, points_of, touched
    from engine.reference import language_reference
    from engine.told.digest import digest, question_in_short
    from engine.told.outline import Outline, OutlineLine, Standing, outline, standing
    from engine.told.why import why
    from engine.told.why_in_words import why_in_words
    from engine.told.why_not import why_not

__all__ = [
    "ALWAYS_POSSIBLE",
    "CODES",
    "DATE",
    "DEFAULT_LIMITS",
    "FAILURES",
    "FAMILIES",
    "MENDED",
    "MOMENT",
    "NOTHING",
    "NUMBER",
    "SECRET",
    "TEXT",
    "TRUTH",
    "Action",
    "Allow",
    "Answered",
    "Ask",
    "AtCall",
    "AtEnd",
    "AtPrompt",
    "AtReveal",
    "Audience",
    "Block",
    "BrokenState",
    "Call",
    "CallOutcome",
    "CannotTell",
    "Catalog",
    "Changed",
    "CheckBack",
    "CheckedBack",
    "Choice",
    "ChoiceType",
    "Clause",
    "Compiled",
    "Consult",
    "DateType",
    "Deny",
    "Diagnostic",
    "Did",
    "DidNotHappen",
    "Effect",
    "EngineEffect",
    "Event",
    "Expression",
    "Failed",
    "Failure",
    "FalseProof",
    "Finding",
    "Finish",
    "Flow",
    "Gated",
    "Given",
    "HandedOver",
    "Happened",
    "IdType",
    "LimitFacts",
    "Limits",
    "ListType",
    "Lost",
    "Mapping",
    "Mark",
    "Method",
    "MomentType",
    "NeedConfirmation",
    "NeedEvidence",
    "NeedSecond",
    "Node",
    "Noted",
    "NothingType",
    "NumberType",
    "OptionalType",
    "OutOfTurn",
    "Outcome",
    "Outline",
    "OutlineLine",
    "Pack",
    "Param",
    "Pattern",
    "Perform",
    "Place",
    "Point",
    "PointAt",
    "PointKind",
    "Problem",
    "Prompt",
    "PromptKind",
    "Proof",
    "RecordType",
    "Resumed",
    "Reveal",
    "RevealLost",
    "Revealed",
    "RichText",
    "Say",
    "Scalar",
    "SecretRef",
    "SecretType",
    "Sequence",
    "Severity",
    "SideEffect",
    "Source",
    "Span",
    "Spoken",
    "Standing",
    "Started",
    "State",
    "Stopped",
    "Succeeded",
    "TextType",
    "Traced",
    "Tree",
    "TruthType",
    "Turn",
    "Type",
    "Undo",
    "UnknownFlow",
    "Value",
    "Verdict",
    "WentBack",
    "address_warnings",
    "advance",
    "closest",
    "compile_pack",
    "compile_pattern",
    "compile_proven",
    "declared_outcomes",
    "decode",
    "describe",
    "describe_done",
    "did_you_mean",
    "digest",
    "expression_between",
    "finding",
    "flow_schema",
    "given_answers",
    "has_errors",
    "heed_remarks",
    "in_reading_order",
    "in_words",
    "language_reference",
    "limit_facts",
    "masked",
    "misfit",
    "narrower",
    "optional",
    "outcomes_of",
    "outline",
    "plain",
    "points_of",
    "proof_of",
    "question_in_short",
    "read",
    "record",
    "secret_id",
    "spelled",
    "standing",
    "state_from_json",
    "state_to_json",
    "touched",
    "trace_of",
    "trimmed",
    "value_expression",
    "vocabulary_schema",
    "why",
    "why_in_words",
    "why_not",
    "with_stop",
]


def __getattr__(name: str) -> object:
    """What the first question of a conversation does without: loaded when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Not `from engine import`: that would ask here for the modules as well.
    import engine.codes as codes
    import engine.history as history
    import engine.points as points
    import engine.reference as reference
    from engine.told import digest, outline, why, why_in_words, why_not

    late = (codes, history, points, reference, digest, outline, why, why_in_words, why_not)
    found: object = next(vars(module)[name] for module in late if name in vars(module))
    globals()[name] = found
    return found
