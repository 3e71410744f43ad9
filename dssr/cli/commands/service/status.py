"""``dssr service status``: a service, or all."""

import click

from dssr.cli import service_page, terminal
from dssr.cli.command import Command
from dssr.cli.commands.service.calls import own_services
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import of_place


@click.pass_obj
def _status(invocation: Invocation, /, name: str | None, directory: str) -> None:
    with own_services(invocation) as own:
        found = [own.status(name, directory)] if name else list(own.list())
    if invocation.as_json:
        invocation.print_document(found[0] if name else {"items": found})
    elif name:
        click.echo("\n".join(service_page.lines(found[0])))
    else:
        click.echo("\n".join(service_page.table(found, terminal.columns())))


status = Command(
    "status",
    callback=_status,
    params=[click.Argument(["name"], required=False), *of_place()],
    help="Show a service: its job, health, successor and last incidents. Without NAME, all "
    "services.",
)
