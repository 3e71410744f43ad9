"""``dssr service up``: start a service and lead to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dssr.cli import service_copy, service_staying
from dssr.cli.commands.service.calls import services_of
from dssr.cli.invocation import Invocation
from dssr.cli.service_asking import answering
from dssr.cli.service_options import (
    WithSbatchWords,
    members,
    of_address,
    of_copy,
    of_place,
    of_spec,
)
from dssr.client.served_services import service_of

_HELP = """Start a service, or join it where it runs, and keep its address open until Ctrl-C.

SCRIPT is a file on this machine, or a directory with a file service.sh, run.sh or slurm.sbatch;
ARGS are its arguments. It starts a web program, which listens on the Unix socket $DSSR_SOCKET or on
the port $DSSR_PORT. Its #SBATCH lines take effect, and the options here take precedence over them.
Options of sbatch may follow behind '--'.

The service goes on after Ctrl-C. With another script, a service that runs hands over to it.
"""


@click.pass_obj
def _up(
    invocation: Invocation,
    /,
    name: str,
    script: Path,
    arguments: Sequence[str],
    local_port: int,
    daemonize: bool,
    copy: str | None,
    to: str | None,
    **given: Any,
) -> int:
    wanted = members(name, script, arguments, given)
    with services_of(invocation, waits=True) as own, service_staying.going_on(invocation, name):
        started = own.up(service_copy.copied(own, wanted, script, copy, to))
        after, where = started.handing_over, (wanted.get("directory", ""), local_port)
        if after:
            click.echo(f"{name} runs, and is asked to hand over to this version.", err=True)
        with answering(own, name), service_of(own, name, *where, after) as service:
            return service_staying.lead(invocation, own, service, daemonize=daemonize, browse=False)


up = WithSbatchWords(
    "up",
    callback=_up,
    params=[
        click.Argument(["name"]),
        click.Argument(["script"], type=click.Path(exists=True, path_type=Path)),
        click.Argument(["arguments"], metavar="[ARGS]...", nargs=-1),
        *of_copy(),
        *of_spec(),
        *of_address(),
        *of_place(),
    ],
    help=_HELP,
)
