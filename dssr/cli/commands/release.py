"""``dssr release``."""

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
    """Let held jobs start.

    A job that has started cannot be released.
    """
    return give(invocation, jobs, lambda job: job.release(), "is released")
