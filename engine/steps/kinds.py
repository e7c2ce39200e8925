"""The registry of step kinds: the one place that lists them."""

from __future__ import annotations

from collections.abc import Mapping

from engine.steps.ask import ASK
from engine.steps.base import StepKind
from engine.steps.choose import CHOOSE
from engine.steps.do import DO
from engine.steps.end import END
from engine.steps.go import GO
from engine.steps.hand_over import HAND_OVER
from engine.steps.if_ import IF
from engine.steps.return_ import RETURN
from engine.steps.say import SAY
from engine.steps.set_ import SET
from engine.steps.visit import VISIT

KINDS: Mapping[str, StepKind] = {
    kind.key: kind for kind in (SAY, ASK, DO, IF, CHOOSE, SET, VISIT, GO, RETURN, HAND_OVER, END)
}
