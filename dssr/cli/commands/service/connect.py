"""``dssr service connect``: lead to a service, which is started if it does not run."""

from pathlib import Path
from typing import Any

import click

from dssr.cli import service_staying
from dssr.cli.commands.service.calls import services_of
from dssr.cli.invocation import Invocation
from dssr.cli.service_asking import answering
from dssr.cli.service_options import WithSbatchWords, members, of_address, of_place, of_spec
from dssr.client.served_services import service_of

_HELP = """Keep the address of a service open until Ctrl-C, and open it in the browser.

A service that does not run is started with the script and the options that it had; any number of
callers at the same moment start it once. SCRIPT and the options are for a service that there has
never been. Ctrl-C closes the address, and the service goes on.
"""


@click.pass_obj
def _connect(
    invocation: Invocation,
    /,
    name: str,
    script: Path | None,
    directory: str,
    local_port: int,
    daemonize: bool,
    no_browser: bool,
    **given: Any,
) -> int:
    wanted = members(name, script, (), {**given, "directory": directory}) if script else None
    with services_of(invocation, waits=True) as own, service_staying.going_on(invocation, name):
        own.find_or_start(name, directory, wanted)
        with answering(own, name), service_of(own, name, directory, local_port) as service:
            return service_staying.lead(
                invocation, own, service, daemonize=daemonize, browse=not no_browser
            )


connect = WithSbatchWords(
    "connect",
    callback=_connect,
    params=[
        click.Argument(["name"]),
        click.Argument(["script"], required=False, type=click.Path(exists=True, path_type=Path)),
        click.Option(["--no-browser"], is_flag=True, help="Open no browser."),
        *of_spec(),
        *of_address(),
        *of_place(),
    ],
    help=_HELP,
)
