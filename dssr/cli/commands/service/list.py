"""``dssr service list``: all services."""

import click

from dssr.cli import service_page, terminal
from dssr.cli.command import Command
from dssr.cli.commands.service.calls import services_of
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import of_login


@click.pass_obj
def _list(invocation: Invocation, /) -> None:
    with services_of(invocation) as own:
        found = list(own.list())
    if invocation.as_json:
        invocation.print_document({"items": found})
    else:
        click.echo("\n".join(service_page.table(found, terminal.columns())))


list_services = Command(
    "list",
    callback=_list,
    params=of_login(),
    help="List your services, and those of teams that this machine has led to.",
)
