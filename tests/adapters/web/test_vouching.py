"""What the README shows of tokens for whoever is signed in, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.web.served import SECRET, UNBOUNDED, Served, web
from tests.guards.tree import ROOT

EMBEDS = """\
embeds:
  portal:
    origins: [https://portal.example]
    keys:
      "2026-11": {algorithm: HS256, from_env: UNSTUCK_TEST_KEY}
"""
TELL = {
    "python": "import sys\n\n\n{}\nprint(identity('ivy-walker', sys.argv[1]), end='')\n",
    "js": "{}\nprocess.stdout.write(identity('ivy-walker', process.argv[2]));\n",
    "php": "<?php\n{}\necho identity('ivy-walker', $argv[1]);\n",
}
RUN = {
    "python": [sys.executable, "shown.py"],
    "js": ["node", "shown.mjs"],
    "php": ["php", "-d", "display_errors=1", "shown.php"],
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("UNSTUCK_TEST_KEY", SECRET)
        with web(tmp_path_factory.mktemp("web"), EMBEDS, bounds=UNBOUNDED) as opened:
            yield opened


def block(language: str) -> str:
    """The block of the README in that language that signs."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (found,) = [
        each for each in re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S) if "2026-11" in each
    ]
    return found


@pytest.mark.parametrize(
    "language",
    [
        "python",
        pytest.param("js", marks=pytest.mark.needs_nodejs),
        pytest.param("php", marks=pytest.mark.needs_php_cli),
    ],
)
def test_the_token_that_the_readme_shows_is_believed_once(
    served: Served, tmp_path: Path, language: str
) -> None:
    program = block(language)
    assert len(program.strip().splitlines()) <= 10
    command = RUN[language]
    (tmp_path / command[-1]).write_text(TELL[language].replace("{}", program, 1), encoding="utf-8")
    signed = subprocess.run(
        [*command, SECRET], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert served.start(embed="portal", identity=signed).turn["prompt"]
    body = {"flow": "my-setup-email", "embed": "portal", "identity": signed}
    assert served.http.post("/v1/sessions", json=body).status_code == 401
