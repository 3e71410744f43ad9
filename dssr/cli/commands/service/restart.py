"""``dssr service restart``: hand over to a new job."""

import click

from dssr.cli import service_page
from dssr.cli.command import Command
from dssr.cli.commands.service.calls import services_of
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import of_place


@click.pass_obj
def _restart(invocation: Invocation, /, name: str, directory: str) -> None:
    with services_of(invocation) as own:
        generation = own.restart(name, directory)
        found = own.status(name, directory)
    if invocation.as_json:
        invocation.print_document({"name": name, "generation": generation})
    elif found["node"]:
        click.echo(f"{name} hands over: generation {generation} was asked.", err=True)
    else:
        click.echo(service_page.waiting(found), err=True)


restart = Command(
    "restart",
    callback=_restart,
    params=[click.Argument(["name"]), *of_place()],
    help="Hand over to a new job with the newest script. Starts a service that does not run.",
)
