"""From an answer to a result or to one of the declared failures. Pure: nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.clinic.port import ActionFailed, OutcomeLost, Secrets
from adapters.clinic.rest.egress import Answer
from adapters.clinic.rest.mapping import ErrorRule, Facts, value_of
from adapters.secret import Secret
from engine import (
    ALWAYS_POSSIBLE,
    FAILURES,
    Action,
    Effect,
    Failure,
    IdType,
    ListType,
    MomentType,
    OptionalType,
    RecordType,
    SecretRef,
    SecretType,
    TextType,
    Type,
    Value,
    misfit,
    secret_id,
    trimmed,
)

_BY_STATUS: Mapping[int, Failure] = {
    400: Failure.INVALID_INPUT,
    401: Failure.FORBIDDEN,
    403: Failure.FORBIDDEN,
    404: Failure.NOT_FOUND,
    405: Failure.UNSUPPORTED,
    409: Failure.CONFLICT,
    410: Failure.NOT_FOUND,
    412: Failure.STALE_VERSION,
    422: Failure.INVALID_INPUT,
    429: Failure.RATE_LIMITED,
    501: Failure.UNSUPPORTED,
    503: Failure.UNAVAILABLE,
}
MADE: Value = SecretRef("made").as_value()
"""The reference under which a mapping names the password that was made for a call."""

# What is said of a person in the arguments must be said of the same one in the result, under these names.
_ID_MEMBERS = {"Client": {"client": "id"}, "Contact": {"client": "client_id"}}


def raised(
    action: Action, answer: Answer, rules: Sequence[ErrorRule], facts: Facts, writes: bool
) -> ActionFailed | OutcomeLost | None:
    """The failure that an answer tells, by the rules of the mapping and then by its status; None if it tells
    none. `writes`: the request may have changed something."""
    for rule in rules:
        if (not rule.statuses or answer.status in rule.statuses) and (
            rule.condition is None or rule.condition.holds(facts)
        ):
            return _ruled(action, answer, rule, facts, writes)
    if 200 <= answer.status < 300:
        if not answer.broken:
            return None
        return _no_sense(answer.broken, writes)
    failure = _BY_STATUS.get(answer.status)
    if failure is not None:
        return _declared(action, failure, _said(failure), None, answer.retry_after, writes)
    if 400 <= answer.status < 500:
        return _declared(action, Failure.INVALID_INPUT, f"It answered {answer.status}.", None, None, writes)
    if answer.status in (502, 504) and not writes:
        return ActionFailed(Failure.UNAVAILABLE, f"The system behind it did not answer ({answer.status}).")
    return _no_sense(f"it answered {answer.status}", writes)


def _ruled(
    action: Action, answer: Answer, rule: ErrorRule, facts: Facts, writes: bool
) -> ActionFailed | OutcomeLost:
    failure = rule.failure
    if rule.named is not None:
        named = rule.named.evaluate(facts)
        words = {each.value: each for each in Failure}
        failure = words.get(named, failure) if isinstance(named, str) else failure
    if failure is None:
        return _no_sense(f"it answered {answer.status} with an error that has no name", writes)
    said = value_of(rule.message, facts) if rule.message is not None else None
    message = _sentence(said) if isinstance(said, str) and said.strip() else _said(failure)
    after = _number(rule.retry_after.evaluate(facts)) if rule.retry_after is not None else None
    seconds = answer.retry_after if after is None else after
    result = value_of(rule.result, facts) if rule.result is not None else None
    return _declared(action, failure, message, result, seconds, writes)


def _declared(
    action: Action, failure: Failure, message: str, result: Value, retry_after: int | None, writes: bool
) -> ActionFailed | OutcomeLost:
    """The failure, in one of the forms that the action can end in."""
    if failure is Failure.OUTCOME_UNKNOWN or (failure is Failure.NOT_CONFIRMED and writes):
        return (
            OutcomeLost(message)
            if action.effect is not Effect.READ
            else ActionFailed(Failure.UNAVAILABLE, message)
        )
    if failure is Failure.RATE_LIMITED and failure not in action.failures:
        failure = Failure.UNAVAILABLE
    if failure not in action.failures | ALWAYS_POSSIBLE:
        words = f"It ended in `{failure.value}`, in which {action.name} cannot end: {message}"
        return ActionFailed(Failure.BACKEND_BUG, words)
    fits = action.result is not None and result is not None and misfit(result, action.result) is None
    kept = trimmed(result, action.result) if fits and action.result is not None else None
    return ActionFailed(failure, message, kept, retry_after)


def _number(value: Value) -> int | None:
    """So many seconds, as a number or, in headers, as a text; None where it is neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return None
    return round(min(value, 86_400))


def _no_sense(why: str, writes: bool) -> ActionFailed | OutcomeLost:
    if writes:
        return OutcomeLost(why)
    return ActionFailed(Failure.BACKEND_BUG, f"The clinic's system made no sense: {why}.")


def _said(failure: Failure) -> str:
    return FAILURES[failure].sentence


def _sentence(text: str) -> str:
    line = " ".join(text.split())[:300]
    return line if line.endswith((".", "!", "?")) else f"{line}."


def shaped(value: Value, kind: Type | None, secrets: Secrets, made: Secret | None = None) -> Value:
    """The result as it is declared: nothing that was not asked for, secrets put away, moments in one form.
    `made` is a secret that was made for the call, and may be a part of it.

    Raises ValueError, in words without the values, where it does not fit.
    """
    if kind is None:
        return None
    put_away = _put_away(value, kind, secrets, made)
    wrong = misfit(put_away, kind)
    if wrong is not None:
        raise ValueError(wrong)
    return trimmed(put_away, kind)


def _put_away(value: Value, kind: Type, secrets: Secrets, made: Secret | None) -> Value:
    match kind:
        case OptionalType(of=inner):
            empty = value is None or (value == "" and isinstance(inner, TextType | IdType | MomentType))
            return None if empty else _put_away(value, inner, secrets, made)
        case SecretType() if made is not None and value == MADE:
            return secrets.keep(made)
        case SecretType():
            return secrets.keep(Secret(value)) if isinstance(value, str) and value else None
        case MomentType() if isinstance(value, str):
            return _moment(value)
        case IdType() | TextType() if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        case ListType(of=item) if isinstance(value, list):
            return [_put_away(each, item, secrets, made) for each in value]
        case RecordType(members=members) if isinstance(value, dict) and secret_id(value) is None:
            kinds = dict(members)
            return {
                name: _put_away(of, kinds[name], secrets, made) for name, of in value.items() if name in kinds
            }
        case _:
            return value


def _moment(text: str) -> Value:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.isoformat(timespec="seconds") if moment.tzinfo is not None else text


def about_others(action: Action, args: Mapping[str, Value], result: Value) -> bool:
    """Whether a result says that it is about somebody else than was asked for."""
    kind = action.result
    rows = result if isinstance(result, list) else [result]
    of = kind.of if isinstance(kind, ListType) else kind
    if not isinstance(of, RecordType):
        return False
    names = _ID_MEMBERS.get(of.name, {})
    for param in action.params:
        asked = args.get(param.name)
        member = names.get(param.name, param.name)
        if asked is None or not isinstance(param.type, IdType) or of.member(member) is None:
            continue
        if any(isinstance(row, dict) and row.get(member) != asked for row in rows):
            return True
    return False
