"""``dssr completion``: what makes a shell complete commands, options and ids."""

import click
from click.shell_completion import get_completion_class

from dssr.cli.command import NONE, Command, Word
from dssr.cli.program import program

_SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command, takes=NONE)
@click.argument("shell", type=Word(_SHELLS), metavar="[bash|zsh|fish]")
def command(shell: str) -> None:
    """Print the shell's completion script.

    \b
    bash: eval "$(dssr completion bash)"       in ~/.bashrc
    zsh:  eval "$(dssr completion zsh)"        in ~/.zshrc, behind compinit
    fish: dssr completion fish > ~/.config/fish/completions/dssr.fish

    Completes commands, options, their values, and the ids of jobs.
    """
    found = get_completion_class(shell)
    assert found is not None, "click has these shells"
    click.echo(found(program, {}, "dssr", "_DSSR_COMPLETE").source())
