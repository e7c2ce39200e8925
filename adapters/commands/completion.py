"""`unstuck completion`: what teaches a shell to complete unstuck's commands, options and flows."""

from __future__ import annotations

import sys

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print what teaches a SHELL to complete commands, options and the names of flows.

    \b
    bash   unstuck completion bash > ~/.local/share/bash-completion/completions/unstuck
    zsh    unstuck completion zsh > ~/.zfunc/_unstuck     (with fpath+=~/.zfunc before compinit)
    fish   unstuck completion fish > ~/.config/fish/completions/unstuck.fish

    It holds in every shell that is opened after that.
    """
    from click.shell_completion import get_completion_class

    from adapters.problems import PlainProblem

    made = get_completion_class(shell)
    if made is None:
        raise PlainProblem(f"This version of click knows no completion for {shell}.", "Update click.")
    sys.stdout.write(made(context.find_root().command, {}, "unstuck", "_UNSTUCK_COMPLETE").source() + "\n")
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
