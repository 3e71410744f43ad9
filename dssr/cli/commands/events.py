"""``dssr events``: what happens to jobs, as it happens."""

from datetime import datetime

import click

from dssr.cli.command import Command
from dssr.cli.invocation import Invocation
from dssr.cli.printable import padded, printable
from dssr.cli.reader import ending_with_reader
from dssr.cli.wording import moment, painted
from dssr.client.documents import JobEvent


@click.command(cls=Command)
@click.option(
    "--after", metavar="ID",
    help="Begin with the final states behind this event's id; 0: with all that are kept.",
)  # fmt: skip
@click.pass_obj
def command(invocation: Invocation, after: str | None) -> None:
    """Print each change of a job's state.

    They come as they happen, until Ctrl-C.

    With --json, each line is a document that has the event's id, for --after.
    """
    client = invocation.client()
    next(client.jobs(limit=1), None)  # whether the bridge is there
    invocation.be_patient(waits=True)
    with ending_with_reader():
        for event in client.events(after):
            if invocation.as_json:
                invocation.print_line(event)
            else:
                click.echo(_line(event))


def _line(event: JobEvent) -> str:
    job, now = event["job"], datetime.now().astimezone()
    when = moment(job["ended_at"], now) if job["is_final"] else f"{now:%H:%M:%S}"
    state = painted(job["state"]) + padded("", 13 - len(job["state"]))
    text = printable(f"{job['id']}  {job['name']}")
    why = printable(job["explanation"] or job["reason"])
    return f"{when}  {state}  {text}  {why}".rstrip()
