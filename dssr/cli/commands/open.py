"""``dssr open``: a job in the browser."""

import webbrowser

import click

from dssr.cli.command import Command
from dssr.cli.exits import DONE
from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument


@click.command(cls=Command)
@job_argument
@click.option("--print", "only_print", is_flag=True, help="Print the address alone.")
@click.pass_obj
def command(invocation: Invocation, job: str, only_print: bool) -> int:
    """Open a job in the browser.

    Where there is no browser, prints the address. A bridge must be served for this: with --cluster,
    and on this machine alone, there is no page to open.
    """
    client = invocation.client()
    if not client.target.url:
        raise Failure(
            f"jobs of {client.target} have no page: no bridge is served there.",
            cure="'dssr job' shows the job here. 'dssr serve' serves a bridge; then use its --url.",
        )
    found = invocation.job(job)
    address = f"{client.target.url}/api/v1/jobs/{found.id}"
    if invocation.as_json:
        invocation.print_document({"url": address})
    elif only_print or not webbrowser.open(address):
        click.echo(address)
    return DONE
