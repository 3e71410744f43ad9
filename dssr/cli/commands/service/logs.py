"""``dssr service logs``: what a service's jobs have printed."""

import sys
import time

import click

from dssr.cli import service_staying
from dssr.cli.command import Command
from dssr.cli.commands.service.calls import services_of
from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import of_place
from dssr.cli.units import Whole
from dssr.client.served_services import AnyServices

_EVERY = 2.0  # seconds


@click.pass_obj
def _logs(
    invocation: Invocation,
    /,
    name: str,
    directory: str,
    follow: bool,
    generation: int | None,
) -> None:
    with (
        services_of(invocation, waits=follow) as own,
        service_staying.going_on(invocation, name),
    ):
        newest = own.newest(name, directory)
        number = generation or newest
        if number > newest and not follow:
            raise Failure(f"no generation {number} of {name} has begun: the newest is {newest}.")
        offset = _print(own, name, directory, number, 0)
        while follow:
            time.sleep(_EVERY)
            newest = generation or own.newest(name, directory)
            offset += _print(own, name, directory, number, offset)
            if newest != number:
                number, offset = newest, 0


def _print(own: AnyServices, name: str, directory: str, number: int, offset: int) -> int:
    """Print what there is from that byte on; how many bytes."""
    count = 0
    for part in own.output(name, directory, number, offset):
        sys.stdout.buffer.write(part)
        count += len(part)
    sys.stdout.buffer.flush()
    return count


logs = Command(
    "logs",
    callback=_logs,
    params=[
        click.Argument(["name"]),
        click.Option(["--follow", "-f"], is_flag=True,
                     help="Go on with what is printed, also by the next jobs."),
        click.Option(["--generation", "-g"], type=Whole(), metavar="N",
                     help="Of this generation. Else of the one that has begun last."),
        *of_place(),
    ],
    help="Print what the newest job of a service has printed.",
)  # fmt: skip
