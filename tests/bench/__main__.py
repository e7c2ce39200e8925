"""Prints the figures: `make bench`, or `make bench ARGS=turns` for one part."""

from __future__ import annotations

import sys

from tests.bench import growth, keeping, replays, start, turns, web, writers
from tests.bench.report import table

PARTS = ("turns", "keeping", "writers", "start", "web", "growth", "replays")


def main(wanted: list[str]) -> None:
    """Measure what was asked for; everything without arguments."""
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"There is no part {min(unknown)!r}: say {', '.join(PARTS)}, or nothing.")
    if not wanted or "turns" in wanted:
        beside = "beside a hand-written generator with compiled Jinja2 templates (CPU time)"
        print(table(f"Turns, {beside}", turns.measured()), flush=True)
    if not wanted or "keeping" in wanted:
        beside = "beside the same without (CPU time)"
        print(table(f"Conversations kept encrypted and audited, {beside}", keeping.measured()), flush=True)
    if not wanted or "writers" in wanted:
        beside = "beside single commits with the same settings (time on the wall)"
        print(table(f"Durable turns of many at once, {beside}", writers.measured()), flush=True)
    if not wanted or "start" in wanted:
        figures, notes = start.measured()
        print(table("Start, beside bare Python importing the same libraries", figures, notes), flush=True)
    if not wanted or "web" in wanted:
        beside = "beside the bare framework with one durable commit for each request"
        print(table(f"Turns over HTTP, {beside}", web.measured()), flush=True)
    if not wanted or "growth" in wanted:
        figures, notes = growth.measured()
        print(table("Packs read, checked and compiled (CPU time)", figures, notes), flush=True)
    if not wanted or "replays" in wanted:
        print(
            table("Replays under pytest, beside empty items (time of each)", replays.measured()), flush=True
        )


if __name__ == "__main__":
    main(sys.argv[1:])
