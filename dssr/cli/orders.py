"""Orders to one job or several: each is carried out, also where another one is not."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from dssr.cli import terminal
from dssr.cli.exits import DONE
from dssr.cli.failure import failure_of
from dssr.cli.invocation import Invocation
from dssr.cli.printable import printable
from dssr.client import ClientError, Conflict

if TYPE_CHECKING:  # it is loaded with the libraries that it needs
    from dssr.client import Job


_ENOUGH = 8  # characters by which an order names a job


def give(
    invocation: Invocation, names: Sequence[str], order: Callable[["Job"], "Job"], done: str
) -> int:
    """Give the order for each job, and report it on a terminal; of one that had ended before
    everywhere. The exit code is that of the first
    error."""
    code = DONE
    for given in names:
        name = invocation.meant(given)
        try:
            job = _meant(name, invocation.job(name))
            had_ended = job.is_final
            job = order(job)
        except ClientError as error:
            failure = failure_of(error)
            click.echo(f"{name}: {failure.message}", err=True)
            code = code or failure.code
            continue
        if invocation.as_json:
            invocation.print_document(job.document)
        elif had_ended or terminal.shows_progress():
            what = "had ended before" if had_ended else done
            click.echo(f"{job.id} {what}; it is {job.state}.", err=True)
    return code


def _meant(name: str, job: "Job") -> "Job":
    """The job, if an order may name it so: a few characters may be those of another job, which is
    no longer known. Raises ``Conflict``."""
    if name in (job.id, job.name, job.document["native_id"]):
        return job
    if len(name) < _ENOUGH and "-" not in name:
        raise Conflict(
            f"job {job.id} alone begins so, but an order needs its id, its name, or {_ENOUGH} "
            "characters of them."
        )
    click.echo(f"{name} is job {job.id}, {printable(job.name)}.", err=True)
    return job
