"""The commands as data, of which the manual pages and the handbook's reference are made."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import click

from dssr.cli.command import Command
from dssr.cli.command_list import LINES
from dssr.cli.program import program

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Described:
    """A command. ``name``: with those that it is below (``dssr token new``)."""

    name: str
    usage: str
    line: str
    paragraphs: tuple[str, ...]
    options: Rows
    takes_global_options: bool


def commands() -> Iterator[Described]:
    """The program, and all commands in the order of the help, each before its actions."""
    ctx = _context()
    yield _described(program, ctx, "Submit jobs, watch them and fetch their results.")
    for name in LINES:
        found = program.get_command(ctx, name)
        assert found is not None, "the list has the names of modules"
        below = click.Context(found, info_name=name, parent=ctx)
        yield _described(found, below, LINES[name])
        if isinstance(found, click.Group):
            for action, one in found.commands.items():
                its = click.Context(one, info_name=action, parent=below)
                yield _described(one, its, one.get_short_help_str(200))


def global_options() -> Rows:
    """The options that are accepted before and after each command."""
    ctx = _context()
    return _rows(program.get_params(ctx), ctx)


def _context() -> click.Context:
    return click.Context(program, info_name="dssr", **program.context_settings)


def _rows(options: Iterable[click.Parameter], ctx: click.Context) -> Rows:
    rows = (o.get_help_record(ctx) for o in options if isinstance(o, click.Option))
    return tuple(row for row in rows if row)


def _described(command: click.Command, ctx: click.Context, line: str) -> Described:
    own = command.own if isinstance(command, Command) else ()
    text = inspect.cleandoc(command.help or "")
    paragraphs = [part.strip("\n") for part in text.split("\n\n") if part.strip()]
    return Described(
        ctx.command_path,
        " ".join((ctx.command_path, *command.collect_usage_pieces(ctx))),
        line,
        tuple(paragraphs[1:] if command is not program else paragraphs),
        _rows(own, ctx),
        bool(getattr(command, "takes", ())),
    )
