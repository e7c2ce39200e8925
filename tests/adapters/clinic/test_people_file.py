"""People files: everything wrong at once, what follows from what, and one description laid over another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clinic.actions import CATALOG
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.people import NOBODY, OMITTED, ClientEntry, People, merge
from adapters.clinic.people_file import load_people, sample_people, sample_source
from adapters.problems import PlainProblem
from engine import CODES, Place, Source
from tests.adapters.clinic.bench import Bench, Carrier, Clock, Tokens


def people(text: str) -> People:
    loaded, findings = load_people(Source("people.yaml", text))
    assert findings == ()
    return loaded


def bench_with(tmp_path: Path, loaded: People) -> Bench:
    clock, carrier = Clock(), Carrier()
    path = tmp_path / "clinic.db"
    EmbeddedClinic.create(path, loaded, clock)
    return Bench(EmbeddedClinic.open(path, carrier, clock, Tokens()), carrier, clock)


def client(tmp_path: Path, text: str) -> dict[str, object]:
    """What the clinic knows of a client described in one line."""
    bench = bench_with(tmp_path, people(f"clients:\n  - {{name: Ana Souza, {text}}}\n"))
    try:
        known: dict[str, object] = {}
        for action in ("get_account", "get_invitation", "get_portal_settings"):
            known[action] = bench.record(action, subject="ana-souza")
        known["kind"] = bench.record("get_client", client="ana-souza")["kind"]
        message = bench.record("get_invitation", subject="ana-souza")["message_id"]
        known["delivery"] = bench.record("get_delivery", message=message) if message else None
        return known
    finally:
        bench.backend.close()


WRONG = """\
clinic:
  name: Maple Leaf
  timezone: Toronto
  invite_hours: two days
  login_url: http://clinic.example
client: []
clients:
  - name: Ana Souza
    emial: ana@clinic.example
    online_access: yes
    kind: adlut
  - email: nobody@clinic.example
  - name: ana souza
    birth_date: 3 February 1990
    kind: unknown
  - {name: Tom, account: {mfa: true}, invitation: {sent: yesterday}, delivery: {status: bad}}
  - just a name
"""


def test_everything_wrong_is_told_at_once_in_reading_order() -> None:
    loaded, findings = load_people(Source("people.yaml", WRONG))
    told = [(finding.place.line, finding.code) for finding in findings]
    assert told == [
        (3, "U502"),
        (4, "U502"),
        (5, "U502"),
        (6, "U501"),
        (9, "U501"),
        (10, "U502"),
        (11, "U502"),
        (12, "U503"),
        (14, "U502"),
        (16, "U503"),
        (16, "U502"),
        (16, "U502"),
        (17, "U502"),
    ]
    repairs = [finding.repair for finding in findings if finding.repair]
    assert "Did you mean `email`?" in repairs
    assert "Did you mean `adult`?" in repairs
    assert [entry.name for entry in loaded.clients] == ["Ana Souza", "ana souza", "Tom"]


@pytest.mark.parametrize("code", ["U501", "U502", "U503", "U504", "U505"])
def test_the_example_of_a_code_has_it(code: str) -> None:
    _, findings = load_people(Source("people.yaml", CODES[code].example))
    lines = CODES[code].example.splitlines()
    (marked,) = [n for n, line in enumerate(lines, 1) if "# <- here" in line]
    assert [(finding.code, finding.place.line) for finding in findings] == [(code, marked)]


@given(st.text())
def test_no_text_breaks_the_loader(text: str) -> None:
    loaded, findings = load_people(Source("people.yaml", text))
    assert findings or isinstance(loaded, People)


_WORDS = st.sampled_from(
    [
        "name",
        "clients",
        "clinic",
        "contacts",
        "email",
        "account",
        "invitation",
        "delivery",
        "kind",
        "x",
        "1.5",
    ]
)
_TREES = st.recursive(
    st.one_of(_WORDS, st.booleans(), st.none(), st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_WORDS, inner, max_size=4)),
    max_leaves=20,
)


@given(_TREES)
def test_no_tree_breaks_the_loader(tree: object) -> None:
    source = Source("people.yaml", json.dumps(tree))
    _, findings = load_people(source)
    assert all(isinstance(finding.place, Place) for finding in findings)


class TestDefaults:
    def test_an_adult_with_an_address_has_both_settings_on_and_no_account(self, tmp_path: Path) -> None:
        known = client(tmp_path, "email: ana@clinic.example")
        assert known["kind"] == "adult"
        assert known["get_portal_settings"] == {
            "subject": "ana-souza",
            "online_access": True,
            "email_notifications": True,
            "switched_off_by": None,
            "version": "1",
        }
        assert known["get_account"]["state"] == "none"
        assert known["get_invitation"]["state"] == "none"

    def test_nothing_can_be_on_without_an_address(self, tmp_path: Path) -> None:
        settings = client(tmp_path, "kind: minor")["get_portal_settings"]
        assert (settings["online_access"], settings["email_notifications"]) == (False, False)

    def test_an_unknown_setting_stays_unknown(self, tmp_path: Path) -> None:
        known = client(tmp_path, "email: ana@clinic.example, online_access: null")
        assert known["get_portal_settings"]["online_access"] is None

    @pytest.mark.parametrize(
        ("text", "account", "invitation", "delivery"),
        [
            ("account: active", "active", "used", "delivered"),
            ("account: invited", "invited", "pending", "sent"),
            ("account: none", "none", "none", None),
            ("invitation: expired", "invited", "expired", "sent"),
            ("invitation: {sent: 3 days ago}", "invited", "expired", "sent"),
            ("invitation: {sent: 1 hour ago}", "invited", "pending", "sent"),
            ("invitation: used", "active", "used", "delivered"),
            ("invitation: failed", "invited", "failed", "bounced"),
            ("delivery: {status: 5.1.1}", "invited", "failed", "bounced"),
            ("delivery: {status: 4.2.2}", "invited", "failed", "deferred"),
            ("delivery: suppressed", "invited", "failed", "suppressed"),
            ("delivery: delivered", "invited", "pending", "delivered"),
            ("account: locked, invitation: none", "locked", "none", None),
        ],
    )
    def test_one_thing_implies_the_other(
        self, tmp_path: Path, text: str, account: str, invitation: str, delivery: str | None
    ) -> None:
        known = client(tmp_path, f"email: ana@clinic.example, {text}")
        assert known["get_account"]["state"] == account
        assert known["get_invitation"]["state"] == invitation
        assert (known["delivery"] or {}).get("state") == delivery

    @pytest.mark.parametrize(
        "text",
        [
            "kind: minor, birth_date: 1990-01-01",
            "kind: adult, birth_date: 2020-01-01",
            "account: active",
            "email: a@clinic.example, invitation: {state: pending, sent: 3 days ago}",
            "email: a@clinic.example, invitation: {state: expired, sent: 1 hour ago}",
        ],
    )
    def test_a_contradiction_is_a_plain_sentence(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(PlainProblem, match="Ana Souza"):
            client(tmp_path, text)

    def test_two_people_cannot_log_in_with_one_address(self, tmp_path: Path) -> None:
        text = """
clients:
  - {name: A B, email: x@y.example, account: active}
  - {name: C D, email: X@y.example, account: active}
"""
        with pytest.raises(PlainProblem, match="A B and C D"):
            bench_with(tmp_path, people(text))


class TestMerging:
    BASE = """
clinic: {name: Base, invite_hours: 24}
clients:
  - {name: Ana Souza, email: ana@clinic.example, birth_date: 1990-02-03, account: active}
  - {name: Maria Garcia, city: Toronto}
  - {name: Maria Garcia, city: Kitchener}
  - {name: Mia Chen, kind: minor, contacts: [{name: Wei Chen, email: wei@clinic.example}]}
"""

    def merged(self, text: str) -> People:
        return merge(people(self.BASE), people(text))

    def test_only_what_is_said_changes(self) -> None:
        ana = self.merged("clients: [{name: ana souza, online_access: false}]").clients[0]
        assert (ana.email, ana.online_access, ana.birth_date) == ("ana@clinic.example", False, "1990-02-03")

    def test_the_clinic_too(self) -> None:
        clinic = self.merged("clinic: {name: Other}").clinic
        assert (clinic.name, clinic.invite_hours) == ("Other", 24)

    def test_a_kind_replaces_a_birth_date(self) -> None:
        ana = self.merged("clients: [{name: Ana Souza, kind: minor}]").clients[0]
        assert (ana.kind, ana.birth_date) == ("minor", OMITTED)

    def test_an_invitation_replaces_what_an_account_implied(self) -> None:
        ana = self.merged("clients: [{name: Ana Souza, invitation: expired}]").clients[0]
        assert ana.account is OMITTED

    def test_people_of_one_name_are_matched_in_their_order(self) -> None:
        text = (
            "clients: [{name: Maria Garcia, phone: '1', city: A}, {name: Maria Garcia, phone: '2', city: B}]"
        )
        assert [(c.phone, c.city) for c in self.merged(text).clients[1:3]] == [("1", "A"), ("2", "B")]

    def test_contacts_are_matched_and_added(self) -> None:
        text = "clients: [{name: Mia Chen, contacts: [{name: Lihua Chen}, {name: Wei Chen, primary: true}]}]"
        contacts = self.merged(text).clients[3].contacts
        assert [(c.name, c.email, c.primary) for c in contacts] == [
            ("Wei Chen", "wei@clinic.example", True),
            ("Lihua Chen", OMITTED, OMITTED),
        ]

    def test_somebody_new_comes_last(self) -> None:
        assert self.merged("clients: [{name: New Person}]").clients[-1] == ClientEntry("New Person")

    def test_nobody_changes_nothing(self) -> None:
        base = people(self.BASE)
        assert merge(base, NOBODY) == merge(NOBODY, base) == base


class TestVideo:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("{starts: in 2 hours}", ("scheduled", "2026-11-23T11:30:00-05:00", True, False)),
            ("{starts: in 5 minutes}", ("open", "2026-11-23T09:35:00-05:00", True, False)),
            ("{starts: in 5 minutes, opens: 3}", ("scheduled", "2026-11-23T09:35:00-05:00", True, False)),
            ("{starts: 20 minutes ago}", ("open", "2026-11-23T09:10:00-05:00", True, False)),
            ("{starts: 20 minutes ago, minutes: 15}", ("over", "2026-11-23T09:10:00-05:00", True, False)),
            ("{starts: 2 days ago}", ("none", None, False, False)),
            ("{starts: in 1 day, link: false}", ("scheduled", "2026-11-24T09:30:00-05:00", False, False)),
            (
                "{starts: in 5 minutes, cancelled: true}",
                ("scheduled", "2026-11-23T09:35:00-05:00", True, True),
            ),
        ],
    )
    def test_a_session_is_as_it_is_described(
        self, tmp_path: Path, text: str, expected: tuple[object, ...]
    ) -> None:
        bench = bench_with(tmp_path, people(f"clients: [{{name: Ana Souza, video: {text}}}]"))
        found = bench.record("next_video_session", subject="ana-souza")
        bench.backend.close()
        assert tuple(found[name] for name in ("state", "start", "join_url_present", "cancelled")) == expected

    @pytest.mark.parametrize(
        ("text", "codes"),
        [
            ("tomorrow", ["U502"]),
            ("{starts: tomorrow}", ["U502"]),
            ("{minutes: 50}", ["U503"]),
            ("{starts: in 2 days, minutes: 0}", ["U502"]),
            ("{starts: in 2 days, url: x}", ["U501"]),
        ],
    )
    def test_what_is_wrong_is_said(self, text: str, codes: list[str]) -> None:
        _, findings = load_people(Source("people.yaml", f"clients: [{{name: Ana Souza, video: {text}}}]\n"))
        assert [found.code for found in findings] == codes


class TestSample:
    def test_it_is_clean(self) -> None:
        loaded, findings = load_people(sample_source())
        assert findings == ()
        assert 25 <= len(loaded.clients) <= 40
        assert loaded == sample_people()

    def test_every_person_has_a_slug_and_a_reserved_address(self, tmp_path: Path) -> None:
        bench = bench_with(tmp_path, sample_people())
        addresses = []
        for entry in sample_people().clients:
            found = bench.record("find_clients", query=entry.name)["clients"]
            assert isinstance(found, list)
            assert found
            addresses += [entry.email, *(contact.email for contact in entry.contacts)]
        bench.backend.close()
        assert all(str(a).endswith(".example") for a in addresses if a is not OMITTED)

    @pytest.mark.parametrize(
        ("subject", "action", "expected"),
        [
            ("ana-souza", "get_portal_settings", {"online_access": False, "email_notifications": False}),
            ("bruno-keller", "get_portal_settings", {"online_access": True, "switched_off_by": "client"}),
            ("carla-nunes", "get_portal_settings", {"online_access": False, "email_notifications": True}),
            ("tom-becker", "get_invitation", {"state": "none"}),
            ("eva-novak", "get_invitation", {"state": "pending"}),
            ("ivy-walker", "get_invitation", {"state": "expired"}),
            ("jonas-weber", "get_invitation", {"sent_minutes_ago": 2}),
            ("daniel-okafor", "get_account", {"state": "active", "mfa": True}),
            ("chloe-bennett", "get_account", {"login_email": "chloe.b@work.example"}),
            ("priya-shah", "get_account", {"state": "locked"}),
            ("marek-kowal", "get_account", {"state": "disabled"}),
            ("lena-fischer", "check_email", {"suggestion": "lena.fischer@post.example"}),
            ("hugo-lambert", "check_email", {"often_blocked": True, "suggestion": None}),
            ("samir-haddad", "check_email", {"shared_with": 1}),
            ("julie-tremblay", "check_email", {"shared_with": 0}),
            ("zoe-muller", "check_email", {"look_alike": True}),
            ("rosa-jansen", "check_email", {"address": None, "well_formed": False}),
            ("lihua-chen", "check_email", {"address": None}),
            ("ingrid-lind", "get_portal_settings", {"email_notifications": False}),
            ("liam-roy", "next_video_session", {"state": "scheduled", "join_url_present": True}),
            ("daniel-okafor", "next_video_session", {"state": "scheduled"}),
            ("theo-martin", "next_video_session", {"cancelled": True}),
            ("oskar-lind", "next_video_session", {"join_url_present": False}),
            ("eva-novak", "next_video_session", {"state": "none"}),
        ],
    )
    def test_a_situation_is_there(
        self, tmp_path: Path, subject: str, action: str, expected: dict[str, object]
    ) -> None:
        bench = bench_with(tmp_path, sample_people())
        subject_of = CATALOG.actions[action].subject or "subject"
        found = bench.record(action, **{subject_of: subject})
        bench.backend.close()
        assert {name: found[name] for name in expected} == expected
