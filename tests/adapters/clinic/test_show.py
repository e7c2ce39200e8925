"""What `unstuck clinic show` gets to show."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.cli import unstuck
from adapters.clinic.show import Table, show
from adapters.problems import PlainProblem, Unusable
from adapters.wiring import create_clinic
from tests.adapters.clinic.bench import Bench
from tests.adapters.clinic.test_embedded import bench_at, token_of


@pytest.fixture
def used(tmp_path: Path) -> Bench:
    """A clinic at which something has happened."""
    bench = bench_at(tmp_path / "clinic.db")
    bench.call("send_invitation", subject="wei-chen", kind="first")
    bench.call("open_ticket", topic="setup email", summary="never came", trail=["sent"], subject="ana-souza")
    bench.call("request_help", topic="please call")
    bench.call(
        "record_verification",
        subject="wei-chen",
        method="in_person",
        outcome="passed",
        covers=["record_consent"],
    )
    bench.call(
        "record_consent",
        client="mia-chen",
        contact="wei-chen",
        evidence_ref="form 7",
        expected_version=bench.consent_version("mia-chen", "wei-chen"),
    )
    bench.backend.close()
    return bench


def shown(tmp_path: Path, bench: Bench, who: str | None) -> dict[str, Table]:
    return {table.title: table for table in show(tmp_path / "clinic.db", who, bench.clock)}


def test_everything_is_shown_but_no_link(tmp_path: Path, used: Bench) -> None:
    tables = shown(tmp_path, used, None)
    assert list(tables) == [
        "The clinic",
        "People",
        "Whose clients they are",
        "Mails, the newest first",
        "Consent",
        "Video sessions",
        "Verifications",
        "Tickets",
        "Requests for help",
        "Journal",
    ]
    assert tables["Whose clients they are"].rows == (("mia-chen", "dr-lind, dr-roy"),)
    assert all(len(row) == len(table.columns) for table in tables.values() for row in table.rows)
    used.carrier.sent = used.carrier.sent[:1]
    assert token_of(used) not in str(tables)


def test_a_name_narrows_to_the_client_with_all_contacts(tmp_path: Path, used: Bench) -> None:
    tables = shown(tmp_path, used, "WEI")
    assert [row[0] for row in tables["People"].rows] == ["mia-chen", "wei-chen", "lihua-chen", "old-chen"]
    assert [row[3] for row in tables["Journal"].rows] == [
        "send_invitation",
        "record_verification",
        "record_consent",
    ]
    assert tables["Consent"].rows == (
        ("mia-chen", "wei-chen", "active", "alice", "2026-11-23 09:30", "form 7"),
    )
    assert tables["Verifications"].rows[0][3:] == ("wei-chen", "in person", "passed", "record consent")
    assert tables["Video sessions"].rows[0][1:] == (
        "2026-11-25 09:30",
        "2026-11-25 10:20",
        "2026-11-25 09:20",
        "yes",
        "",
    )
    assert "Tickets" not in tables


def test_nobody_of_that_name_is_said(tmp_path: Path, used: Bench) -> None:
    with pytest.raises(PlainProblem, match="Nobody"):
        shown(tmp_path, used, "xyz")


def test_no_clinic_is_said(tmp_path: Path, used: Bench) -> None:
    with pytest.raises(Unusable):
        show(tmp_path / "other.db", None, used.clock)


def test_whose_client_somebody_is_can_be_set(tmp_path: Path) -> None:
    create_clinic(tmp_path / "clinic.db", None)
    words = ["clinic", "set", "ana-souza", "--seen-by", "dr-lund", "--seen-by", "dr-berg"]
    words += ["--clinic", f"sqlite:///{tmp_path / 'clinic.db'}"]
    assert CliRunner().invoke(unstuck, words, standalone_mode=False).return_value == 0
    tables = {
        each.title: each for each in show(tmp_path / "clinic.db", "ana-souza", lambda: datetime.now(UTC))
    }
    assert tables["Whose clients they are"].rows == (("ana-souza", "dr-berg, dr-lund"),)
