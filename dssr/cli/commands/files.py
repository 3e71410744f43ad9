"""``dssr files``: the files of a job."""

from datetime import datetime

import click

from dssr.cli import terminal
from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.job_name import job_argument
from dssr.cli.remote_files import below, print_path
from dssr.cli.table import Column, table
from dssr.cli.wording import moment, size
from dssr.client.documents import File

_COLUMNS = (Column("SIZE"), Column("CHANGED", priority=1), Column("PATH", least=16))


@click.command(cls=Command)
@job_argument
@click.argument("path", default="")
@click.option("--recursive", "-r", is_flag=True, help="All files, also those in directories.")
@click.option("--names", is_flag=True, help="Print paths alone, one a line.")
@click.pass_obj
def command(invocation: Invocation, job: str, path: str, recursive: bool, names: bool) -> None:
    """List a job's files.

    Lists the job's working directory, or the directory PATH in it; directories end in '/'.
    """
    files = invocation.job(job).files
    found = list(below(files, path) if recursive else files.list(path))
    if invocation.as_json:
        invocation.print_document({"items": found, "next": None})
    elif names:
        for file in found:
            print_path(_name(file))
    elif found:
        now = datetime.now().astimezone()
        rows = [
            (
                "" if file["is_directory"] else size(file["size_bytes"]),
                moment(file["modified_at"], now),
                _name(file),
            )
            for file in found
        ]
        click.echo("\n".join(table(_COLUMNS, rows, terminal.columns())))
    else:
        click.echo("There are no files.", err=True)


def _name(file: File) -> str:
    return file["path"] + ("/" if file["is_directory"] else "")
