"""``dssr get``: files of a job, copied to this machine."""

from collections.abc import Sequence
from pathlib import Path

import click

from dssr.cli import transfers
from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument
from dssr.cli.remote_files import print_path
from dssr.cli.units import Directory


@click.command(cls=Command)
@job_argument
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--to", type=Directory(path_type=Path), default=Path("."), metavar="DIR",
    help="Where they go, with their paths below the job's directory. Without it: here.",
)  # fmt: skip
@click.option(
    "--zip", "archive", type=click.Path(path_type=Path), metavar="FILE",
    help="Instead: one directory with all that is in it, as a zip archive.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace files here that differ.")
@click.pass_obj
def command(
    invocation: Invocation,
    job: str,
    paths: Sequence[str],
    to: Path,
    archive: Path | None,
    overwrite: bool,
) -> None:
    """Download files of a job.

    A PATH is a file, a directory, or a pattern in quotes, such as 'out/*.csv', in the job's working
    directory; without one, all files. A download that broke off is continued by the same command.
    Where a file here differs from the job's, nothing is copied.
    """
    if archive and len(paths) > 1:
        raise click.UsageError("--zip takes one directory at most.")
    found = invocation.job(job)
    invocation.be_patient(waits=False)
    if archive:
        with transfers.replacing_nothing("--overwrite replaces it; or give --zip another name."):
            goals = [found.files.archive(archive, "".join(paths), overwrite=overwrite)]
    else:
        with transfers.replacing_nothing("--overwrite replaces it; --to DIR copies elsewhere."):
            goals = transfers.fetch(found, paths or ("",), to, overwrite=overwrite)
    if invocation.as_json:
        invocation.print_document({"items": [str(goal) for goal in goals]})
    else:
        for goal in goals:
            print_path(str(goal))
