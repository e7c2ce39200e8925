"""Prints the tables: `make durability`, or `make durability ARGS="kills --sample 40"` for a part of it.

Each part takes some minutes on two cores. Ends with 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import monotonic

from tests.durability import damage, disk, kills, races, upkeep
from tests.durability.many import workers
from tests.durability.report import Table

Part = Callable[[ProcessPoolExecutor, Path, int], Table]

PARTS: Mapping[str, Part] = {
    "kills": kills.measured,
    "disk": disk.measured,
    "damage": damage.measured,
    "upkeep": upkeep.measured,
    "races": races.measured,
}


def main(arguments: list[str]) -> int:
    """Try what was asked for; everything without arguments."""
    read = argparse.ArgumentParser(prog="python -m tests.durability", description=__doc__)
    read.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without one")
    read.add_argument("--sample", type=int, default=0, metavar="N", help="only about so many trials of each")
    asked = read.parse_args(arguments)
    unknown = [part for part in asked.parts if part not in PARTS]
    if unknown:
        read.error(f"there is no part {unknown[0]!r}: say {', '.join(PARTS)}")
    whole = True
    with tempfile.TemporaryDirectory(prefix="unstuck-durability-") as folder, workers() as pool:
        for name in asked.parts or PARTS:
            within = Path(folder) / name
            within.mkdir()
            began = monotonic()
            table = PARTS[name](pool, within, asked.sample)
            print(f"{table}\n  ({monotonic() - began:.0f} s)\n", flush=True)
            whole = whole and not table.failures
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
