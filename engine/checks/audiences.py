"""Who may call what: the actions of a flow, and the ticket that a hand-over opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.actions import Action, Audience
from engine.diagnostics import did_you_mean
from engine.knowledge import Knowledge
from engine.nodes import Scalar
from engine.source import Place

if TYPE_CHECKING:
    from engine.checks.checking import Checking


def action_called(checking: Checking, name: Scalar, known: Knowledge) -> Action | None:
    """The action a step calls, if it exists; whether the flow's audience may call it is checked."""
    action = checking.catalog.actions.get(name.text)
    if action is None:
        checking.report(
            "U304",
            name.place,
            f"There is no action `{name.text}`.",
            None,
            did_you_mean(name.text, checking.catalog.actions),
        )
        return None
    _may_call(checking, action, name.place, known)
    return action


def check_hand_over(checking: Checking, place: Place, known: Knowledge) -> None:
    """Report that somebody here may not open the ticket of a hand-over."""
    action = checking.catalog.actions.get(checking.catalog.hand_over or "")
    if action is not None:
        _may_call(checking, action, place, known)


def _may_call(checking: Checking, action: Action, place: Place, known: Knowledge) -> None:
    shut_out = sorted(each.value for each in checking.audience_at(known) - action.audiences)
    if shut_out:
        checking.report(
            "U307",
            place,
            f"{' and '.join(shut_out)} may not call `{action.name}`, and this flow is for them too"
            + checking.shown_by(lambda known: Audience(shut_out[0]) in checking.audience_at(known)),
            f"Those who may: {', '.join(sorted(each.value for each in action.audiences))}.",
            f"Ask first: `if: can('{action.name}')`, or narrow the flow's `audience`.",
        )
