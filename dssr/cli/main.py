"""The ``dssr`` command's entry: the only reader of the environment.

Each error becomes a sentence on stderr and an exit code here.
"""

import os
import signal
import sys
from collections.abc import Mapping, Sequence

import click
from click.exceptions import NoArgsIsHelpError, NoSuchCommand, NoSuchOption

from dssr.cli import exits
from dssr.cli.failure import Failure, Interrupted, ReaderGone
from dssr.cli.invocation import Invocation
from dssr.cli.program import program

_READER_GONE = 128 + signal.SIGPIPE  # as a shell reports a program that SIGPIPE has ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, one of ``dssr.cli.exits``."""
    invocation = Invocation(os.environ)
    try:
        code = _run(sys.argv[1:] if argv is None else argv, invocation)
        sys.stdout.flush()
        return code
    except (
        BrokenPipeError,
        ReaderGone,
    ):
        # As of 'dssr jobs | head': the interpreter would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.OWN_ERROR if invocation.ends_as_the_job else _READER_GONE
    finally:
        invocation.close()


def _run(argv: Sequence[str], invocation: Invocation) -> int:
    try:
        code = program.main(
            list(argv),
            "dssr",
            standalone_mode=False,
            obj=invocation,
            color=None if _may_colour(invocation.environ) else False,
        )
        return code or exits.DONE
    except NoArgsIsHelpError as error:
        code, text = exits.USAGE, error.format_message()
    except click.UsageError as error:
        code, text = exits.USAGE, _usage(error)
    except Failure as error:
        code, text = error.code, "\n".join((f"{error.where}: {error.message}", error.cure))
    except Interrupted as error:
        code, text = exits.INTERRUPTED, f"\n{error}"  # behind the ^C that a terminal shows
    click.echo(text.rstrip(), err=True)
    return exits.OWN_ERROR if invocation.ends_as_the_job else code


def _may_colour(environ: Mapping[str, str]) -> bool:
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _usage(error: click.UsageError) -> str:
    if isinstance(error, NoSuchCommand | NoSuchOption) and error.possibilities:
        del error.possibilities[1:]  # the one that is most like it
    if error.ctx is None:
        return f"dssr: {error.format_message()}"
    where, usage = error.ctx.command_path, " ".join(error.ctx.get_usage().split())
    return f"{where}: {error.format_message()}\n{usage}   (more: {where} --help)"


if __name__ == "__main__":
    sys.exit(main())
