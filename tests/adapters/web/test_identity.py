"""Who somebody is, clause by clause: what a host token must say, how long ours lasts, what nobody learns."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from math import sqrt
from pathlib import Path
from time import perf_counter
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.clinic.actions import CATALOG
from adapters.gates.book import MemoryBook
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.web.people import VISITOR, Embed, Key, Person, person_of
from adapters.web.refused import Refused
from adapters.web.tokens import Holder, TokenBook
from engine import Audience
from tests.adapters.web.served import EMBEDS, FLOWS, SECRET, UNBOUNDED, Served, identity, web

NOW = 1_700_000_000
CLAIMS: dict[str, Any] = {
    "aud": "unstuck",
    "sub": "ivy-walker",
    "role": "client",
    "iat": NOW,
    "exp": NOW + 120,
    "jti": "one",
}
IVY = Person("client:ivy-walker", Audience.CLIENT, frozenset({"ivy-walker"}))
PRIVATE = Ed25519PrivateKey.generate()
PEM = PRIVATE.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
PORTAL = Embed("portal", frozenset(), {"h": Key("HS256", SECRET), "e": Key("EdDSA", PEM.decode())})


class Once:
    """Remembers for a moment."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()

    def first_use(self, embed: str, jti: str, until: int) -> bool:
        """See `OnceOnly.first_use`."""
        assert until >= NOW
        new = (embed, jti) not in self.seen
        self.seen.add((embed, jti))
        return new


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("UNSTUCK_TEST_KEY", SECRET)
        with web(tmp_path_factory.mktemp("web"), EMBEDS, bounds=UNBOUNDED, flows=FLOWS) as opened:
            yield opened


def signed(kid: str = "h", **claims: object) -> str:
    key, algorithm = (SECRET, "HS256") if kid == "h" else (PRIVATE, "EdDSA")
    kept = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(kept, key, algorithm, {"kid": kid})


@pytest.mark.parametrize("kid", ["h", "e"])
def test_a_token_of_either_kind_says_who_it_is(kid: str) -> None:
    assert person_of(signed(kid), PORTAL, NOW, Once()) == IVY


def test_a_practitioner_acts_for_nobody_as_themself() -> None:
    person = person_of(signed(role="practitioner", sub="dr-roy"), PORTAL, NOW, Once())
    assert person == Person("practitioner:dr-roy", Audience.PRACTITIONER)


@pytest.mark.parametrize(
    "token",
    [pytest.param(signed(**{name: None}), id=f"without {name}") for name in CLAIMS]
    + [
        pytest.param(signed(aud=["unstuck"]), id="for several"),
        pytest.param(signed(iat="now"), id="made at no moment"),
        pytest.param(signed(exp=NOW + 301), id="good for more than five minutes"),
        pytest.param(signed(exp=NOW), id="ended"),
        pytest.param(signed(exp=True), id="ends at no moment"),
        pytest.param(signed(iat=NOW + 31, exp=NOW + 60), id="not made yet"),
        pytest.param(signed(jti=""), id="an empty id"),
        pytest.param(signed(sub="x" * 201), id="a long id"),
        pytest.param(signed(role="agent"), id="as an agent"),
        pytest.param(signed(x="x" * 5_000), id="a long token"),
        pytest.param(jwt.encode(CLAIMS, SECRET, "HS256", {"kid": "e"}), id="the other key's id"),
        pytest.param(jwt.encode(CLAIMS, PRIVATE, "EdDSA", {"kid": "h"}), id="the other algorithm"),
        pytest.param(jwt.encode(CLAIMS, SECRET, "HS256"), id="without a key's id"),
        pytest.param(signed() + "A", id="changed"),
    ],
)
def test_a_token_that_does_not_count(token: str) -> None:
    with pytest.raises(Refused) as refused:
        person_of(token, PORTAL, NOW, Once())
    assert refused.value.status == 401


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    head, body = ({"alg": "HS256", "kid": "e"}, CLAIMS)

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    said = part(json.dumps(head).encode()) + b"." + part(json.dumps(body).encode())
    forged = said + b"." + part(hmac.new(PEM.strip(), said, hashlib.sha256).digest())
    with pytest.raises(Refused):
        person_of(forged.decode(), PORTAL, NOW, Once())


def test_a_token_counts_once_for_an_embed() -> None:
    once, token = Once(), signed()
    person_of(token, PORTAL, NOW, once)
    with pytest.raises(Refused):
        person_of(token, PORTAL, NOW, once)


def test_used_tokens_are_remembered_for_longer_than_they_last_and_after_a_restart(tmp_path: Path) -> None:
    with closing(TokenBook(tmp_path / "web.db", bytes(64))) as book:
        person_of(signed(), PORTAL, NOW, book)
    with closing(TokenBook(tmp_path / "web.db", bytes(64))) as book, pytest.raises(Refused):
        person_of(signed(), PORTAL, NOW + 119, book)


def test_a_visitors_token_lasts_a_day_whatever_is_done_with_it(tmp_path: Path) -> None:
    with closing(TokenBook(tmp_path / "web.db", bytes(64))) as book:
        token = book.issue(Holder("s", "", "f", VISITOR), NOW)
        assert len(token) == 43, "256 bits"
        for hours in range(24):
            assert book.holder(token, NOW + hours * 3_600)
        assert book.holder(token, NOW + 24 * 3_600) is None


def test_a_token_of_somebody_signed_in_ends_when_idle_and_after_eight_hours(tmp_path: Path) -> None:
    with closing(TokenBook(tmp_path / "web.db", bytes(64))) as book:
        idle, used = (book.issue(Holder("s", "portal", "f", IVY), NOW) for _ in range(2))
        assert book.holder(idle, NOW + 899)
        assert book.holder(idle, NOW + 899 + 899)
        assert book.holder(idle, NOW + 899 + 899 + 900) is None
        for seconds in range(0, 8 * 3_600, 800):
            assert book.holder(used, NOW + seconds)
        assert book.holder(used, NOW + 8 * 3_600) is None


def test_a_clock_that_is_put_back_lets_nobody_in_for_longer(tmp_path: Path) -> None:
    with closing(TokenBook(tmp_path / "web.db", bytes(64))) as book:
        token = book.issue(Holder("s", "portal", "f", IVY), NOW)
        assert book.holder(token, NOW + 600)
        assert book.holder(token, NOW - 10_000)
        assert book.holder(token, NOW + 600 + 900) is None


def test_pages_may_be_framed_where_the_widget_may_stand_and_the_api_nowhere(served: Served) -> None:
    rules = served.http.get("/help").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://narrow.example https://portal.example" in rules
    assert "unsafe" not in rules
    assert "frame-ancestors 'none'" in served.http.get("/v1/flows").headers["content-security-policy"]


def test_a_visitor_reaches_nothing_above_risk_0() -> None:
    gate = PolicyGate(shipped_policy(), CATALOG, MemoryBook())
    allowed = gate.allowed(Audience.VISITOR, frozenset(CATALOG.actions))
    assert {CATALOG.actions[name].risk for name in allowed} == {0}
    assert allowed == {"request_help"}


def test_somebody_signed_in_is_not_shown_their_whole_address(served: Served) -> None:
    talk = served.start(embed="portal", identity=identity())
    told = json.dumps(talk.ask("GET").json()) + json.dumps(talk.begun["turn"])
    assert "ivy.walker@post.example" not in told
    assert "i***r@post.example" in told


@pytest.mark.soak
def test_known_and_unknown_people_wait_for_the_same_time(served: Served) -> None:
    """Which of two waits is the longer one is a coin's toss: out of so many, heads come up about half of the
    time, and farther off than four standard deviations once in 16,000 runs."""
    known, unknown = "Ivy Walker, ivy.walker@post.example", "Uvo Malker, uvo.malker@post.example"
    pairs, longer = 300, 0
    for pair in range(pairs):
        waits: dict[str, float] = {}
        for who in (known, unknown) if pair % 2 else (unknown, known):
            talk = served.start()
            talk.says("missing", "missing", "ask")
            began = perf_counter()
            talk.says(who)
            waits[who] = perf_counter() - began
        longer += waits[known] > waits[unknown]
    assert abs(longer - pairs / 2) < 4 * sqrt(pairs) / 2
