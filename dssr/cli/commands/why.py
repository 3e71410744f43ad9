"""``dssr why``: why a job is in its state."""

import click

from dssr.cli.command import Command
from dssr.cli.explanation import lines
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument


@click.command(cls=Command)
@job_argument
@click.pass_obj
def command(invocation: Invocation, job: str) -> None:
    """Explain why a job waits, runs, or ended as it did.

    Prints a summary, what is known about it, and what to do.
    """
    why = invocation.job(job).why()
    if invocation.as_json:
        invocation.print_document(why)
    else:
        click.echo("\n".join(lines(why)))
