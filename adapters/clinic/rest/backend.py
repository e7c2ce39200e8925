"""The backend over a mapping: calls of the port become requests, and their answers results.

Only the order of things is here: arguments checked, the key recalled, requests sent one after the other, each
answer judged, the result shaped. A write that was sent and not clearly answered is lost, never repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from urllib.parse import quote, quote_plus, urlencode

import msgspec

from adapters.clinic.actions import CATALOG, LOOK_BACK
from adapters.clinic.arguments import checked_arguments
from adapters.clinic.passwords import new_password
from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.clinic.receipts import Receipts
from adapters.clinic.rest.answers import MADE, about_others, raised, shaped
from adapters.clinic.rest.authorisation import Authorisation
from adapters.clinic.rest.egress import Answer, Egress, NoAnswer, NotSent, Outgoing
from adapters.clinic.rest.log_in import NotLetIn
from adapters.clinic.rest.mapping import (
    Api,
    ErrorRule,
    Facts,
    LookBack,
    Mapped,
    Pages,
    Request,
    as_text,
    value_of,
)
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.clinic.rest.wire import revealed, written_body, written_header
from adapters.problems import PlainProblem, Unusable
from adapters.secret import Secret, SecretGone
from engine import (
    Action,
    CannotTell,
    DidNotHappen,
    Effect,
    Failure,
    Finding,
    Happened,
    SecretType,
    Value,
    decode,
)

_LEAST_SECONDS = 0.05
_SECRET_HEADERS = ("authorization", "cookie", "set_cookie")


class Exchange(msgspec.Struct, frozen=True):
    """One request and what came of it, with every secret exchanged for `•••`. `place` is where it stands in
    the mapping."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    status: int | None
    answer_headers: Mapping[str, str]
    answer: str
    place: str = ""


Watch = Callable[[Exchange], None]


class _Call:
    """One call under way: its facts, its deadline, and whether a request that changes something went out."""

    def __init__(self, action: Action, args: Mapping[str, Value], context: CallContext, until: float) -> None:
        self.action = action
        self.context = context
        self.until = until
        self.changed = False
        self.made: Secret | None = None
        self.secrets = _typed_secrets(action, args, context)
        self.facts: dict[str, Value] = {
            "key": context.key,
            "actor": context.actor,
            "session": context.session,
            "now": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_password": self._made_password(args),
            **{param.name: args.get(param.name) for param in action.params},
        }

    def _made_password(self, args: Mapping[str, Value]) -> Value:
        """The reference of a password that is made for the call, where one could be typed and was not."""
        params = [param.name for param in self.action.params if isinstance(param.type, SecretType)]
        if not params or any(args.get(name) is not None for name in params):
            return None
        # It is handed over with the result only: a call that is refused leaves no secret behind.
        self.made = new_password()
        self.secrets[json.dumps(MADE, sort_keys=True)] = self.made.reveal()
        return MADE


class RestClinic:
    """A vendor's system over its HTTP API. Safe to call from several threads."""

    def __init__(self, api: Api, authorisation: Authorisation, egress: Egress, watch: Watch | None) -> None:
        self._api = api
        self._authorisation = authorisation
        self._egress = egress
        self._receipts = Receipts()
        self._watch = watch

    @classmethod
    def open(cls, path: Path, egress: Egress | None = None, watch: Watch | None = None) -> RestClinic:
        """The system that the mapping file at `path` describes. Raises PlainProblem if the file cannot be
        used, Unusable if a secret it names cannot be had."""
        try:
            source, _ = decode(str(path), path.read_bytes())
        except OSError as error:
            advice = "Write `--clinic rest:FILE.yaml`."
            raise Unusable(f"The mapping {path} cannot be read ({error.strerror}).", advice) from None
        api, findings = (None, ()) if source is None else read_mapping(source)
        if api is None:
            first = f": {len(findings)} findings, the first at {findings[0]}" if findings else "."
            raise PlainProblem(
                f"The mapping cannot be used{first}", f"`unstuck check {path}` shows all of it."
            )
        way_out = egress or Egress()
        return cls(api, Authorisation.open(api.auth, api.base, way_out), way_out, watch)

    def capabilities(self) -> frozenset[str]:
        """The actions that the file maps, what it says that they do besides, and those it can look for."""
        names = set(self._api.actions)
        for name, mapped in self._api.actions.items():
            names |= {f"{name}.{effect}" for effect in mapped.effects}
            if name in LOOK_BACK and (mapped.look_back or self._api.look_back):
                names.add(LOOK_BACK[name])
        return frozenset(names)

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `port.Backend.perform`."""
        declared, mapped = CATALOG.actions.get(action), self._api.actions.get(action)
        if declared is None or mapped is None:
            raise ActionFailed(Failure.UNSUPPORTED, f"{self._api.name} cannot do {action}.")
        checked = checked_arguments(declared, args).values
        if declared.effect is Effect.READ:
            return self._performed(declared, mapped, checked, context)
        if not context.key:
            raise ActionFailed(Failure.INVALID_INPUT, f"{action} needs a key.")
        return self._receipts.once(
            context.key, action, checked, lambda: self._performed(declared, mapped, checked, context)
        )

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `port.Backend.check_back`. Without a `look_back` in the file, nobody can tell."""
        declared, mapped = CATALOG.actions.get(action), self._api.actions.get(action)
        if declared is None or mapped is None or declared.effect is Effect.READ:
            return DidNotHappen()
        look_back = mapped.look_back or self._api.look_back
        if look_back is None:
            return CannotTell()
        try:
            return self._looked_back(declared, look_back, args, context)
        except (ActionFailed, OutcomeLost):
            return CannotTell()

    def close(self) -> None:
        """Nothing is left open between calls."""

    # -- one call --------------------------------------------------------------------------------------

    def _begun(self, action: Action, args: Mapping[str, Value], context: CallContext) -> _Call:
        seconds = min(context.deadline, self._api.deadline)
        try:
            return _Call(action, args, context, monotonic() + max(seconds, _LEAST_SECONDS))
        except SecretGone:
            raise ActionFailed(Failure.INVALID_INPUT, "The secret is not known any more.") from None

    def _performed(
        self, action: Action, mapped: Mapped, args: Mapping[str, Value], context: CallContext
    ) -> Value:
        call = self._begun(action, args, context)
        for request in mapped.requests:
            if request.condition is None or request.condition.holds(call.facts):
                self._step(call, request, (*request.errors, *mapped.errors, *self._api.errors))
        value = value_of(mapped.result, call.facts) if mapped.result is not None else None
        return self._judged(call, args, value)

    def _judged(self, call: _Call, args: Mapping[str, Value], value: Value) -> Value:
        """The result, if it is one and about the right person. Raises ActionFailed or OutcomeLost."""
        action = call.action
        try:
            result = shaped(value, action.result, call.context.secrets, call.made)
            if about_others(action, args, result):
                raise ValueError("the answer is about somebody else")
        except ValueError as error:
            if call.changed:
                raise OutcomeLost(str(error)) from None
            said = f"The clinic's system made no sense: {error}."
            raise ActionFailed(Failure.BACKEND_BUG, said) from None
        return result

    def _looked_back(
        self, action: Action, look_back: LookBack, args: Mapping[str, Value], context: CallContext
    ) -> Finding:
        call = self._begun(action, args, context)
        # A password that is made now is not the one that was sent then.
        call.made = None
        call.facts |= {"action": action.name, "args": {**args}, "made_password": None}
        self._step(call, look_back.request, (*look_back.request.errors, *self._api.errors))
        if look_back.happened.holds(call.facts):
            if look_back.result is None and action.result is not None:
                return CannotTell()
            value = value_of(look_back.result, call.facts) if look_back.result is not None else None
            return Happened(self._receipts.found(context.key, self._judged(call, args, value)))
        denied = look_back.did_not_happen
        return DidNotHappen() if denied is not None and denied.holds(call.facts) else CannotTell()

    # -- one request -----------------------------------------------------------------------------------

    def _step(self, call: _Call, request: Request, rules: tuple[ErrorRule, ...]) -> None:
        """One request, with all its pages; its body becomes a fact. Raises ActionFailed or OutcomeLost."""
        pages = request.pages
        rows: list[Value] = []
        call.facts |= {"seen": 0, "page": None if pages is None or pages.more is None else 1}
        for number in range(1, pages.most + 1 if pages is not None else 2):
            self._asked(call, request, rules)
            if pages is None:
                return
            found = pages.rows.evaluate(call.facts)
            new = found if isinstance(found, list) else []
            rows += new
            call.facts["seen"] = len(rows)
            goes_on, following = _next_page(pages, call.facts, number + 1)
            # A list that says it goes on and brings nothing would go on for ever: it is cut off instead.
            if not (goes_on and new) or number == pages.most:
                call.facts["more"] = goes_on
                call.facts[request.save] = rows
                return
            call.facts["page"] = following

    def _asked(self, call: _Call, request: Request, rules: tuple[ErrorRule, ...]) -> None:
        writes = not request.reads and call.action.effect is not Effect.READ
        try:
            answer = self._answered(call, request)
        except NotLetIn as error:
            said = f"{self._api.name} does not let unstuck in: {error}."
            raise _after(call, ActionFailed(Failure.FORBIDDEN, said)) from None
        except NotSent as error:
            raise _after(
                call, ActionFailed(Failure.UNAVAILABLE, f"{self._api.name} cannot be reached: {error}.")
            ) from None
        except NoAnswer as error:
            call.changed |= writes
            if writes:
                raise OutcomeLost(str(error)) from None
            raise _after(call, ActionFailed(Failure.UNAVAILABLE, f"{self._api.name}: {error}.")) from None
        headers: dict[str, Value] = {**answer.headers}
        call.facts |= {"status": answer.status, "headers": headers, "body": answer.body}
        call.facts[request.save] = answer.body
        failed = raised(call.action, answer, rules, call.facts, writes)
        if failed is not None:
            raise _after(call, failed)
        call.changed |= writes
        if request.expect is not None and not request.expect.holds(call.facts):
            why = "the answer is not what the mapping expects"
            if call.changed:
                raise OutcomeLost(why)
            raise ActionFailed(Failure.BACKEND_BUG, f"The clinic's system made no sense: {why}.")

    def _answered(self, call: _Call, request: Request) -> Answer:
        answer = self._exchanged(call, request)
        # Nothing was done for a caller who was not known: another token is no second try.
        if answer.status == 401 and self._authorisation.refused():
            answer = self._exchanged(call, request)
        return answer

    def _exchanged(self, call: _Call, request: Request) -> Answer:
        outgoing = self._outgoing(call, request)
        answer: Answer | None = None
        try:
            answer = self._egress.send(outgoing, call.until)
            return answer
        finally:
            if self._watch is not None:
                self._watch(self._seen(call, outgoing, answer, request.place))

    def _outgoing(self, call: _Call, request: Request) -> Outgoing:
        """The request as it is sent. Raises ActionFailed `invalid_input` where its path is not known."""
        facts = call.facts
        path = request.path.filled(facts, safe=True)
        if path is None:
            raise ActionFailed(Failure.INVALID_INPUT, "A part of the address that is called is not known.")
        query = {name: as_text(value_of(of, facts)) for name, of in request.query}
        asked = {name: text for name, text in query.items() if text is not None}
        asked |= self._authorisation.query()
        joined = "&" if "?" in path else "?"
        url = f"{self._api.base}{path}" + (f"{joined}{urlencode(asked)}" if asked else "")
        headers: dict[str, str] = {"accept": "application/json"}
        body = b""
        if request.body is not None:
            content = revealed(value_of(request.body, facts), call.secrets)
            headers["content-type"], body = written_body(content, request.form)
        if self._api.idempotency and not request.reads and call.context.key:
            headers[self._api.idempotency] = call.context.key
        for name, of in (*self._api.headers, *request.headers):
            text = as_text(revealed(value_of(of, facts), call.secrets))
            if text is not None:
                headers[name] = written_header(text)
        headers |= self._authorisation.headers(call.until)
        return Outgoing(request.method, url, headers, body)

    def _seen(self, call: _Call, outgoing: Outgoing, answer: Answer | None, place: str) -> Exchange:
        secrets = [each.reveal() for each in self._authorisation.secrets]
        secrets += list(call.secrets.values())

        def hidden(text: str) -> str:
            # The longest first: one secret may be a part of another.
            for secret in sorted(secrets, key=len, reverse=True):
                for written in _ways_to_write(secret):
                    text = text.replace(written, "•••")
            return text

        def header(name: str, text: str) -> str:
            return "•••" if name.lower() in _SECRET_HEADERS else hidden(text)

        body = "" if answer is None else json.dumps(_shown(answer.body, hidden), ensure_ascii=False)
        return Exchange(
            outgoing.method,
            hidden(outgoing.url),
            {name: header(name, text) for name, text in outgoing.headers.items()},
            hidden(outgoing.body.decode("utf-8", "replace")),
            None if answer is None else answer.status,
            {} if answer is None else {name: header(name, of) for name, of in answer.headers.items()},
            hidden(body if answer is None or not answer.broken else f"({answer.broken})"),
            place,
        )


def _shown(value: Value, hidden: Callable[[str], str]) -> Value:
    """What came back, without what could be a secret: texts under names that say so, and those that say back
    what was sent."""
    match value:
        case dict():
            return {
                hidden(name): "•••" if isinstance(of, str) and _is_secret(name) else _shown(of, hidden)
                for name, of in value.items()
            }
        case list():
            return [_shown(each, hidden) for each in value]
        case str():
            return hidden(value)
        case _:
            return value


def _is_secret(name: str) -> bool:
    plain = name.casefold()
    return any(word in plain for word in ("secret", "password", "token", "cookie", "otp", "code_verifier"))


def _after(call: _Call, failed: ActionFailed | OutcomeLost) -> ActionFailed | OutcomeLost:
    """A failure after an earlier request had changed something: a part of the action was done."""
    if not call.changed or isinstance(failed, OutcomeLost) or failed.failure is Failure.PARTIAL:
        return failed
    if Failure.PARTIAL not in call.action.failures:
        return OutcomeLost(failed.message)
    return ActionFailed(Failure.PARTIAL, failed.message, failed.result)


def _next_page(pages: Pages, facts: Facts, number: int) -> tuple[bool, Value]:
    """Whether the list goes on, and what the next request knows as `page`."""
    if pages.next is not None:
        following = value_of(pages.next, facts)
        return following not in (None, "", False), following
    return pages.more is not None and pages.more.holds(facts), number


def _typed_secrets(action: Action, args: Mapping[str, Value], context: CallContext) -> dict[str, str]:
    """The secrets among the arguments, by their references. Raises SecretGone."""
    found: dict[str, str] = {}
    for param in action.params:
        value = args.get(param.name)
        if isinstance(param.type, SecretType) and value is not None:
            found[json.dumps(value, sort_keys=True)] = context.secrets.get(value).reveal()
    return found


def _ways_to_write(secret: str) -> tuple[str, ...]:
    """The secret as it stands in JSON, in an address, in a form and in a header."""
    in_json = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    in_address = (quote(secret, safe=""), quote(secret), quote_plus(secret))
    return tuple(dict.fromkeys((secret, *in_json, *in_address, written_header(secret))))
