"""Prints, for each kind of change, how many there are, how many are found, and by which codes.

`python -m tests.mutations` takes every place of every flow, which takes many minutes; `--every N` takes every
N-th. Words choose the kinds that have them in their name; `--unfound` lists what was not found.
"""

from __future__ import annotations

import argparse
import textwrap
from concurrent.futures import ProcessPoolExecutor

from tests.mutations.check import Mutant, Tally, found_by, mutants
from tests.mutations.kinds import KINDS_OF_CHANGE


def main() -> None:
    """Make the changes, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations")
    parser.add_argument("words", nargs="*", help="words in the names of the kinds to make")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th place only")
    parser.add_argument("--unfound", action="store_true", help="list what was not found")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="so many processes")
    asked = parser.parse_args()
    kinds = [name for name in KINDS_OF_CHANGE if all(word in name for word in asked.words)]
    made = list(mutants(kinds))[:: asked.every]
    tallies = tallied(made, asked.workers)
    for line in table(tallies):
        print(line)
    for name, tally in tallies.items() if asked.unfound else ():
        for each in tally.unfound:
            print(f"not found: {name}: {each}")


def tallied(made: list[Mutant], workers: int = 1) -> dict[str, Tally]:
    """What became of each change, by kind."""
    tallies: dict[str, Tally] = {}
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(found_by, made, chunksize=20))
    else:
        found = [found_by(each) for each in made]
    for mutant, codes in zip(made, found, strict=True):
        tallies.setdefault(mutant.kind, Tally()).add(mutant, codes)
    return tallies


def table(tallies: dict[str, Tally]) -> list[str]:
    """The lines of the table."""
    width = max((len(name) for name in tallies), default=4)
    lines = [f"{'kind of change':{width}}  made  found   share  by"]
    for name, tally in tallies.items():
        codes = " ".join(f"{code}·{count}" for code, count in tally.codes.most_common(8))
        lines.append(f"{name:{width}}  {tally.made:4}  {tally.found:5}  {tally.share:6.1%}  {codes}")
        if tally.share < 1:
            why = KINDS_OF_CHANGE[name].why or "NO REASON IS GIVEN"
            lines += textwrap.wrap(f"the rest: {why}", 110, initial_indent="    ", subsequent_indent="    ")
    made, found = (sum(each) for each in zip(*((t.made, t.found) for t in tallies.values()), strict=True))
    lines.append(f"{'all':{width}}  {made:4}  {found:5}  {found / made:6.1%}")
    return lines


if __name__ == "__main__":
    main()
