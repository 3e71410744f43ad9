"""``dssr put``: files of this machine, copied to a job."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import click

from dssr.cli import transfers
from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument
from dssr.client.local_files import Local


@click.command(cls=Command)
@job_argument
@click.argument(
    "paths",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--to", metavar="DIR", default="", help="The directory below the job's, which is made."
)
@click.option("--resume", is_flag=True, help="Go on with uploads that broke off.")
@click.option("--no-overwrite", is_flag=True, help="Fail where there is a file of that name.")
@click.pass_obj
def command(
    invocation: Invocation,
    job: str,
    paths: Sequence[Path],
    to: str,
    resume: bool,
    no_overwrite: bool,
) -> None:
    """Upload files into a job's working directory.

    A directory is uploaded with its name and all that is in it.
    """
    files = [pair for path in paths for pair in _files(path, PurePosixPath(to))]
    transfers.refuse_withheld(files)
    found = invocation.job(job)
    invocation.be_patient(waits=False)
    transfers.upload(found, files, overwrite=not no_overwrite, resume=resume)
    if invocation.as_json:
        invocation.print_document({"items": [name for _, name in files]})


def _files(path: Path, to: PurePosixPath) -> Iterator[Local]:
    name = Path(os.path.abspath(path)).name  # of a link, its own name
    if path.is_dir():
        yield from transfers.files_in(path, to / name)
    else:
        yield path, str(to / name)
