"""What all tests share: hypothesis profiles, and markers for tests that need a system package.

`needs_tmux` and the like come from the one list of Debian packages. Without the package such a test is
skipped, and the last lines name what was missing; with `--nothing-missing` it fails instead.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.adapters.clinic.rest.fault_table import PROPERTY as FAULT
from tests.adapters.clinic.rest.fault_table import TRAP, fault_table, trap_table

PACKAGES = Path(__file__).parent.parent / ".ci" / "debian-packages.txt"
FOR_WANT_OF = "for want of: "

collect_ignore = ["cases"]
"""Data, among it replays of flows that are not shipped."""

# Whoever runs the tests in the background may let them ignore Ctrl-C and a hang-up; what is tested of that is
# not to depend on it, here or in the processes that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# What the commands keep of a person's own is kept for one run of the tests only.
OWN_FOLDERS = tempfile.mkdtemp(prefix="unstuck-tests-")
for _kind in ("CACHE", "CONFIG", "STATE"):
    os.environ[f"XDG_{_kind}_HOME"] = os.path.join(OWN_FOLDERS, _kind.lower())
atexit.register(shutil.rmtree, OWN_FOLDERS, ignore_errors=True)

settings.register_profile("everyday", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("everyday"), derandomize=True, print_blob=True)
settings.register_profile("soak", settings.get_profile("everyday"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "everyday"))


def needed_commands() -> dict[str, tuple[str, str]]:
    """For each marker, the Debian package and the command that shows it is installed."""
    lines = PACKAGES.read_text(encoding="utf-8").splitlines()
    pairs = [line.split() for line in lines if line and not line.startswith("#")]
    return {"needs_" + package.replace("-", "_"): (package, command) for package, command in pairs}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--nothing-missing",
        action="store_true",
        help="fail, instead of skipping, a test whose system package is missing",
    )

    parser.addoption(
        "--only-with-packages",
        action="store_true",
        help="leave out the tests that need no system package",
    )

    parser.addoption(
        "--fault-tables",
        action="store_true",
        help="print what came of every fault at every action over rest, and of every trap, as tables",
    )


def pytest_configure(config: pytest.Config) -> None:
    for marker, (package, _) in needed_commands().items():
        config.addinivalue_line("markers", f"{marker}: needs the system package {package}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--only-with-packages"):
        return
    markers = needed_commands()
    left = [item for item in items if not any(item.get_closest_marker(marker) for marker in markers)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (package, command) in needed_commands().items():
        if item.get_closest_marker(marker) is None or shutil.which(command):
            continue
        if item.config.getoption("--nothing-missing"):
            pytest.fail(f"needs {package}; as root: apt-get install {package}", pytrace=False)
        pytest.skip(FOR_WANT_OF + package)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was skipped, and why, in one line a reason; the tables that were asked for."""
    if terminalreporter.config.getoption("--fault-tables"):
        for name, made in ((FAULT, fault_table), (TRAP, trap_table)):
            told = told_under(name, terminalreporter)
            terminalreporter.write_line(f"\n{made(told)}\n" if told else "")
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in sorted(Counter(skip_reason(report) for report in skipped).items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        words = reason if reason.startswith(FOR_WANT_OF) else f"because: {reason}"
        terminalreporter.write_line(f"skipped {words} ({tests})")


def told_under(name: str, terminalreporter: pytest.TerminalReporter) -> list[str]:
    """What the tests told under this name."""
    reports = [each for of in terminalreporter.stats.values() for each in of]
    properties = [each for report in reports for each in getattr(report, "user_properties", ())]
    return [str(value) for key, value in dict.fromkeys(properties) if key == name]


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The words of the skip, from a report that may have come from another process."""
    place = report.longrepr
    words = str(place[2]) if isinstance(place, tuple) else str(place)
    return words.removeprefix("Skipped: ")
