"""A process that reads hostile files under bounds: seconds of CPU time for each, 200 MB more for all.

Takes lines `["KIND", "BASE64"]` on standard input, and writes for each a line with the codes of what was
found. A file that takes too long, too much, or down the process, is the one after the last line.
"""

from __future__ import annotations

import base64
import json
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from adapters.clinic.actions import CATALOG
from adapters.clinic.people_file import load_people
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.gates.policy_file import read_policy, shipped_policy
from adapters.limits_file import read_limits
from adapters.replay.replay_file import read_replay
from adapters.retention import read_retention
from adapters.web.embeds_file import check_embeds
from engine import Diagnostic, Source, compile_pack, decode

SECONDS = 2.0
"""Twice what a file is to take at most, for machines that are slow or busy."""
MEGABYTES = 200

Reader: TypeAlias = Callable[[Source], tuple[Diagnostic, ...]]

POLICY: Final = shipped_policy()
SMALL: Final = Source("small.yaml", "flow: small\naudience: [agent]\nsteps: [{end: stopped}]\n")
READERS: Final[Mapping[str, Reader]] = {
    "flow": lambda source: compile_pack([source], CATALOG).findings,
    "vocabulary": lambda source: compile_pack([SMALL], CATALOG, source).findings,
    "replay": lambda source: read_replay(source, CATALOG)[1],
    "people": lambda source: load_people(source)[1],
    "policy": lambda source: read_policy(source, POLICY, CATALOG)[1],
    "mapping": lambda source: read_mapping(source)[1],
    "limits": lambda source: read_limits(source)[1],
    "retention": lambda source: read_retention(source)[1],
    "embeds": check_embeds,
}
"""How each kind of file is read, for everything that is wrong with it."""


def _size_now() -> int:
    """The bytes of address space that this process has taken."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def codes(kind: str, data: bytes) -> list[str]:
    """The codes of everything wrong with a file."""
    source, problem = decode(f"{kind}.yaml", data)
    if source is None:
        return [problem.code] if problem is not None else []
    return sorted({each.code for each in READERS[kind](source)})


def main() -> None:
    """Read all of them."""
    for kind in READERS:
        codes(kind, b"a: b\n")
    most = _size_now() + MEGABYTES * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for line in sys.stdin:
        kind, data = json.loads(line)
        # Nobody handles this signal, so that it ends the process.
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        print(json.dumps(codes(kind, base64.b64decode(data))), flush=True)


if __name__ == "__main__":
    main()
