"""A mapping for an API that nobody here designed: the accounts of better-auth, run for real with Node.js."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import msgspec
import pytest

from adapters.clinic.port import ActionFailed, CallContext
from adapters.clinic.rest.backend import RestClinic
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.secret import Secret
from engine import DidNotHappen, Failure, Happened, Source, Value
from tests.adapters.clinic.bench import Vault

HERE = Path(__file__).with_name("better_auth")
MAPPING = HERE / "better-auth.rest.yaml"
README = Path(__file__).parents[4] / "README.md"
PASSWORD = "maple-river-candle-stone"
OFFICE, ANA = "office@clinic.example", "ana@mail.example"
RUN = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"


def test_the_mapping_is_whole() -> None:
    api, findings = read_mapping(Source(MAPPING.name, MAPPING.read_text(encoding="utf-8")))
    assert findings == ()
    assert api is not None
    lines = [line for line in MAPPING.read_text(encoding="utf-8").splitlines() if line.strip("# ")]
    lines = [line for line in lines if not line.lstrip().startswith("#")]
    assert f"eleven actions in {len(lines)} lines" in README.read_text(encoding="utf-8")
    assert len(api.actions) == 11


def installed(folder: Path) -> Path:
    """The server with the packages it is pinned to, which are fetched once."""
    for name in ("server.mjs", "package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        if fetched.returncode:
            pytest.skip("for want of: the packages of better-auth (npm could not fetch them)")
    return folder


class Turn(msgspec.Struct):
    """One line of `chat --json`."""

    did: list[dict[str, str]]
    prompt: dict[str, Value] | None = None
    reveal: dict[str, str] | None = None
    end: dict[str, str] | None = None


class Accounts:
    """better-auth, running with new accounts."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.path = folder / "own.rest.yaml"
        text = MAPPING.read_text(encoding="utf-8").replace("http://127.0.0.1:3000", address)
        self.path.write_text(text, encoding="utf-8")
        self.clinic = RestClinic.open(self.path)
        self.vault = Vault()

    def call(self, action: str, key: str = "k", **args: Value) -> dict[str, Value]:
        result = self.clinic.perform(action, args, self.context(key))
        assert isinstance(result, dict)
        return result

    def fails(self, action: str, key: str = "k", **args: Value) -> ActionFailed:
        with pytest.raises(ActionFailed) as failed:
            self.clinic.perform(action, args, self.context(key))
        return failed.value

    def context(self, key: str) -> CallContext:
        return CallContext(key, "alice", "s", 5.0, self.vault)

    def names(self, query: str) -> list[Value]:
        found = self.call("find_clients", query=query)["clients"]
        assert isinstance(found, list)
        return [each["name"] for each in found if isinstance(each, dict)]

    def id_of(self, query: str) -> str:
        found = self.call("find_clients", query=query)["clients"]
        assert isinstance(found, list)
        (only,) = found
        assert isinstance(only, dict)
        return str(only["id"])

    def signed_in(self, email: str, password: str) -> httpx2.Client:
        """A browser in which somebody has logged in; without a session where that is refused."""
        browser = httpx2.Client(base_url=f"{self.address}/api/auth", headers={"origin": self.address})
        browser.post("/sign-in/email", json={"email": email, "password": password})
        return browser

    def mails(self) -> list[str]:
        return [each["to"] for each in httpx2.get(f"{self.address}/mails").json()]


def is_in(browser: httpx2.Client) -> bool:
    with closing(browser):
        return browser.get("/get-session").json() is not None


@pytest.fixture
def accounts(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Accounts]:
    cache = request.config.cache
    assert cache is not None
    folder = installed(cache.mkdir("better-auth"))
    monkeypatch.setenv("BETTER_AUTH_EMAIL", OFFICE)
    monkeypatch.setenv("BETTER_AUTH_PASSWORD", PASSWORD)
    server = subprocess.Popen(
        ["node", "server.mjs"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PASSWORD": PASSWORD},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield Accounts(server.stdout.readline().strip(), tmp_path)
    finally:
        server.kill()
        server.communicate()


def held(mapping: Path, folder: Path, answers: list[str]) -> list[Turn]:
    """What `unstuck chat --json` says to these answers, on the accounts."""
    store, mail = f"sqlite:///{folder / 'sessions.db'}", f"maildir:{folder / 'mail'}"
    options = ["--json", "--clinic", f"rest:{mapping}", "--store", store, "--mail", mail]
    run = subprocess.run(
        [sys.executable, "-c", RUN, "chat", "email-not-received", *options],
        input="".join(json.dumps({"answer": each}) + "\n" for each in answers),
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [msgspec.json.decode(line, type=Turn) for line in run.stdout.splitlines()]


@pytest.mark.soak
@pytest.mark.skipif(shutil.which("npm") is None, reason="for want of: npm, which comes with Node.js")
class TestAccountsOfBetterAuth:
    """Slow: npm fetches the packages, and each test starts the server anew."""

    def test_people_are_found_whatever_the_search_of_the_api_minds(self, accounts: Accounts) -> None:
        assert accounts.names("BRUNO") == ["Bruno Keller", "Bruno Kellermann"]
        assert accounts.names("ana@Mail") == ["Ana Souza"]
        assert accounts.names("office") == []
        ana = accounts.id_of("Ana Souza")
        assert accounts.id_of(ana) == ana
        assert accounts.call("get_client", client=ana)["first_name"] == "Ana"
        assert accounts.call("get_account", subject=ana)["state"] == "active"
        assert accounts.fails("get_client", client="nobody").failure is Failure.NOT_FOUND

    def test_a_made_password_opens_the_account_and_ends_its_sessions(self, accounts: Accounts) -> None:
        ana = accounts.id_of("Ana Souza")
        before = accounts.signed_in(ANA, PASSWORD)
        made = accounts.call("set_temporary_password", subject=ana)
        password = accounts.vault.get(made["secret"]).reveal()
        assert not is_in(before)
        assert not is_in(accounts.signed_in(ANA, PASSWORD))
        assert is_in(accounts.signed_in(ANA, password))
        assert made == accounts.call("set_temporary_password", subject=ana)
        assert is_in(accounts.signed_in(ANA, password))

    def test_a_typed_password_is_held_to_the_rules_of_the_system(self, accounts: Accounts) -> None:
        ana = accounts.id_of("Ana Souza")
        short = accounts.vault.keep(Secret("short"))
        refused = accounts.fails("set_temporary_password", subject=ana, password=short)
        assert (refused.failure, refused.message) == (Failure.INVALID_INPUT, "Password too short.")
        typed = accounts.vault.keep(Secret("violin-harbour-maple"))
        made = accounts.call("set_temporary_password", "k2", subject=ana, password=typed)
        assert made["secret"] is None
        assert is_in(accounts.signed_in(ANA, "violin-harbour-maple"))

    def test_resets_go_out_until_it_is_enough(self, accounts: Accounts) -> None:
        ana = accounts.id_of("Ana Souza")
        for key in ("k1", "k1", "k2"):
            assert accounts.call("send_password_reset", key, subject=ana)["masked"] == "a***a@mail.example"
        assert accounts.mails() == [ANA, ANA]
        refused = accounts.fails("send_password_reset", "k3", subject=ana)
        assert refused.failure is Failure.RATE_LIMITED
        assert refused.retry_after is not None
        assert 0 < refused.retry_after <= 60

    def test_an_address_changes_once_and_only_as_it_was_read(self, accounts: Accounts) -> None:
        ana = accounts.id_of("Ana Souza")
        version = accounts.call("get_portal_settings", subject=ana)["version"]
        args = {"subject": ana, "new_email": "Ana.New@mail.example", "expected_version": version}
        assert accounts.fails("update_email", **{**args, "expected_version": "old"}).failure is (
            Failure.STALE_VERSION
        )
        taken = {**args, "new_email": "bruno@mail.example"}
        assert accounts.fails("update_email", "k2", **taken).failure is Failure.CONFLICT
        assert accounts.clinic.check_back("update_email", args, accounts.context("k3")) == DidNotHappen()
        changed = accounts.call("update_email", "k3", **args)
        assert (changed["masked_old"], changed["masked_new"]) == ("a***a@mail.example", "a***w@mail.example")
        assert isinstance(accounts.clinic.check_back("update_email", args, accounts.context("k4")), Happened)

    def test_who_is_no_admin_is_not_let_do_it(
        self, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ana = accounts.id_of("Ana Souza")
        monkeypatch.setenv("BETTER_AUTH_EMAIL", ANA)
        accounts.clinic = RestClinic.open(accounts.path)
        assert accounts.fails("set_temporary_password", subject=ana).failure is Failure.FORBIDDEN
        monkeypatch.setenv("BETTER_AUTH_PASSWORD", "wrong-wrong-wrong")
        accounts.clinic = RestClinic.open(accounts.path)
        refused = accounts.fails("get_client", client=ana)
        assert (refused.failure, "logging in was refused (401)" in refused.message) == (
            Failure.FORBIDDEN,
            True,
        )

    def test_a_session_that_was_ended_is_opened_again(self, accounts: Accounts) -> None:
        ana = accounts.id_of("Ana Souza")
        with closing(accounts.signed_in(OFFICE, PASSWORD)) as browser:
            assert browser.post("/revoke-sessions", json={}).status_code == 200
        assert accounts.call("get_client", client=ana)["name"] == "Ana Souza"

    def test_the_flow_of_the_article_helps_as_far_as_the_system_goes(
        self, accounts: Accounts, tmp_path: Path
    ) -> None:
        """She has an account, so she is sent a reset; that does not come, and a password is set."""
        ana = accounts.id_of("Ana Souza")
        said = ["Ana Souza", ana, "adult", "no", "send", "no", "set", "in_person"]
        turns = held(accounts.path, tmp_path, said)
        did = [each["action"] for turn in turns for each in turn.did]
        assert did == ["send_password_reset", "record_verification", "set_temporary_password"]
        assert turns[-1].reveal is not None
        assert turns[-1].reveal["label"] == "The new password for Ana Souza"

    def test_what_the_system_cannot_do_is_done_by_hand(self, accounts: Accounts, tmp_path: Path) -> None:
        ana = accounts.id_of("Ana Souza")
        said = ["Ana Souza", ana, "adult", "no", "without", "by-hand", "in-person", "saved", "no", "no"]
        turns = held(accounts.path, tmp_path, said)
        assert any("Clinic Users" in str(turn.prompt["text"]) for turn in turns if turn.prompt)
        assert turns[-1].end is not None
        assert turns[-1].end["outcome"] == "escalated"
        assert "No ticket can be opened from here" in turns[-1].end["text"]
