"""The ``dssr`` program: its commands in groups, each imported when it is needed."""

import importlib
from typing import Any

import click

from dssr.cli.command import global_options
from dssr.cli.command_list import GROUPS, LINES
from dssr.cli.hints import COMMANDS

_HELP = """Submit jobs, watch them and fetch their results, on a cluster or on this machine.

Jobs run on the cluster that --cluster or DSSR_CLUSTER names, over your own SSH access; or where the
bridge runs them that --url or DSSR_URL names; or on this machine.
"""


class Program(click.Group):
    """All commands. None is imported for a list of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(LINES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in LINES:
            return None
        found: click.Command = importlib.import_module(f"dssr.cli.commands.{cmd_name}").command
        found.name, found.short_help = cmd_name, LINES[cmd_name]
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See ``click.Group``; an unknown name is answered with the one that is most like it."""
        if args[0] not in LINES and not args[0].startswith("-") and not ctx.resilient_parsing:
            if meant := COMMANDS.get(args[0]):
                words = f"No such command {args[0]!r}. Did you mean {meant!r}?"
                raise click.UsageError(words, ctx)
            if args[0] == "help":
                words = "No such command 'help'. Write 'dssr --help', or 'dssr COMMAND --help'."
                raise click.UsageError(words, ctx)
            raise click.exceptions.NoSuchCommand(args[0], possibilities=LINES, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in their groups."""
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The names of commands that begin so, and options."""
        names = [name for name in LINES if name.startswith(incomplete)]
        found = [click.shell_completion.CompletionItem(name, help=LINES[name]) for name in names]
        return found + click.Command.shell_complete(self, ctx, incomplete)


def _print_version(ctx: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked and not ctx.resilient_parsing:
        click.echo(f"dssr {importlib.import_module('dssr.cli.version').version()}")
        ctx.exit()


_version = click.Option(
    ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Print the version.",
)  # fmt: skip
program = Program(
    "dssr",
    help=_HELP,
    params=[*global_options(), _version],
    epilog="'dssr COMMAND --help' says more about a command.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
