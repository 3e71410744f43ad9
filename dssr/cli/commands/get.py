"""``dssr get``: files of a job, copied to this machine."""

from collections.abc import Sequence
from pathlib import Path

import click

from dssr.cli import transfers
from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument
from dssr.cli.remote_files import print_path


@click.command(cls=Command)
@job_argument
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), default=Path("."), metavar="DIR",
    help="Where they go, with their paths below the job's directory. Without it: here.",
)  # fmt: skip
@click.option(
    "--zip", "archive", type=click.Path(path_type=Path), metavar="FILE",
    help="Instead: one directory with all that is in it, as a zip archive.",
)  # fmt: skip
@click.pass_obj
def command(
    invocation: Invocation, job: str, paths: Sequence[str], to: Path, archive: Path | None
) -> None:
    """Download files of a job.

    A PATH is a file, a directory, or a pattern in quotes, such as 'out/*.csv', in the job's working
    directory; without one, all files. A download that broke off is continued by the same command.
    """
    if archive and len(paths) > 1:
        raise click.UsageError("--zip takes one directory at most.")
    found = invocation.job(job)
    invocation.be_patient(waits=False)
    if archive:
        goals = [found.files.archive(archive, "".join(paths))]
    else:
        goals = transfers.fetch(found, paths or ("",), to)
    if invocation.as_json:
        invocation.print_document({"items": [str(goal) for goal in goals]})
    else:
        for goal in goals:
            print_path(str(goal))
