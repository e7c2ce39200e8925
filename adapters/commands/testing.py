"""`unstuck test`: replays held, blessed and measured, and random conversations."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from adapters.library import Library
    from adapters.measuring import Measuring, Verdict

DONE, FINDINGS = 0, 1

P = ParamSpec("P")
R = TypeVar("R")


def coverage_options(command: Callable[P, R]) -> Callable[P, R]:
    """The options that say what is wanted of coverage; each of them asks for it."""
    a_file = click.Path(dir_okay=False, path_type=Path)
    for option in (
        click.option("--against", metavar="REV", help="End with 1 if what changed since REV is not covered."),
        click.option(
            "--fail-under", metavar="P", type=click.FloatRange(0, 100), help="End with 1 below P %."
        ),
        click.option("--json", type=a_file, help="Write coverage as JSON here."),
        click.option("--cobertura", type=a_file, help="Write coverage as Cobertura XML here."),
        click.option("--lcov", type=a_file, help="Write coverage as an lcov trace file here."),
        click.option("--html", type=click.Path(file_okay=False, path_type=Path), help="Write pages here."),
        click.option("--coverage", is_flag=True, help="Show which steps and answers nobody touched."),
    ):
        command = option(command)
    return command


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--flows", type=click.Path(path_type=Path), help="Your own folder of flows.")
@click.option("--junit-xml", "report", type=click.Path(path_type=Path), help="Write the results here, too.")
@click.option(
    "--on",
    "front",
    type=click.Choice(("engine", "json", "console", "browser")),
    default="engine",
    show_default=True,
    help="The front end to hold them on; console is a real terminal, browser the widget in a real Chromium.",
)
@click.option(
    "--over",
    type=click.Choice(("embedded", "rest")),
    default="embedded",
    show_default=True,
    help="How the clinic is called; rest is HTTP, by the shipped mapping.",
)
@click.option("--random", "number", type=click.IntRange(1), metavar="N", help="N random conversations.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Which ones; the same seed, the same ones.")
@click.option("--bless", is_flag=True, help="Write what comes now into replays that go otherwise.")
@coverage_options
def test_replays(
    paths: tuple[Path, ...],
    flows: Path | None,
    bless: bool,
    number: int | None,
    seed: int,
    report: Path | None,
    front: Literal["engine", "json", "console", "browser"],
    over: Literal["embedded", "rest"],
    coverage: bool,
    **measures: Path | float | str | None,
) -> int:
    """Hold the written conversations (NAME.replay.yaml) in files or folders, by default all shipped ones.

    A PATH that is a folder may hold the flows as well. Ends with 1 if a conversation went otherwise than
    written.
    """
    from adapters.flowdir import read_flows, shipped_flows
    from adapters.replaying import On, failure_text, junit_xml, run_replays
    from adapters.wiring import open_library

    outcomes = []
    own = flows or _own_folder(paths)
    where = list(paths) or [shipped_flows()]
    library = open_library(own)
    if number is not None:
        return _wander(library, number, seed)
    if bless:
        return _bless(where, own, library)
    measuring = _measuring(coverage, measures)
    watch = measuring.take if measuring is not None else None
    with _progress(len(read_flows(where).replays)) as told:
        for outcome in run_replays(where, library, watch, On(front, own, over)):
            outcomes.append(outcome)
            told(len(outcomes))
            _print(f"{'ok    ' if outcome.passed else 'FAILED'}  {outcome.path}: {outcome.name}")
            if not outcome.passed:
                _print(textwrap.indent(failure_text(outcome), "        "))
    if report is not None:
        _write(report, junit_xml(outcomes))
    failed = sum(not outcome.passed for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    held = "1 conversation" if len(outcomes) == 1 else f"{len(outcomes)} conversations"
    _print(f"{held}, {failed or 'none'} failed, in {seconds:.1f} s.")
    covered = measuring is None or _covered(measuring.verdict(library.pack, where))
    return DONE if covered and not failed else FINDINGS


def _wander(library: Library, number: int, seed: int) -> int:
    """Hold random conversations, and save the shortest one in which something did not hold."""
    from adapters.wandering import saved, wander

    with _progress(number, True) as told:
        found = wander(library, number, seed, told=told)
    if not found.broken:
        _print(f"{found.held} random conversations with seed {seed}: everything held.")
        return DONE
    path = saved(found, seed)
    _print(
        textwrap.indent("\n".join(found.broken), "  ")
        + f"\nThe shortest conversation found is in {path}; hold it with: unstuck test {path}"
    )
    return FINDINGS


@contextmanager
def _progress(whole: int, alone: bool = False) -> Iterator[Callable[[int], None]]:
    """Tells on a terminal how far a long run is, on a line that is gone at the end; not where the results
    are shown there themselves."""
    seen = sys.stderr.isatty() and (alone or not sys.stdout.isatty())

    def told(done: int) -> None:
        if seen:
            sys.stderr.write(f"\r{done} of {whole} ")
            sys.stderr.flush()

    try:
        yield told
    finally:
        if seen:
            sys.stderr.write("\r" + " " * (2 * len(str(whole)) + 6) + "\r")


def _bless(paths: Sequence[Path], own: Path | None, library: Library) -> int:
    """Bless the replays, and show for each what is otherwise now."""
    from adapters.blessing import bless
    from adapters.flowdir import REPLAY, shipped_flows
    from adapters.wiring import check_paths

    flows = [shipped_flows(), *([own] if own is not None else [])]
    found = [each for each in check_paths(flows) if not each.place.source.path.endswith(REPLAY)]
    refused = 0
    for blessed in bless(paths, library, found):
        refused += bool(blessed.refused)
        word = "REFUSED" if blessed.refused else "blessed" if blessed.changes else "ok     "
        _print(f"{word} {blessed.path}")
        _print(textwrap.indent("\n".join(filter(None, (*blessed.changes, blessed.refused))), "        "))
    return FINDINGS if refused else DONE


def _measuring(coverage: bool, measures: Mapping[str, Path | float | str | None]) -> Measuring | None:
    """What takes the conversations for coverage, if any option asks for that."""
    if not coverage and all(value is None for value in measures.values()):
        return None
    from adapters.measuring import Measuring, Wanted

    least = measures["fail_under"]
    wanted = Wanted(
        html=_path_of(measures["html"]),
        lcov=_path_of(measures["lcov"]),
        cobertura=_path_of(measures["cobertura"]),
        json=_path_of(measures["json"]),
        fail_under=float(least) if isinstance(least, int | float) else None,
        against=str(measures["against"]) if measures["against"] is not None else None,
    )
    return Measuring(wanted)


def _path_of(value: Path | float | str | None) -> Path | None:
    return value if isinstance(value, Path) else None


def _covered(verdict: Verdict) -> bool:
    """Show the coverage, and return whether nothing is wrong with it."""
    _print("\n" + "\n\n".join((verdict.text, *verdict.complaints)))
    return not verdict.complaints


def _own_folder(paths: Sequence[Path]) -> Path | None:
    """The first folder that is not among the shipped flows: its flows are meant, too."""
    from adapters.flowdir import shipped_flows

    shipped = shipped_flows()
    own = (path for path in paths if path.is_dir() and not path.resolve().is_relative_to(shipped))
    return next(own, None)


def _write(path: Path, text: str) -> None:
    """Write a file. Raises PlainProblem."""
    from adapters.problems import PlainProblem

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        advice = "Name a file in a folder you can write to."
        raise PlainProblem(f"{path} cannot be written ({error.strerror}).", advice) from error


def _print(text: str) -> None:
    from adapters.console.screen import say

    say(sys.stdout, text)
