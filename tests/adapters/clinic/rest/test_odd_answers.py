"""Whatever an API answers, a call comes to a result that fits or to one of the declared ends, changes nothing
twice, and tells no secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clinic.actions import CATALOG
from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.clinic.rest.authorisation import Authorisation
from adapters.clinic.rest.backend import Exchange, RestClinic
from adapters.clinic.rest.egress import Answer, Egress, NoAnswer, NotSent, Outgoing
from adapters.clinic.rest.mapping import Api
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.clinic.served.behind import EXAMPLE
from adapters.secret import Secret
from engine import (
    ALWAYS_POSSIBLE,
    Action,
    ChoiceType,
    ListType,
    SecretType,
    Source,
    TruthType,
    Value,
    misfit,
)
from tests.adapters.clinic.bench import Vault

HERE = Path(__file__).parent
MAPPINGS = (EXAMPLE, HERE / "seen.rest.yaml", HERE / "better_auth" / "better-auth.rest.yaml")
TYPED = "violin-harbour-maple-stone"
NAMES = (
    "id name email users total rows banned updatedAt status error code message result access locked found"
    " kind subject version truncated clients body client contact severity resourceType text"
).split()
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.just("7")
)
BODIES = st.recursive(
    PLAIN,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inside, max_size=8),
    max_leaves=20,
)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 207, 400, 401, 403, 404, 409, 412, 429, 500, 502, 503])
ENDS = st.one_of(
    st.builds(
        Answer,
        STATUSES,
        st.dictionaries(st.sampled_from(["etag", "x_retry_after", "retry_after"]), st.text(max_size=8)),
        BODIES,
        st.sampled_from(["", "", "", "the answer is not JSON"]),
        st.just({"sid": "cookie-of-the-session"}),
    ),
    st.sampled_from([NotSent("no"), NoAnswer("no")]),
)


class Odd(Egress):
    """Answers as it is told, in turn and again from the start; counts what it was asked."""

    def __init__(self, ends: list[Answer | NotSent | NoAnswer]) -> None:
        super().__init__()
        self._ends = ends
        self.asked: list[Outgoing] = []

    def send(self, request: Outgoing, until: float) -> Answer:
        end = self._ends[len(self.asked) % len(self._ends)]
        self.asked.append(request)
        if isinstance(end, Answer):
            return end
        raise end


def example(action: Action, vault: Vault) -> dict[str, Value]:
    """Arguments of the declared types."""
    made: dict[str, Value] = {}
    for param in action.params:
        match param.type:
            case ChoiceType(values=values):
                made[param.name] = values[0]
            case TruthType():
                made[param.name] = True
            case ListType():
                made[param.name] = ["update_email"]
            case SecretType():
                made[param.name] = vault.keep(Secret(TYPED))
            case _:
                made[param.name] = "1990-01-01" if param.name == "birth_date" else "7"
    return made


def read(path: Path) -> Api:
    api, findings = read_mapping(Source(path.name, path.read_text(encoding="utf-8")))
    assert api is not None, findings
    return api


@pytest.fixture(scope="module")
def apis() -> tuple[Api, ...]:
    return tuple(map(read, MAPPINGS))


def ended(call: Callable[[], Value], action: Action) -> str:
    try:
        result = call()
    except ActionFailed as failed:
        return failed.failure.value if failed.failure in action.failures | ALWAYS_POSSIBLE else "NOT DECLARED"
    except OutcomeLost:
        return "lost"
    return "NOT FITTING" if action.result is not None and misfit(result, action.result) else "done"


@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data())
def test_every_answer_comes_to_a_declared_end(data: st.DataObject, apis: tuple[Api, ...]) -> None:
    api = data.draw(st.sampled_from(apis))
    name = data.draw(st.sampled_from(sorted(api.actions)))
    odd = Odd(data.draw(st.lists(ENDS, min_size=1, max_size=4)))
    secrets = {key: Secret(f"secret-of-{key}") for key in api.auth.secrets}
    seen: list[Exchange] = []
    clinic = RestClinic(api, Authorisation(api.auth, api.base, secrets, odd), odd, seen.append)
    action, vault = CATALOG.actions[name], Vault()
    args, context = example(action, vault), CallContext("the-key", "alice", "s", 5.0, vault)
    first = ended(lambda: clinic.perform(name, args, context), action)
    assert first not in ("NOT DECLARED", "NOT FITTING")
    asked = len(odd.asked)
    again = ended(lambda: clinic.perform(name, args, context), action)
    if first in ("done", "lost", "partial") and action.keyed:
        assert (again, len(odd.asked)) == (first, asked)
    clinic.check_back(name, args, context)
    told = "".join(map(str, seen))
    assert not [each for each in (TYPED, "secret-of-", "cookie-of-the-session") if each in told]
