"""``dssr service down``: end a service."""

import click

from dssr.cli.command import Command
from dssr.cli.commands.service.calls import services_of
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import of_place
from dssr.cli.status_line import StatusLine
from dssr.client.served_services import OVER


@click.pass_obj
def _down(invocation: Invocation, /, name: str, directory: str, purge: bool) -> None:
    with services_of(invocation, waits=purge) as own:
        ends = "its jobs end, and then its folder is removed" if purge else "is asked to end"
        with StatusLine(lambda: f"{name}  {ends}"):
            own.down(name, directory, purge=purge)
            has_ended = not purge and own.status(name, directory)["state"] in OVER
        own.disconnect(name)
    if invocation.as_json:
        invocation.print_document({"name": name, "purged": purge})
    else:
        asked = "was asked to end: its jobs obey within a heartbeat"
        left = "has no job that runs or waits" if has_ended else asked
        click.echo(f"{name} {'is removed' if purge else left}.", err=True)


down = Command(
    "down",
    callback=_down,
    params=[
        click.Argument(["name"]),
        click.Option(["--purge"], is_flag=True, help="Wait for its end, and remove its folder."),
        *of_place(),
    ],
    help="End a service: its chain, its job and its address here.\n\nThe script and the options "
    "stay, so that 'dssr service connect' starts it again. Any member of a team may end it.",
)
