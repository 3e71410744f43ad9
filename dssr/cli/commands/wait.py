"""``dssr wait``: wait for the end of jobs."""

from collections.abc import Sequence

import click

from dssr.cli import following
from dssr.cli.command import Command
from dssr.cli.ending import exit_code_of
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import jobs_argument
from dssr.cli.units import Duration


@click.command(cls=Command, ends_as_the_job=lambda _arguments: True)
@jobs_argument
@click.option("--timeout", type=Duration(), help="Give up after this time: 90m, 2h.")
@click.pass_obj
def command(invocation: Invocation, jobs: Sequence[str], timeout: int | None) -> int:
    """Wait until jobs have ended, and exit as the job did.

    The exit code is the job's own, 128 and the signal that ended it, or 124 for its time limit; of
    several jobs, that of the first one that failed. It is 125 when the command itself failed, or
    the job ended without an exit code.
    """
    codes = []
    for name in jobs:
        job = invocation.job(name)
        invocation.be_patient(waits=True)
        with following.detaching(invocation, job):
            following.wait(job, timeout)
        if invocation.as_json:
            invocation.print_document(job.document)
        codes.append(exit_code_of(job.document))
    return next(filter(None, codes), 0)
