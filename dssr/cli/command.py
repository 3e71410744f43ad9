"""What every command has: the global options, its arguments checked, suggestions for words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import click
from click.core import ParameterSource

from dssr.cli.failure import (
    Failure,
    Interrupted,
    ReaderGone,
    did_you_mean,
    failure_of,
    fault_of,
)
from dssr.cli.invocation import Invocation
from dssr.cli.signals import as_ctrl_c, end_start_up
from dssr.client import ClientError
from dssr.errors import DssrError

REMOTE = ("url", "cluster", "json", "verbose")  # of commands that ask a bridge
LOCAL = ("json",)
NONE = ()
_LONGEST = 500  # characters of a command's line: all of them


def _remember(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep a global option: the last one on the command line takes effect."""
    if option.name and ctx.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
        ctx.ensure_object(Invocation).options[option.name] = value


def _global(*names: str, **more: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_remember, **more)


def global_options(names: Iterable[str] = REMOTE) -> list[click.Option]:
    """The options that are accepted before and after the command, of those that are named."""
    every = (
        _global("--url", metavar="URL", help="The bridge to use. (DSSR_URL)"),
        _global(
            "--cluster",
            metavar="[USER@]HOST",
            help="The cluster to use, over your SSH. (DSSR_CLUSTER)",
        ),
        _global("--json", is_flag=True, help="Print the API's own documents."),
        _global("--verbose", "-v", count=True, help="Report on stderr what is done; -vv: more."),
    )
    return [option for option in every if option.name in names]


class Command(click.Command):
    """A command. ``takes``: the global options that have an effect on it. ``ends_as_the_job``:
    whether it exits with the job's code, given these arguments. ``hints``: by an option that it
    does not have, what to write instead."""

    def __init__(
        self,
        *args: Any,
        takes: Sequence[str] = REMOTE,
        ends_as_the_job: Callable[[Sequence[str]], bool] = lambda _: False,
        hints: Mapping[str, str] = MappingProxyType({}),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.own, self.takes = tuple(self.params), takes
        self.params = [*self.params, *global_options(takes)]
        self._ends_as_the_job, self._hints = ends_as_the_job, hints

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, after noting by which codes the command ends."""
        invocation = ctx.ensure_object(Invocation)
        invocation.ends_as_the_job = self._ends_as_the_job(tuple(args))
        try:
            rest = super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if hint := self._hints.get(error.option_name):
                words = f"There is no option {error.option_name!r}: {hint}"
                raise click.UsageError(words, ctx) from error
            raise
        if stray := sorted(set(invocation.options) - set(self.takes)):
            raise click.UsageError(f"--{stray[0]} has no effect on '{ctx.command_path}'.", ctx)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; its errors say which command it was."""
        try:
            end_start_up()
            if "cluster" not in self.takes:
                return super().invoke(ctx)
            with as_ctrl_c():
                return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error
        except KeyboardInterrupt as error:
            raise Interrupted(str(error)) from error
        except (DssrError, ClientError, OSError) as error:
            failure = failure_of(error)
        except Failure as error:
            failure = error
        except (click.ClickException, click.exceptions.Exit, Interrupted, ReaderGone):
            raise
        except Exception as error:
            if "verbose" not in self.takes:
                raise
            failure = fault_of(error, with_trace=ctx.ensure_object(Invocation).verbosity > 1)
        failure.where = ctx.command_path
        raise failure

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command's own options, then the global ones."""
        own = _records(ctx, [p for p in self.own if isinstance(p, click.Option)])
        shared = [p for p in self.params if p not in self.own]
        helping = [option for option in [self.get_help_option(ctx)] if option]
        with formatter.section("Options"):
            formatter.write_dl([*own, *_records(ctx, helping)])
        if self.takes:
            with formatter.section("Global options, before or after the command"):
                formatter.write_dl(_records(ctx, shared))


def _records(ctx: click.Context, options: Iterable[click.Parameter]) -> list[tuple[str, str]]:
    return [row for option in options if (row := option.get_help_record(ctx))]


class Group(click.Group):
    """Commands of a group. Its help has their first sentences in full."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See ``click.Group``."""
        with formatter.section("Commands"):
            rows = [
                (name, self.commands[name].get_short_help_str(_LONGEST)) for name in self.commands
            ]
            formatter.write_dl(sorted(rows))


class Word(click.Choice[str]):
    """One of these words; another one is answered with the word that is most like it."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """See ``click.Choice``, which writes a line for each word."""
        return f"It is one of {', '.join(str(word) for word in self.choices)}."

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """See ``click.Choice``."""
        words = [str(word) for word in self.choices]
        near = did_you_mean(str(value).lower(), words)
        return f"{value!r} is none of {', '.join(words)}.{near}"
