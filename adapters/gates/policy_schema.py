"""The JSON Schema of a policy file, for editors. What a policy means is read in `policy_file`."""

from __future__ import annotations

from adapters.gates.policy import METHODS, SHOWN_FROM_RISK
from adapters.gates.policy_file import KEYS, MOST_SENDS, RULES, shipped_policy
from adapters.json_schema import Schema, closed, list_of, one_of, told, whole
from engine import Audience, Catalog


def policy_schema(catalog: Catalog) -> Schema:
    """A policy over the actions of `catalog` (without the name of the dialect)."""
    audience = one_of([each.value for each in Audience])
    roles = closed(
        {
            "everybody": told("The most trusted role that a user who is not named may take", audience),
            "usual": told("The role taken where none is asked for", audience),
            "people": told(
                "User of this computer: the most trusted role they may take",
                {"type": "object", "additionalProperties": audience},
            ),
        }
    )
    values: dict[str, Schema] = {
        "roles": told("Who may take which role", roles),
        "confirm_from_risk": told(
            "From this risk on the exact effect is approved first", whole(1, SHOWN_FROM_RISK)
        ),
        "sends_a_day": told("So many emails one person may be sent within a day", whole(1, MOST_SENDS)),
        "times_a_day": told(
            "So often an action may be called for one person within a day",
            closed({name: whole(1, MOST_SENDS) for name in _names(catalog)}),
        ),
        "evidence_by": told("The ways to verify an identity", _word_or_words(METHODS)),
        "actions": told("Who may do what", closed(_actions(catalog))),
    }
    return closed({key: values[key] for key in KEYS})


def _actions(catalog: Catalog) -> dict[str, Schema]:
    return {name: _rules(catalog, name) for name in _names(catalog)}


def _names(catalog: Catalog) -> list[str]:
    return list(dict.fromkeys([*catalog.actions, *shipped_policy().permissions]))


def _rules(catalog: Catalog, name: str) -> Schema:
    """What may be said of one action: a rule for each audience that it was made for."""
    action = catalog.actions.get(name.partition(".")[0])
    made_for = action.audiences if action is not None else frozenset(Audience)
    rules: dict[str, Schema] = {
        each.value: _word_or_words(RULES) if each in made_for else one_of(("never",)) for each in Audience
    }
    never = one_of(("never",))
    doc = f"{action.doc} (risk {action.risk})" if action is not None else name
    return told(doc, {"anyOf": [never, closed(rules)]})


def _word_or_words(words: tuple[str, ...]) -> Schema:
    return {"anyOf": [one_of(words), {**list_of(one_of(words)), "minItems": 1}]}
