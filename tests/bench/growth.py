"""What reading, checking and compiling a pack costs a step as the pack grows, beside the parser alone.

Each pack is read by a process of its own, with the garbage collector put off as the program itself does it.
"""

from __future__ import annotations

import gc
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import TypeVar

import yaml

from adapters.clinic.actions import CATALOG
from adapters.flowdir import read_flows, shipped_flows
from engine import Limits, compile_pack
from tests.bench.report import Figure, Limit

T = TypeVar("T")
SIZES = (1_000, 10_000, 100_000)
STEPS_A_FLOW = 1_000
ROUNDS = {1_000: 7, 10_000: 3, 100_000: 1}
A_FIFTH_MORE = Limit(1.2, above=False)
RAISED = Limits(pack_bytes=100_000_000, file_nodes=10_000_000, steps_a_flow=100_000, steps_a_pack=1_000_000)
_AROUND = 3
"""The steps of a flow beside those that are repeated."""
_REPEATED = """
  - id: ask-{n}
    ask: Has email number {n} arrived at {{{{ clinic.name }}}}?
    answers:
      found: {{label: "Yes, it is there", then: found-{n}}}
      missing: "No"
  - if: clinic.mail_policy == 'manual' and clinic.invite_hours > {n}
    then: found-{n}
  - say: |
      Log in at {{{{ clinic.login_url }}}}, and look at number {n} of the list. **It is there.**
    then: next-{n}
  - id: found-{n}
    end: stopped
  - {{id: next-{n}, say: "We go on after number {n}."}}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one pack cost: its steps, seconds of CPU time for it and for the parser alone (events, and nodes),
    and megabytes of memory beyond those of the process before."""

    steps: int
    ours: float
    events: float
    nodes: float
    megabytes: float


def measured() -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The lines of the table, and the memory."""
    costs = {size: [cost_of(size) for _ in range(ROUNDS[size])] for size in SIZES}
    first = _a_step(costs[SIZES[0]])
    figures = [
        Figure(
            f"{size:,} steps: µs a step, beside 1,000",
            f"{1e6 * _a_step(found):.0f}",
            f"{1e6 * first:.0f}",
            _a_step(found) / first,
            A_FIFTH_MORE,
        )
        for size, found in costs.items()
    ]
    for size, found in costs.items():
        for name, beside in (
            ("the parser's events", median(each.events / each.steps for each in found)),
            ("its tree of nodes", median(each.nodes / each.steps for each in found)),
        ):
            ours = _a_step(found)
            figures.append(
                Figure(
                    f"{size:,} steps: µs a step, beside {name}",
                    f"{1e6 * ours:.0f}",
                    f"{1e6 * beside:.0f}",
                    ours / beside,
                )
            )
    notes = [
        f"memory for {size:,} steps: {median(each.megabytes for each in found):.0f} MB"
        for size, found in costs.items()
    ]
    return tuple(figures), tuple(notes)


def _a_step(found: list[Cost]) -> float:
    return median(each.ours / each.steps for each in found)


def cost_of(size: int) -> Cost:
    """What a pack of this size costs, measured in a process of its own."""
    with TemporaryDirectory(prefix="unstuck-bench-") as folder:
        write_pack(size, Path(folder))
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.growth", folder], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(f"A pack of {size:,} steps cannot be measured: {done.stderr[-2000:]}")
    return Cost(**json.loads(done.stdout))


def write_pack(size: int, folder: Path) -> None:
    """Write flows with so many steps together."""
    for number in range(size // STEPS_A_FLOW):
        (folder / f"flow-{number}.yaml").write_text(flow_file(number), encoding="utf-8")


def flow_file(number: int) -> str:
    """One flow of about a thousand steps: questions, conditions and texts, one set after the other."""
    head = f"flow: flow-{number}\ntitle: Flow number {number}\naudience: [agent]\nsteps:\n"
    repeated = (STEPS_A_FLOW - _AROUND) // 5
    first = number * STEPS_A_FLOW
    body = "".join(_REPEATED.lstrip("\n").format(n=first + each) for each in range(repeated))
    return f"{head}  - {{do: get_clinic, save: clinic}}\n{body}  - end: stopped\n"


def main(folder: str) -> None:
    """Measure the pack in a folder, and print what it cost."""
    gc.disable()
    # What is made once in a process is no part of what a step costs.
    shipped = read_flows([shipped_flows()])
    compile_pack(shipped.flows, CATALOG, shipped.vocabulary)
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("*.yaml"))]
    _, events = _timed(lambda: [_events(text) for text in texts])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    compiled, ours = _timed(
        lambda: compile_pack(read_flows([Path(folder)], RAISED).flows, CATALOG, limits=RAISED)
    )
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if compiled.pack is None or compiled.findings:
        raise SystemExit("\n".join(str(each) for each in compiled.findings[:5]))
    steps = sum(len(tree.steps) for tree in compiled.pack.trees.values())
    del compiled
    _, nodes = _timed(lambda: [yaml.compose(text, yaml.CSafeLoader) for text in texts])
    print(json.dumps(asdict(Cost(steps, ours, events, nodes, (after - before) / 1024))))


def _events(text: str) -> int:
    return sum(1 for _ in yaml.parse(text, yaml.CSafeLoader))


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    begun = process_time()
    done = work()
    return done, process_time() - begun


if __name__ == "__main__":
    main(sys.argv[1])
