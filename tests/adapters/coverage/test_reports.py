"""The files that coverage.py writes of flows: what was not met is in each of them, at its line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from adapters.coverage.measure import measure
from adapters.coverage.reports import Reports, write_reports
from adapters.problems import PlainProblem
from tests.adapters.coverage.example import FLOW, PATH, SHORT, TWO, everything, pack, tally

HOSTILE = "<script>alert(1)</script>, é.replay.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    measured = measure(pack(), tally({HOSTILE: SHORT, "second": TWO}))
    write_reports(measured, Reports(Path("html"), Path("c.lcov"), Path("c.xml"), Path("c.json")), "Our flows")
    return tmp_path


def test_the_trace_file_has_every_line_and_every_way(folder: Path) -> None:
    lines = (folder / "c.lcov").read_text(encoding="utf-8").splitlines()
    assert f"SF:{PATH}" in lines
    assert [line for line in lines if line.startswith("DA:") and line.endswith(",0")] == [
        "DA:3,0",
        "DA:13,0",
        "DA:22,0",
    ]
    ways = [line.split(",", 2)[2] for line in lines if line.startswith("BRDA:5,")]
    assert sorted(ways) == [
        "the answer `one` to `which`,1",
        "the answer `three` to `which`,0",
        "the answer `two` to `which`,1",
    ]
    assert "BRF:11" in lines


def test_build_servers_get_the_same_numbers(folder: Path) -> None:
    root = ElementTree.parse(folder / "c.xml").getroot()
    assert (root.get("lines-valid"), root.get("lines-covered")) == ("10", "7")
    missing = {each.get("number") for each in root.iter("line") if each.get("hits") == "0"}
    assert missing == {"3", "13", "22"}
    loaded = json.loads((folder / "c.json").read_text(encoding="utf-8"))
    assert loaded["files"][PATH]["missing_lines"] == [3, 13, 22]
    assert loaded["totals"]["num_branches"] == 11


def test_the_pages_mark_lines_and_name_what_was_missed(folder: Path) -> None:
    page = next((folder / "html").glob("*_yaml.html")).read_text(encoding="utf-8")
    assert "no conversation met that `2` does not hold" in page
    assert "no conversation met the answer `no` to `fine`" in page
    assert "<script>alert" not in page
    assert "second" in page
    index = (folder / "html" / "index.html").read_text(encoding="utf-8")
    assert "Our flows" in index
    assert PATH in index
    assert "which" in (folder / "html" / "step_index.html").read_text(encoding="utf-8")


def test_nobodys_own_coverage_is_touched(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["c.json", "c.lcov", "c.xml", "html"]


def test_nothing_is_missing_where_everything_was_met(tmp_path: Path) -> None:
    write_reports(everything(), Reports(tmp_path / "html", json=tmp_path / "c.json"), "Our flows")
    totals = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))["totals"]
    assert totals["percent_covered"] == 100.0
    assert "no conversation met" not in next((tmp_path / "html").glob("*_yaml.html")).read_text(
        encoding="utf-8"
    )


def test_a_settings_file_of_coverage_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".coveragerc").write_text("[run]\nomit = *\n[report]\nexclude_also = .*\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    write_reports(everything(), Reports(json=Path("c.json")), "Our flows")
    assert PATH in json.loads(Path("c.json").read_text(encoding="utf-8"))["files"]


def test_a_file_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for reports in (Reports(html=tmp_path / "file"), Reports(lcov=tmp_path / "no" / "file" / os.devnull[1:])):
        if reports.lcov is not None:
            (tmp_path / "no").write_text("", encoding="utf-8")
        with pytest.raises(PlainProblem, match="cannot be written"):
            write_reports(everything(), reports, "Our flows")


def test_the_text_on_the_page_is_the_flows_own(folder: Path) -> None:
    from adapters.coverage.reports import _tokens

    for line in FLOW.splitlines():
        assert "".join(text for _, text in _tokens(line)) == line
