"""Every action, in every role, by every way in: exactly what the policy's table says."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from msgspec.structs import replace

from adapters.cli import unstuck
from adapters.clinic.actions import CATALOG
from adapters.gates.history import SIGNED_IN
from adapters.gates.matrix import COLUMNS, NEVER, matrix
from adapters.gates.policy import Permission
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.ways_in import WAYS, Trial, loosened, steps, try_one, ways_rows
from engine import Audience, Source, compile_pack, has_errors

TABLE = yaml.safe_load((Path(__file__).parents[1] / "cases" / "policy.yaml").read_text(encoding="utf-8"))

CELLS = [
    (action, Audience(column), row["risk"], cell)
    for action, row in TABLE["actions"].items()
    for column, cell in zip(TABLE["columns"], row["cells"], strict=True)
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("action", "audience", "risk", "cell"), CELLS)
def test_every_way_in_leads_to_the_same_word(
    tmp_path: Path, action: str, audience: Audience, risk: int, cell: str, way: str
) -> None:
    theirs = "own clients" if cell.startswith("theirs ") else ""
    with closing(Trial(tmp_path, shipped_policy(), action, audience, way, theirs)) as trial:
        reached = trial.hold()
    # Nobody is anybody's own at a desk, so what is for oneself only is denied there.
    possible = cell != "deny" and not cell.startswith("own ")
    assert reached is possible
    wanted = {"evidence": ["evidence"], "second": ["evidence", "second"]}.get(cell, [])
    if possible:
        assert trial.needs == [*wanted, *(["confirm"] if risk >= 3 else [])]
        assert trial.clinic.reached == [action]
    else:
        assert trial.needs == []


@pytest.mark.parametrize(("action", "audience", "risk", "cell"), CELLS)
def test_an_edited_flow_that_grants_itself_more_does_not_load(
    action: str, audience: Audience, risk: int, cell: str
) -> None:
    declared = CATALOG.actions[action]
    head = f"flow: trying\ntitle: Trying\naudience: [{audience}]\n"
    source = Source("flows/trying/flow.yaml", f"{head}{steps(declared, 'Shall we?')}  - end: solved\n")
    loosely_typed = replace(
        CATALOG,
        actions={
            name: replace(each, params=tuple(replace(one, type=loosened(one.type)) for one in each.params))
            for name, each in CATALOG.actions.items()
        },
    )
    compiled = compile_pack((source,), loosely_typed, None)
    assert has_errors(compiled.findings) is (audience not in declared.audiences)


def test_the_printed_matrix_is_the_table() -> None:
    rows = matrix(lambda book: PolicyGate(shipped_policy(), CATALOG, book), CATALOG)
    assert COLUMNS[2:] == tuple(TABLE["columns"])
    printed = {row[0]: row[1:] for row in rows}
    assert set(printed) == {
        *TABLE["actions"],
        "set_temporary_password.password",
        "set_portal_settings.online_access",
    }
    for action, row in TABLE["actions"].items():
        assert printed[action][0] == str(row["risk"])
        for shown, cell in zip(printed[action][1:], row["cells"], strict=True):
            assert shown == _in_the_matrix(cell, row["risk"])
    assert printed["set_temporary_password.password"][1:] == (
        NEVER,
        NEVER,
        NEVER,
        "evidence + confirm",
        "evidence + confirm",
    )


def _in_the_matrix(cell: str, risk: int) -> str:
    # Nobody at the portal can say how an identity was verified; being signed in is no evidence by default.
    if cell in ("deny", "own evidence"):
        return NEVER
    belonging, _, word = cell.rpartition(" ")
    own = {"own": ["self"], "theirs": ["own clients"]}.get(belonging, [])
    wanted = {"evidence": ["evidence"], "second": ["evidence", "second person"]}.get(word, [])
    return " + ".join([*own, *wanted, *(["confirm"] if risk >= 3 else [])]) or "yes"


@pytest.mark.parametrize("action", ["find_clients", "list_contacts"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_for_their_own_clients_is_found_with_one_of_them_only(action: str, way: str) -> None:
    tried = try_one(shipped_policy(), CATALOG.actions[action], Audience.PRACTITIONER, way)
    assert (tried.found, tried.declared) == ("own clients", "own clients")


@pytest.mark.parametrize("way", WAYS)
def test_what_is_for_oneself_only_is_found_by_acting_for_oneself(way: str) -> None:
    tried = try_one(shipped_policy(), CATALOG.actions["get_consent"], Audience.CLIENT, way)
    assert (tried.found, tried.declared) == ("self", "self")


def test_a_gate_that_lets_more_through_than_the_policy_says_is_seen() -> None:
    """The table is of what happened: with another policy inside, the same trial tells another word."""
    rules = shipped_policy()
    open_to_agents = {**rules.permissions["update_email"], Audience.AGENT: Permission()}
    loose = replace(rules, permissions={**rules.permissions, "update_email": open_to_agents})
    declared = try_one(rules, CATALOG.actions["update_email"], Audience.AGENT, "normal")
    tried = replace(
        try_one(loose, CATALOG.actions["update_email"], Audience.AGENT, "normal"), declared=declared.found
    )
    assert ways_rows([tried]) == (("update_email", "normal", f"{tried.found} (policy: evidence + confirm)"),)
    assert tried.found == "confirm"


def test_the_command_prints_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    some = {name: CATALOG.actions[name] for name in ("get_clinic", "record_verification", "reset_mfa")}
    monkeypatch.setattr("adapters.ways_in.CATALOG", replace(CATALOG, actions=some))
    done = CliRunner().invoke(unstuck, ["policy", "matrix", "--ways"], standalone_mode=False)
    assert done.return_value == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert ["get_clinic", "visited", "-", "yes", "yes", "yes", "yes"] in lines
    assert "all as the policy says" in done.output


def test_being_signed_in_is_evidence_where_the_policy_takes_it() -> None:
    rules = shipped_policy()
    taking = replace(rules, evidence_by=(*rules.evidence_by, SIGNED_IN))
    tried = try_one(taking, CATALOG.actions["update_email"], Audience.CLIENT, "normal")
    assert (tried.found, tried.declared) == ("self + confirm", "self + confirm")
