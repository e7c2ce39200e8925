"""Following the first part of the reference literally, with its files and commands, leads where it says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from adapters.clinic.actions import CATALOG
from adapters.commands.reference import TUTORIAL, page
from engine import CODES, limit_facts
from engine.filters import FILTERS
from engine.reference import ANSWER_KINDS
from engine.steps.kinds import KINDS

PART = re.compile(r"```yaml\n# (\S+)\n(.*?)```|```sh\n(.*?)\n```(?:\n\n> (.*?)\n)?", re.DOTALL)


def test_following_the_tutorial_works(tmp_path: Path) -> None:
    environ = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), "NO_COLOR": "1"}
    followed = 0
    for file, text, command, said in PART.findall(TUTORIAL.read_text(encoding="utf-8")):
        if file:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            continue
        words = [str(Path(sys.executable).with_name("unstuck")), *shlex.split(command)[1:]]
        done = subprocess.run(
            words, cwd=tmp_path, env=environ, input="", capture_output=True, text=True, check=False
        )
        followed += 1
        assert said in done.stdout, (command, done.stdout, done.stderr)
        if "chat" in words:
            assert "For which day do you ask?" in done.stdout
    assert followed > 5
    done = subprocess.run(
        [words[0], "check", "my-flows"], cwd=tmp_path, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_page_names_everything_there_is() -> None:
    text = page()
    for names in (KINDS, CATALOG.actions, FILTERS, CATALOG.records, CODES, limit_facts(), ANSWER_KINDS):
        assert [name for name in names if name not in text] == []
