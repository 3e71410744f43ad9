"""``dssr jobs``: a list of jobs."""

import getpass
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from dssr.cli import history, job_list, terminal
from dssr.cli.command import Command, Word
from dssr.cli.hints import OF_SQUEUE
from dssr.cli.invocation import Invocation
from dssr.cli.partition_name import PartitionName
from dssr.cli.units import Moment, Pair, Whole
from dssr.cli.watching import watch_changes, watch_screen
from dssr.client.documents import JobDocument, QueuedJob

STATES = (
    *("active", "ended", "pending", "held", "running", "suspended", "completing", "requeued"),
    *("completed", "failed", "cancelled", "timeout", "out_of_memory", "node_fail", "preempted"),
    *("boot_fail", "deadline", "lost", "unknown"),
)

_GROUPS = ("active", "ended")


@click.command(cls=Command, hints=OF_SQUEUE)
@click.option(
    "--state", "states", multiple=True, type=Word(STATES, case_sensitive=False), metavar="STATE",
    help=f"Jobs in this state; repeatable. {', '.join(STATES)}.",
)  # fmt: skip
@click.option("--mine", is_flag=True, help="Jobs of your user name, or submitted from here.")
@click.option("--name", metavar="NAME", help="Jobs with exactly this name.")
@click.option("--user", metavar="USER", help="Jobs of this user of the cluster.")
@click.option("--partition", "-p", type=PartitionName(), help="Jobs in this partition.")
@click.option(
    "--label", "labels", multiple=True, type=Pair("project=water"), help="Jobs with this label."
)
@click.option("--since", type=Moment(), help="Submitted since then: 2d (ago), 2030-01-31T12:00.")
@click.option("--until", type=Moment(), help="Submitted before then.")
@click.option(
    "--limit", "-n", type=Whole(), default=50, show_default=True, metavar="N",
    help="How many at most, the newest ones.",
)  # fmt: skip
@click.option("--all", "everyone", is_flag=True, help="All jobs that the cluster's queue shows.")
@click.option("--watch", "-w", is_flag=True, help="Show the list again when it changes.")
@click.option(
    "-o", "form", type=Word(job_list.FORMS), default="table", help="The form of the list."
)
@click.pass_obj
def command(
    invocation: Invocation, /, form: str, watch: bool, everyone: bool, **wanted: Any
) -> None:
    """List jobs, newest first.

    The table fits the terminal: narrow ones show fewer columns. In files and pipes nothing is cut.
    With --watch, a terminal shows the list until Ctrl-C; elsewhere each change is a line.
    """
    form = "json" if invocation.as_json else form
    ask = _queue_of(invocation, wanted) if everyone else _jobs_of(invocation, wanted)
    if watch:
        ask()  # whether the bridge is there
        invocation.be_patient(waits=True)
    if watch and terminal.is_terminal() and form in ("table", "wide"):
        watch_screen(lambda: job_list.lines(ask(), form, terminal.columns()))
    elif watch:
        watch_changes(lambda known: _changed(ask(), form, known))
    elif form == "json":
        invocation.print_document({"items": ask(), "next": None})
    else:
        found = ask()
        click.echo("\n".join(job_list.lines(found, form, terminal.columns())))
        if not found and terminal.shows_progress():
            click.echo("There are no such jobs.", err=True)


def _changed(jobs: Sequence[Any], form: str, known: dict[str, Any]) -> list[str]:
    """Lines for the jobs that are not as they are known; the first time, with a heading."""
    new = [job for job in jobs if known.get(job["native_id"]) != _state(job)]
    is_first = not known
    known.update({job["native_id"]: _state(job) for job in new})
    lines = job_list.lines(new, form, None) if new else []
    return lines if is_first or form in ("json", "name") else lines[1:]


def _state(job: Mapping[str, Any]) -> tuple[object, ...]:
    return job["state"], job["reason"], job["expected_start_at"]


def _jobs_of(invocation: Invocation, wanted: Mapping[str, Any]) -> Callable[[], list[Any]]:
    asked = {name: wanted[name] for name in ("name", "user", "partition", "since", "until")}
    asked["state"] = [s if s in _GROUPS else s.upper() for s in wanted["states"]]
    asked["label"] = dict(wanted["labels"])
    client = invocation.client()
    if not wanted["mine"]:
        return lambda: [job.document for job in client.jobs(**asked, limit=wanted["limit"])]
    own, me = history.jobs_of(invocation.environ, str(client.target)), getpass.getuser()

    def mine() -> list[JobDocument]:
        found = (job.document for job in client.jobs(**asked))
        return [job for job in found if job["user"] == me or job["id"] in own][: wanted["limit"]]

    return mine


def _queue_of(invocation: Invocation, wanted: Mapping[str, Any]) -> Callable[[], list[Any]]:
    for name in ("labels", "since", "until"):
        if wanted[name]:
            raise click.UsageError(f"--{name.rstrip('s')} has no effect with --all.")
    exactly = {name: wanted[name] for name in ("name", "user", "partition") if wanted[name]}
    if wanted["mine"]:
        exactly["user"] = getpass.getuser()
    states = {state.upper() for state in wanted["states"]} - {"ACTIVE"}
    client = invocation.client()

    def queue() -> list[QueuedJob]:
        found = [
            job
            for job in client.queue()
            if exactly.items() <= job.items() and (not states or job["state"] in states)
        ]
        return found[: wanted["limit"]]

    return queue
