"""A process that reads hostile files under bounds: seconds of CPU time for each, 200 MB more for all.

Takes a JSON list of base64 texts on standard input, and writes for each a line with the codes of what was
found. A file that takes too long, too much, or down the process, is the one after the last line.
"""

from __future__ import annotations

import base64
import json
import resource
import signal
import sys

from adapters.clinic.actions import CATALOG
from engine import Source, compile_pack, decode

SECONDS = 2.0
"""Twice what a file is to take at most, for machines that are slow or busy."""
MEGABYTES = 200


def _size_now() -> int:
    """The bytes of address space that this process has taken."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def codes(data: bytes) -> list[str]:
    """The codes of everything wrong with a file, read as a flow and as a vocabulary."""
    source, problem = decode("flow.yaml", data)
    if source is None:
        return [problem.code] if problem is not None else []
    small = Source("small.yaml", "flow: small\naudience: [agent]\nsteps: [{end: stopped}]\n")
    found = [*compile_pack([source], CATALOG).findings, *compile_pack([small], CATALOG, source).findings]
    return sorted({each.code for each in found})


def main() -> None:
    """Read all of them."""
    files = [base64.b64decode(each) for each in json.load(sys.stdin)]
    most = _size_now() + MEGABYTES * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for data in files:
        # Nobody handles this signal, so that it ends the process.
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        print(json.dumps(codes(data)), flush=True)


if __name__ == "__main__":
    main()
