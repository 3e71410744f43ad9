"""``dssr cancel``."""

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
    """Cancel jobs.

    A job that has ended stays as it is.
    """
    return give(invocation, jobs, lambda job: job.cancel(), "is cancelled")
