"""`unstuck clinic try`: one call, shown without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.cli import run
from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.behind import example_at
from adapters.secret import Secret
from adapters.serving import serving
from tests.adapters.clinic.test_embedded import bench_at

TOKEN = "a-token-nobody-sees"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CLINIC_TOKEN", TOKEN)
    bench = bench_at(tmp_path / "clinic.db")
    with serving(ServedClinic(bench.backend, Secret(TOKEN)).application()) as address:
        mapping = example_at(address, tmp_path)
        text = mapping.read_text(encoding="utf-8")
        mapping.write_text(text.replace("deadline: 8", "auth: {bearer: {env: CLINIC_TOKEN}}"))
        yield f"rest:{mapping}"
    bench.backend.close()


def tried(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(["clinic", "try", *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_call_shows_what_went_over_the_wire(capsys: pytest.CaptureFixture[str], url: str) -> None:
    code, said = tried(capsys, "get_portal_settings", "subject=ana-souza", "--clinic", url)
    assert code == 0
    assert "GET http://127.0.0.1:" in said
    assert "< 200" in said
    assert '"online_access": false' in said
    assert TOKEN not in said


def test_a_made_password_is_not_shown(capsys: pytest.CaptureFixture[str], url: str) -> None:
    words = ("set_temporary_password", "subject=ivy-walker", "--clinic", url)
    code, said = tried(capsys, *words)
    assert (code, "--really" in said) == (2, True)
    code, said = tried(capsys, *words, "--really")
    assert code == 0
    assert said.count('"secret": "•••"') == 2


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("get_client", "client=nobody"), 1, "failed: not_found"),
        (("get_clint",), 2, "Did you mean `get_client`?"),
        (("get_client", "clent=x"), 2, "Did you mean `client`?"),
        (("get_clinic", "x"), 2, "takes nothing"),
    ],
)
def test_what_cannot_be_done_is_said(
    capsys: pytest.CaptureFixture[str], url: str, words: tuple[str, ...], code: int, part: str
) -> None:
    ended, said = tried(capsys, *words, "--clinic", url)
    assert (ended, part in said) == (code, True), said


def test_a_secret_that_is_not_there_is_said_at_once(
    capsys: pytest.CaptureFixture[str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLINIC_TOKEN")
    code, said = tried(capsys, "get_clinic", "--clinic", url)
    assert (code, "CLINIC_TOKEN" in said) == (4, True)


def test_a_scheme_that_nobody_brings_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = tried(capsys, "get_clinic", "--clinic", "fhir:http://x")
    assert (code, "cannot begin with fhir:" in said) == (2, True)
