"""The contract of every backend, as a kit: one import and one fixture try a system of one's own with pytest.

    from adapters.clinic.contract import ClinicContract, UnderTest

    class TestOurSystem(ClinicContract):
        @pytest.fixture
        def clinic(self):
            return UnderTest(OurBackend(), {"get_client": {"client": "17"}, …}, nobody="0")

`adapters.clinic.arguments.checked_arguments` refuses arguments that an action does not take, and
`adapters.clinic.receipts.Receipts` keeps keys for as long as a process lives: a backend may use both.

At the end pytest prints a table: what is supported, what holds, and what does not. Needs pytest; nothing else
imports this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from adapters.clinic.actions import CAPABILITIES, CATALOG, LOOK_BACK
from adapters.clinic.port import ActionFailed, Backend, CallContext, OutcomeLost
from adapters.secret import Secret, SecretGone
from engine import (
    ALWAYS_POSSIBLE,
    CannotTell,
    DidNotHappen,
    Failure,
    Happened,
    IdType,
    SecretRef,
    Value,
    did_you_mean,
    misfit,
    secret_id,
)

PROPERTY = "unstuck_contract"
"""Under this name a test tells the table of which action and rule it is."""

RULES = ("result", "arguments", "nobody", "one key", "other call", "look back")
_SECONDS = 20.0
_ACTIONS = tuple(CATALOG.actions)
_KEYED = tuple(action.name for action in CATALOG.actions.values() if action.keyed)
_ABOUT = tuple(
    action.name
    for action in CATALOG.actions.values()
    if Failure.NOT_FOUND in action.failures and action.subject
)

Args = Mapping[str, Value]


@dataclass
class _Kept:
    """The secrets of one test."""

    secrets: dict[str, Secret] = field(default_factory=dict)

    def get(self, value: Value) -> Secret:
        found = self.secrets.get(secret_id(value) or "")
        if found is None:
            raise SecretGone
        return found

    def keep(self, secret: Secret) -> Value:
        ref = SecretRef(f"kept-{len(self.secrets)}")
        self.secrets[ref.id] = secret
        return ref.as_value()


@dataclass
class UnderTest:
    """A backend with, for each action it can do, arguments with which the call must succeed (or a function
    that finds them out by asking the backend); `nobody` is an id that no person has."""

    backend: Backend
    examples: Mapping[str, Args | Callable[[Backend], Args]]
    nobody: str = "nobody"
    _kept: _Kept = field(default_factory=_Kept)

    def args(self, action: str) -> dict[str, Value]:
        """The arguments of a call that must succeed."""
        if action not in self.examples:
            raise AssertionError(f"The backend says that it can {action}, and there is no example for it.")
        example = self.examples[action]
        return dict(example(self.backend) if callable(example) else example)

    def call(self, action: str, args: Args, key: str = "contract-1") -> Value:
        """Make one call."""
        return self.backend.perform(action, args, self.context(key))

    def context(self, key: str) -> CallContext:
        """Who calls."""
        return CallContext(key, "contract", "contract", _SECONDS, self._kept)

    def refusal(self, action: str, args: Args, key: str = "contract-2") -> ActionFailed:
        """How a call is refused that must be."""
        try:
            result = self.call(action, args, key)
        except ActionFailed as failed:
            return _well_refused(action, failed)
        raise AssertionError(f"{action} was to be refused, and returned {result}")


def _well_refused(action: str, failed: ActionFailed) -> ActionFailed:
    declared = CATALOG.actions[action].failures | ALWAYS_POSSIBLE
    assert failed.failure in declared, f"{action} may not end in {failed.failure.value}"
    assert failed.message.strip().endswith("."), f"this is no sentence: {failed.message!r}"
    return failed


def _unsupported(clinic: UnderTest, action: str) -> bool:
    """Whether the backend says that it cannot do this; then it must refuse it so, too."""
    if action in clinic.backend.capabilities():
        return False
    with pytest.raises(ActionFailed) as refused:
        clinic.call(action, {})
    assert refused.value.failure is Failure.UNSUPPORTED
    return True


class ClinicContract:
    """Subclasses provide the fixture `clinic`: an `UnderTest`, new for each test."""

    @pytest.fixture(autouse=True)
    def _told(
        self,
        request: pytest.FixtureRequest,
        record_property: Callable[[str, object], None],
        clinic: UnderTest,
    ) -> None:
        """Tells the table of which action and rule a test is."""
        rule = _RULES_OF.get(request.node.originalname)
        action = request.node.callspec.params.get("action") if rule is not None else None
        if rule is not None and isinstance(action, str):
            able = "supported" if action in clinic.backend.capabilities() else "unsupported"
            record_property(PROPERTY, f"{type(self).__name__}|{action}|{able}|{rule}")

    def test_capabilities(self, clinic: UnderTest) -> None:
        """What the backend says that it can is known, and what actions do besides is said of those it has."""
        able = clinic.backend.capabilities()
        odd = [f"{name}: {did_you_mean(name, CAPABILITIES) or ''}" for name in sorted(able - CAPABILITIES)]
        assert not odd, f"These are no capabilities (actions.CAPABILITIES lists all): {'; '.join(odd)}"
        alone = [name for name in able if name.partition(".")[0] not in able]
        assert not alone, f"These say more of actions that the backend cannot do: {', '.join(alone)}"

    @pytest.mark.parametrize("action", _ACTIONS)
    def test_result(self, clinic: UnderTest, action: str) -> None:
        """A call that must succeed returns what the action declares."""
        if _unsupported(clinic, action):
            return
        result = clinic.call(action, clinic.args(action))
        declared = CATALOG.actions[action].result
        wrong = misfit(result, declared) if declared is not None else None
        assert wrong is None, f"The result of {action} does not fit: {wrong}"

    @pytest.mark.parametrize("action", _ACTIONS)
    def test_arguments(self, clinic: UnderTest, action: str) -> None:
        """An argument too many or too few is refused before anything happens."""
        if _unsupported(clinic, action):
            return
        args = clinic.args(action)
        assert clinic.refusal(action, {**args, "nonsense": 1}).failure is Failure.INVALID_INPUT
        for param in CATALOG.actions[action].params:
            if param.required:
                fewer = {name: value for name, value in args.items() if name != param.name}
                assert clinic.refusal(action, fewer).failure is Failure.INVALID_INPUT, param.name

    @pytest.mark.parametrize("action", _ABOUT)
    def test_nobody(self, clinic: UnderTest, action: str) -> None:
        """Nobody is taken for somebody else."""
        if _unsupported(clinic, action):
            return
        ids = [param.name for param in CATALOG.actions[action].params if isinstance(param.type, IdType)]
        args = {name: clinic.nobody if name in ids else of for name, of in clinic.args(action).items()}
        args |= {} if action != "open_ticket" else {"subject": clinic.nobody}
        assert clinic.refusal(action, args).failure is Failure.NOT_FOUND

    @pytest.mark.parametrize("action", _KEYED)
    def test_one_key(self, clinic: UnderTest, action: str) -> None:
        """The same key again returns the first result without acting."""
        if _unsupported(clinic, action):
            return
        args = clinic.args(action)
        first = clinic.call(action, args, "contract-key")
        assert clinic.call(action, args, "contract-key") == first

    @pytest.mark.parametrize("action", _KEYED)
    def test_other_call(self, clinic: UnderTest, action: str) -> None:
        """One key is for one call."""
        if _unsupported(clinic, action):
            return
        args = clinic.args(action)
        clinic.call(action, args, "contract-key")
        changed = {name: f"{of} other" if isinstance(of, str) else of for name, of in args.items()}
        if changed == args:
            return
        with pytest.raises((ActionFailed, OutcomeLost)):
            clinic.call(action, changed, "contract-key")

    @pytest.mark.parametrize("action", _KEYED)
    def test_look_back(self, clinic: UnderTest, action: str) -> None:
        """Looking back never raises, never says that something happened that did not, or the reverse, and
        finds it out where the backend says that it can."""
        if _unsupported(clinic, action):
            return
        args = clinic.args(action)
        never = clinic.backend.check_back(action, args, clinic.context("contract-never"))
        assert isinstance(never, DidNotHappen | CannotTell)
        result = clinic.call(action, args, "contract-done")
        found = clinic.backend.check_back(action, args, clinic.context("contract-done"))
        can_tell = LOOK_BACK[action] in clinic.backend.capabilities()
        words = f"{action} was done and gave {result}; looking back found {found}."
        assert found == Happened(result) or found == CannotTell(), words
        assert found != CannotTell() or not can_tell, f"{words} The backend says that it can find it out."


_RULES_OF = {f"test_{rule.replace(' ', '_')}": rule for rule in RULES}
