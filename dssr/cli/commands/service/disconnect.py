"""``dssr service disconnect``: close a service's address on this machine."""

import click

from dssr.cli.command import Command
from dssr.cli.commands.service.calls import services_of
from dssr.cli.exits import DONE, NOT_DONE
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import of_login


@click.pass_obj
def _disconnect(invocation: Invocation, /, name: str) -> int:
    with services_of(invocation) as own:
        was_open = own.disconnect(name)
    if invocation.as_json:
        invocation.print_document({"name": name, "was_open": was_open})
    elif not was_open:
        click.echo(f"{name} has no address on this machine.", err=True)
    return DONE if was_open else NOT_DONE


disconnect = Command(
    "disconnect",
    callback=_disconnect,
    params=[click.Argument(["name"]), *of_login()],
    help="Close a service's address on this machine; the service goes on.",
)
