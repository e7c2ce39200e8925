"""`unstuck completion`: what teaches a shell to complete unstuck's commands, options and flows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
OFFERED = 50
"""So many of the last conversations are offered."""
_CUT_AT_COMMAS = ('string split "," $completion', 'string split --max 1 "," $completion')
"""What click's script for fish (8.5) takes for the end of a description, and what keeps all of it."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print what teaches a SHELL to complete commands, options and the names of flows.

    \b
    bash   unstuck completion bash > ~/.local/share/bash-completion/completions/unstuck
    zsh    unstuck completion zsh > ~/.zfunc/_unstuck
    fish   unstuck completion fish > ~/.config/fish/completions/unstuck.fish

    \b
    The folder must be there (mkdir -p). bash needs the package bash-completion, or in ~/.bashrc the line
        eval "$(unstuck completion bash)"
    and zsh these two lines in ~/.zshrc:
        fpath+=~/.zfunc
        autoload -Uz compinit && compinit

    It holds in every shell that is opened after that.
    """
    from click.shell_completion import get_completion_class

    from adapters.problems import PlainProblem

    made = get_completion_class(shell)
    if made is None:
        raise PlainProblem(f"This version of click knows no completion for {shell}.", "Update click.")
    source = made(context.find_root().command, {}, "unstuck", "_UNSTUCK_COMPLETE").source()
    sys.stdout.write(source.replace(*_CUT_AT_COMMAS) + "\n")
    return 0


def flow_names(context: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """The names of flows that begin with what is typed; none where the flows cannot be used."""
    from adapters.problems import PlainProblem
    from adapters.wiring import open_library

    if context.params.get(param.name or ""):
        return []
    try:
        flows = open_library(context.params.get("flows"), context.params.get("config")).flows
    except PlainProblem:
        return []
    return [name for name in flows if name.startswith(typed)]


def session_names(context: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """The last conversations of which the name begins with what is typed; none where the store cannot be
    used."""
    from click.shell_completion import CompletionItem

    from adapters.problems import PlainProblem
    from adapters.session_words import stands
    from adapters.wiring import open_store, store_path

    try:
        path = store_path(context.params.get("store"))
        if not path.exists():
            # A look must not make one.
            return []
        with open_store(path) as kept:
            found = kept.sessions(OFFERED, param.name == "resume")
    except PlainProblem:
        return []
    return [
        CompletionItem(each.session, help=f"{each.flow}, {stands(each.waiting)}")
        for each in found
        if each.session.startswith(typed)
    ]


def code_names(context: click.Context, param: click.Parameter, typed: str) -> list[str]:
    """The codes of findings that begin with what is typed."""
    from engine import CODES

    return [code for code in CODES if code.startswith(typed.upper())]
