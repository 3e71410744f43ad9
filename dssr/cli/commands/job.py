"""``dssr job``: all about one job."""

import click

from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument
from dssr.cli.job_page import lines


@click.command(cls=Command)
@job_argument
@click.option("--script", is_flag=True, help="Print the script as it was submitted, alone.")
@click.pass_obj
def command(invocation: Invocation, job: str, script: bool) -> None:
    """Show a job: its times, what it uses, its files, and why it is in its state."""
    found = invocation.job(job)
    if script:
        click.echo(found.script(), nl=False)
    elif invocation.as_json:
        invocation.print_document(found.document)
    else:
        click.echo("\n".join(lines(found)))
