"""``dssr hold``."""

from collections.abc import Sequence

import click

from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import jobs_argument
from dssr.cli.orders import give


@click.command(cls=Command)
@jobs_argument
@click.pass_obj
def command(invocation: Invocation, jobs: Sequence[str]) -> int:
    """Keep jobs that wait from starting.

    'dssr release' lets them start. A job that has started cannot be held.
    """
    return give(invocation, jobs, lambda job: job.hold(), "is held")
