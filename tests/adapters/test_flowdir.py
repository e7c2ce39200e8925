"""Finding and reading flow files."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.flowdir import FlowFiles, read_flows, read_source, shipped_flows, shown_path
from adapters.problems import PlainProblem


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str | bytes = "flow: x\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def named(files: FlowFiles) -> list[str]:
    return [source.path for source in files.flows]


def test_every_flow_of_a_folder_is_read_in_the_order_of_the_names(folder: Path) -> None:
    for name in ("b/flow.yaml", "a/flow.yaml", "common/z.yaml", "common/a.yaml"):
        write(folder / "flows" / name)
    write(folder / "flows" / "notes.txt", "no flow")
    write(folder / "flows" / "common" / "vocabulary.yaml", "labels: {}\n")
    write(folder / "flows" / "common" / "invariants.yaml", "any\n")
    write(folder / "flows" / "a" / "replays" / "x.replay.yaml", "replay: x\n")
    write(folder / "flows" / ".git" / "hidden.yaml")
    files = read_flows([folder / "flows"])
    assert named(files) == [
        "flows/a/flow.yaml",
        "flows/b/flow.yaml",
        "flows/common/a.yaml",
        "flows/common/z.yaml",
    ]
    assert files.vocabulary is not None
    assert files.vocabulary.text == "labels: {}\n"
    assert [path.name for path in files.replays] == ["x.replay.yaml"]
    assert files.findings == ()


def test_files_and_folders_can_be_named_together_and_a_later_vocabulary_counts(folder: Path) -> None:
    write(folder / "one" / "a.yaml")
    write(folder / "one" / "vocabulary.yaml", "labels: {a: one}\n")
    write(folder / "two" / "vocabulary.yaml", "labels: {a: two}\n")
    single = write(folder / "single.yaml")
    files = read_flows([folder / "one", single, folder / "two"])
    assert named(files) == ["one/a.yaml", "single.yaml"]
    assert files.vocabulary is not None
    assert "two" in files.vocabulary.text


def test_a_file_in_another_encoding_is_a_finding_and_the_rest_is_read(folder: Path) -> None:
    write(folder / "flows" / "a.yaml", "flow: café\n".encode("latin-1"))
    write(folder / "flows" / "b.yaml", "\ufeffflow: x\n")
    files = read_flows([folder / "flows"])
    assert named(files) == ["flows/b.yaml"]
    assert files.flows[0].text == "flow: x\n"
    assert [each.code for each in files.findings] == ["U018"]


def test_a_file_that_is_too_large_is_a_finding_and_not_read(folder: Path) -> None:
    large = write(folder / "flows" / "a.yaml", b"# " + b"x" * 2_000_000)
    source, problem = read_source(large)
    assert source is None
    assert problem is not None
    assert problem.code == "U004"
    assert "2,000,002" in problem.message
    assert "flows/a.yaml:1:1" in str(problem)


def test_files_that_are_too_large_together_are_not_all_read(folder: Path) -> None:
    for number in range(30):
        write(folder / "flows" / f"{number:02}.yaml", b"# " + b"x" * 100_000)
    files = read_flows([folder / "flows"])
    assert len(files.flows) < 15
    assert [each.code for each in files.findings] == ["U220"]


@pytest.mark.parametrize("path", ["gone", "file.yaml/inside", "empty", "hidden", "a\0b"])
def test_what_is_not_there_is_a_plain_problem(path: str, folder: Path) -> None:
    write(folder / "file.yaml")
    (folder / "empty").mkdir()
    write(folder / "hidden" / ".cache" / "x.yaml")
    with pytest.raises(PlainProblem) as caught:
        read_flows([folder / path])
    assert caught.value.advice
    assert caught.value.exit_code == 2


def test_a_link_in_a_circle_is_no_trouble(folder: Path) -> None:
    write(folder / "flows" / "a.yaml")
    (folder / "flows" / "again").symlink_to(folder / "flows", target_is_directory=True)
    (folder / "flows" / "broken.yaml").symlink_to(folder / "nowhere")
    assert named(read_flows([folder / "flows"])) == ["flows/a.yaml"]


def test_a_path_is_shown_as_seen_from_here(folder: Path) -> None:
    assert shown_path(folder / "flows" / "a.yaml") == "flows/a.yaml"
    assert shown_path(Path("/elsewhere/a.yaml")) == "/elsewhere/a.yaml"


def test_the_shipped_flows_are_found() -> None:
    assert any(
        source.path.endswith("email-not-received/flow.yaml") for source in read_flows([shipped_flows()]).flows
    )
