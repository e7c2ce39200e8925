"""`unstuck clinic try`: one action of the clinic's system, called once, with what went over the wire."""

from __future__ import annotations

import json
import secrets
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapters.clinic.rest.backend import Exchange
    from adapters.secret import Secret
    from engine import Action, Value

_SECONDS = 20.0
DONE, FINDINGS = 0, 1


@click.command("try")
@click.argument("action")
@click.argument("args", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--clinic", "url", metavar="URL", help="The clinic's system: sqlite:///PATH, rest:FILE.yaml.")
@click.option("--mail", metavar="URL", help="smtp://HOST:PORT or maildir:PATH.")
@click.option("--really", is_flag=True, help="Also call what changes something, past all the gates.")
@click.option("--key", metavar="KEY", help="The idempotency key; a new one by default.")
def try_action(
    action: str, args: tuple[str, ...], url: str | None, mail: str | None, really: bool, key: str | None
) -> int:
    """Call one ACTION of the clinic's system and show request, answer and result, without secrets.

    Values are written as in JSON, and what is no JSON is text: `online_access=true subject=ana-souza`. A
    secret is asked for and typed unseen. It is a real call, and no gate is asked: what changes something
    needs --really. Ends with 1 if the call failed.
    """
    from contextlib import closing

    from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
    from adapters.console.screen import say
    from adapters.problems import PlainProblem
    from adapters.wiring import open_clinic, open_mail, os_user
    from engine import Effect

    declared = _declared(action)
    if declared.effect is not Effect.READ and not really:
        raise PlainProblem(
            f"{action} changes something at the clinic.", "Add --really to call it all the same."
        )
    kept = _Kept()
    given = dict(_argument(declared, each, kept) for each in args)
    context = CallContext(key or f"try-{secrets.token_hex(8)}", os_user(), "try", _SECONDS, kept)

    def shown(exchange: Exchange) -> None:
        say(sys.stdout, exchange_text(exchange))

    with closing(open_clinic(url, open_mail(mail), shown)) as backend:
        try:
            result = backend.perform(action, given, context)
        except ActionFailed as failed:
            after = f" Try again in {failed.retry_after} s." if failed.retry_after is not None else ""
            say(sys.stdout, f"failed: {failed.failure.value}: {failed.message}{after}")
            return FINDINGS
        except OutcomeLost as lost:
            found = type(backend.check_back(action, given, context)).__name__
            say(sys.stdout, f"lost: it is not known whether it was done ({lost}). Looking back: {found}.")
            return FINDINGS
    say(sys.stdout, f"result: {json.dumps(without_secrets(result), indent=2, ensure_ascii=False)}")
    return DONE


def exchange_text(exchange: Exchange) -> str:
    """One request and its answer in lines, as they went over the wire; its secrets are hidden already."""
    lines = [f"# {exchange.place}"] if exchange.place else []
    lines.append(f"> {exchange.method} {exchange.url}")
    lines += [f"> {name}: {text}" for name, text in sorted(exchange.headers.items())]
    lines += [f"> {exchange.body}"] if exchange.body else []
    lines.append(f"< {exchange.status}" if exchange.status is not None else "< no answer")
    lines += [f"< {name}: {text}" for name, text in sorted(exchange.answer_headers.items())]
    lines += [f"< {exchange.answer}"] if exchange.answer else []
    return "\n".join([*lines, ""])


def without_secrets(value: Value) -> Value:
    """A result in which a secret is only said to be there."""
    from engine import secret_id

    match value:
        case dict() if secret_id(value) is not None:
            return "•••"
        case dict():
            return {name: without_secrets(of) for name, of in value.items()}
        case list():
            return [without_secrets(each) for each in value]
        case _:
            return value


class _Kept:
    """The secrets of one call: the typed one goes in, and a made one is not shown."""

    def __init__(self) -> None:
        self._kept: dict[str, Secret] = {}

    def get(self, value: Value) -> Secret:
        from adapters.secret import SecretGone
        from engine import secret_id

        found = self._kept.get(secret_id(value) or "")
        if found is None:
            raise SecretGone
        return found

    def keep(self, secret: Secret) -> Value:
        from engine import SecretRef

        ref = SecretRef(f"try-{len(self._kept)}")
        self._kept[ref.id] = secret
        return ref.as_value()


def _declared(name: str) -> Action:
    from adapters.clinic.actions import CATALOG
    from adapters.problems import PlainProblem
    from engine import did_you_mean

    action = CATALOG.actions.get(name)
    if action is None:
        advice = did_you_mean(name, CATALOG.actions) or "`unstuck reference` lists them."
        raise PlainProblem(f"There is no action {name}.", advice)
    return action


def _argument(action: Action, written: str, kept: _Kept) -> tuple[str, Value]:
    from adapters.problems import PlainProblem
    from adapters.secret import Secret
    from engine import DateType, IdType, SecretType, TextType, did_you_mean

    name, sign, text = written.partition("=")
    param = action.param(name)
    if not sign or param is None:
        names = [each.name for each in action.params]
        known = f"{action.name} takes {', '.join(names)}." if names else f"{action.name} takes nothing."
        raise PlainProblem(f"{action.name} takes no {written}.", did_you_mean(name, names) or known)
    kind = param.type
    if isinstance(kind, SecretType):
        return name, kept.keep(Secret(click.prompt(name, hide_input=True, err=True)))
    if isinstance(kind, TextType | IdType | DateType):
        return name, text
    try:
        value: Value = json.loads(text)
    except ValueError:
        value = text
    return name, value
