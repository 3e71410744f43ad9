"""``dssr logs``: what a job has printed."""

import sys
from collections.abc import Callable

import click

from dssr.cli import following, terminal
from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument
from dssr.cli.units import Whole
from dssr.client.job import Job

_AS_TAIL = 10  # lines


@click.command(cls=Command)
@job_argument
@click.option(
    "--follow", "-f", is_flag=True,
    help=f"Begin with the last {_AS_TAIL} lines, and go on with what is printed.",
)  # fmt: skip
@click.option(
    "--lines",
    "-n",
    type=Whole(),
    metavar="N",
    help="Begin with the last N lines.",
)
@click.option("--since-start", is_flag=True, help="With -f: begin with the first byte.")
@click.pass_obj
def command(
    invocation: Invocation, job: str, follow: bool, lines: int | None, since_start: bool
) -> None:
    """Print a job's output.

    The bytes are as the job has written them. Following ends with the job; Ctrl-C ends it before,
    and the job goes on.
    """
    if lines and since_start:
        raise click.UsageError("-n and --since-start exclude each other: leave one of them out.")
    found = invocation.job(job)
    invocation.be_patient(waits=follow)
    if not follow:
        _show(invocation, found, lines)
        return
    with following.detaching(invocation, found):
        tail = None if since_start else lines or _AS_TAIL
        following.follow(found, tail=tail, document=_printer(invocation))


def _printer(invocation: Invocation) -> Callable[[object], None] | None:
    return invocation.print_line if invocation.as_json else None


def _show(invocation: Invocation, job: Job, lines: int | None) -> None:
    if invocation.as_json:
        invocation.print_document({"offset": 0, "text": job.output(lines)})
    elif lines:
        click.echo(job.output(lines), nl=False, color=True)
    else:
        is_empty = True
        for piece in job.output_pieces():
            is_empty = False
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        if is_empty and terminal.shows_progress():
            click.echo(f"Job {job.id} is {job.state} and has printed nothing.", err=True)
