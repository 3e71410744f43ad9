"""``dssr service``: web programs that run in jobs and stay up at one address."""

import click

from dssr.cli.command import Group
from dssr.cli.commands.service.connect import connect
from dssr.cli.commands.service.disconnect import disconnect
from dssr.cli.commands.service.down import down
from dssr.cli.commands.service.list import list_services
from dssr.cli.commands.service.logs import logs
from dssr.cli.commands.service.restart import restart
from dssr.cli.commands.service.status import status
from dssr.cli.commands.service.up import up


@click.group("service", cls=Group, no_args_is_help=True)
def command() -> None:
    """Run web programs in jobs, each at one address that outlives its jobs.

    A service is a chain of jobs: each one starts its successor, which takes over without a gap.
    The address on this machine stays the same. No server is needed: your own SSH access is enough.
    """


for _one in (up, connect, status, logs, restart, down, list_services, disconnect):
    command.add_command(_one)
