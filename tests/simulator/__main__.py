"""Runs simulations, and shows one again:

    python -m tests.simulator                         a thousand seeds
    python -m tests.simulator --seeds 500-900         these
    python -m tests.simulator --seed 17               one of them, with everything that happened

What is found is reduced, and shown with the command that replays it. Ends with 1 if something was found.
"""

from __future__ import annotations

import argparse
import sys

from tests.simulator.shrink import places_of, shrink
from tests.simulator.simulation import Simulated, simulate
from tests.simulator.tape import Tape


def main(arguments: list[str]) -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator")
    parser.add_argument("--seeds", default="0-999", metavar="FIRST-LAST")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--cut", type=int, help="draws from here on are quiet")
    parser.add_argument("--silent", default="", metavar="PLACES", help="these draws are quiet")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        result = simulate(Tape(options.seed, options.cut, places_of(options.silent)))
        show(result)
        return 1 if result.broken else 0
    first, _, last = options.seeds.partition("-")
    return several(int(first), int(last or first))


def several(first: int, last: int) -> int:
    """Run all these seeds; 1 if one of them found something."""
    effects, failures = 0, 0
    for seed in range(first, last + 1):
        result = simulate(Tape(seed))
        effects += result.effects
        if result.broken:
            failures += 1
            found = shrink(seed, result)
            show(found.result)
            print(f"Replay it: {found.replay}\n", flush=True)
    print(f"{last - first + 1} simulations, {effects} effects, {failures} with something broken")
    return 1 if failures else 0


def show(result: Simulated) -> None:
    """What happened, and what broke."""
    print("\n".join(result.notes))
    for each in result.broken:
        print(f"BROKEN: {each}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
