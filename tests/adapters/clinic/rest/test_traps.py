"""The traps of real systems, played against a mapping that passes them: the right outcome each time, nothing
written twice, and nothing called done that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.clinic.rest.backend import Exchange, RestClinic
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.secret import Secret
from engine import CannotTell, DidNotHappen, Happened, Source, Value
from tests.adapters.clinic.bench import Vault
from tests.adapters.clinic.rest.fault_table import TRAP
from tests.adapters.clinic.rest.own_api import Api
from tests.adapters.clinic.rest.seen import OPEN_LINK, Seen
from tests.adapters.clinic.served_bench import EGRESS

MAPPING = Path(__file__).with_name("seen.rest.yaml")


@dataclass
class Trap:
    """What is called, how it must come out, and what must have been written by then."""

    name: str
    action: str
    args: dict[str, Value]
    came: str
    written: list[str] = field(default_factory=list)
    before: tuple[tuple[str, dict[str, Value]], ...] = ()


STALE: dict[str, Value] = {"subject": "7", "expected_version": 'W/"0"'}
ANA: dict[str, Value] = {"subject": "7"}
NORA: dict[str, Value] = {"subject": "9"}
ON: dict[str, Value] = {"subject": "7", "online_access": True, "expected_version": 'W/"1"'}
ANA_AGAIN: dict[str, Value] = {**ANA, "kind": "resend"}
NORA_AGAIN: dict[str, Value] = {**NORA, "kind": "resend"}
INVITED: tuple[tuple[str, dict[str, Value]], ...] = (("send_invitation", {**ANA, "kind": "first"}),)
FAILED: tuple[tuple[str, dict[str, Value]], ...] = (("send_invitation", {**NORA, "kind": "first"}),)
TRAPS = (
    Trap("the search minds capitals", "find_clients", {"query": "ANA@Mail.example"}, "1 found"),
    Trap("the filter is ignored", "find_clients", {"query": "ana@mail.example"}, "1 found"),
    Trap("the filter is ignored", "find_clients", {"query": "nobody@mail.example"}, "0 found"),
    Trap("another's record", "get_client", {"client": "7"}, "backend_bug"),
    Trap("another's record", "get_portal_settings", ANA, "backend_bug"),
    Trap("another's record", "send_password_reset", ANA, "backend_bug"),
    Trap("another's record", "send_invitation", {**ANA, "kind": "first"}, "lost, cannot tell", ["invite 7"]),
    Trap("another's record", "set_temporary_password", ANA, "lost, cannot tell", ["password 7"]),
    Trap("another's record", "unlock_account", ANA, "lost, cannot tell", ["unlock 7"]),
    Trap("gone (410)", "get_client", {"client": "deleted"}, "not_found"),
    Trap("PATCH ignores If-Match", "set_portal_settings", {**ON, **STALE}, "stale_version"),
    Trap("none", "set_portal_settings", ON, "done", ["PATCH 7"]),
    Trap("200, and nothing was done", "set_portal_settings", ON, "lost, did not happen", ["PATCH 7"]),
    Trap("a stale PUT", "update_email", {**STALE, "new_email": "a@b.example"}, "stale_version"),
    Trap("200, and nothing was done", "unlock_account", ANA, "lost, did not happen", ["unlock 7"]),
    Trap("an invitation again", "send_invitation", ANA_AGAIN, "conflict", ["invite 7"], INVITED),
    Trap("an account, but no mail", "send_invitation", {**NORA, "kind": "first"}, "partial", ["invite 9"]),
    Trap("again after half of it", "send_invitation", NORA_AGAIN, "conflict", ["invite 9"], FAILED),
    Trap("ok for every address", "send_password_reset", {"subject": "0"}, "not_found"),
    Trap("500 for a refused mail", "send_password_reset", NORA, "lost, cannot tell"),
    Trap("no right to set passwords", "set_temporary_password", ANA, "forbidden"),
    Trap("400 with words", "set_temporary_password", {**ANA, "password": "short"}, "invalid_input"),
    Trap("an error in 200", "set_temporary_password", {**ANA, "password": "short"}, "invalid_input"),
    Trap("an open link in the answer", "get_invitation", ANA, "done"),
    Trap("not mapped", "record_consent", {}, "unsupported"),
)  # fmt: skip


def called(clinic: RestClinic, action: str, args: dict[str, Value], key: str, vault: Vault) -> str:
    """How one call comes out, in words."""
    known = dict(args)
    if "password" in known:
        known["password"] = vault.keep(Secret(str(known["password"])))
    context = CallContext(key, "alice", "s", 5.0, vault)
    try:
        result = clinic.perform(action, known, context)
    except ActionFailed as failed:
        return failed.failure.value
    except OutcomeLost:
        words = {Happened: "happened", DidNotHappen: "did not happen", CannotTell: "cannot tell"}
        return f"lost, {words[type(clinic.check_back(action, known, context))]}"
    found = result.get("clients") if isinstance(result, dict) else None
    assert OPEN_LINK not in str(result)
    return f"{len(found)} found" if isinstance(found, list) else "done"


def test_the_mapping_is_whole() -> None:
    assert read_mapping(Source(MAPPING.name, MAPPING.read_text(encoding="utf-8")))[1] == ()


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.name}, {trap.action}")
def test_no_trap_is_walked_into(
    trap: Trap,
    api: Api,
    server: tuple[Api, str],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    api.answer = seen = Seen(trap=trap.name)
    path = tmp_path / MAPPING.name
    text = MAPPING.read_text(encoding="utf-8")
    path.write_text(text.replace("http://127.0.0.1:9", f"{server[1]}/api"), encoding="utf-8")
    watched: list[Exchange] = []
    clinic, vault = RestClinic.open(path, EGRESS, watched.append), Vault()
    for number, (action, args) in enumerate(trap.before):
        called(clinic, action, args, f"before-{number}", vault)
    came = called(clinic, trap.action, trap.args, "the-key", vault)
    again = called(clinic, trap.action, trap.args, "the-key", vault)
    right = came == trap.came and seen.written == trap.written
    record_property(TRAP, f"{trap.name}|{trap.action}|{came}|{'right' if right else 'WRONG'}")
    assert (came, seen.written) == (trap.came, trap.written)
    assert again == came
    assert len(seen.mailed) == len(set(seen.mailed))
    assert OPEN_LINK not in str(watched)
