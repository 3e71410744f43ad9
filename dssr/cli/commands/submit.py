"""``dssr submit``: a batch script becomes a job."""

import shlex
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import click

from dssr.cli import following, history, terminal, transfers
from dssr.cli.checked import lines_of
from dssr.cli.command import Command, global_options
from dssr.cli.ending import exit_code_of, sentence
from dssr.cli.exits import DONE, REFUSED, USAGE
from dssr.cli.failure import Failure, Interrupted, failure_of
from dssr.cli.hints import OF_SBATCH
from dssr.cli.invocation import Invocation
from dssr.cli.job_options import asked, naming_options, options
from dssr.cli.units import Directory
from dssr.client import ClientError
from dssr.client.job import Job
from dssr.client.local_files import Local
from dssr.client.request import ScriptText

_HELP = """Submit a batch script and print the job's id.

SCRIPT is a file, or '-' for standard input; ARGS are its arguments. Its #SBATCH lines take effect,
and the options here take precedence over them.

With --wait, --follow or --fetch, the exit code is the job's: its own, 128 and the signal that ended
it, or 124 for its time limit. It is 125 when the command itself failed, or the job ended without an
exit code.
"""
_WAITING = ("wait", "follow", "fetch")
_OWN = (
    click.Argument(["script"], metavar="SCRIPT", type=click.Path(allow_dash=True)),
    click.Argument(["arguments"], metavar="[ARGS]...", nargs=-1, type=click.UNPROCESSED),
)
_HOW = (
    click.Option(["--check"], is_flag=True, help="Submit nothing: show what would be submitted, "
                 "what is wrong with it, and when it would start; with -v the batch script, too, "
                 "and a script that asks for the same without dssr. The exit code is 3 where the "
                 "scheduler would refuse it."),
    click.Option(["--follow", "-f"], is_flag=True, help="Show the output as it is printed."),
    click.Option(["--wait", "-W"], is_flag=True, help="Wait silently for the job's end."),
    click.Option(["--copy"], type=Directory(exists=True, path_type=Path),
                 metavar="DIR", help="First upload what is in this directory."),
    click.Option(["--fetch"], multiple=True, metavar="PATTERN", help="After the job's end download "
                 "these files: 'out/*.csv'. Repeatable. None is copied where a file here differs: "
                 "'dssr get --overwrite' does that."),
    click.Option(["--key"], metavar="KEY", help="The same key with the same job is the same job, "
                 "however often it is submitted."),
)  # fmt: skip


def _ends_as_the_job(arguments: Sequence[str]) -> bool:
    words = {"--wait", "-W", "--follow", "-f", "--fetch"}
    return any(argument.partition("=")[0] in words for argument in arguments)


@click.pass_obj
def _submit(
    invocation: Invocation, /, script: str, arguments: Sequence[str], check: bool, **how: Any
) -> int:
    invocation.ends_as_the_job = any(how[name] for name in _WAITING)
    _warn_of_own_options(arguments)
    text = _read(script)
    given = {option.name: how[option.name] for option in options() if option.name}
    wanted = asked(given, text, script, list(arguments))
    if check:
        with naming_options():
            return _check(invocation, text, wanted)
    files = transfers.files_in(how["copy"], PurePosixPath()) if how["copy"] else []
    if files:
        wanted["held"] = True
    client = invocation.client(_PATIENCE)
    key = how["key"] or str(uuid.uuid4())
    try:
        with naming_options():
            job = client.submit(text, key=key, **wanted)
    except KeyboardInterrupt as error:
        raise Interrupted(
            f"The job may have been submitted: the same command with --key {shlex.quote(key)} "
            "finds out, and there is one job at most."
        ) from error
    history.add(invocation.environ, str(client.target), job.id)
    if files and _lacks_files(job, key):
        _copy(job, files, is_held=how["held"])
    return _go_on(invocation, job, follow=how["follow"], fetch=how["fetch"])


command = Command(
    "submit",
    callback=_submit,
    params=[*_OWN, *options(), *_HOW],
    help=_HELP,
    ends_as_the_job=_ends_as_the_job,
    hints=OF_SBATCH,
    context_settings={"allow_interspersed_args": False},  # what follows SCRIPT is the script's
)
_PATIENCE = 30.0  # seconds, for a submission whose response was lost


def _warn_of_own_options(arguments: Sequence[str]) -> None:
    """Behind the script are the script's own arguments, as with sbatch: easily forgotten."""
    own = {name for option in (*_HOW, *global_options()) for name in option.opts}
    if terminal.shows_progress() and (found := own.intersection(arguments)):
        click.echo(
            f"Note: {', '.join(sorted(found))} behind the script is an argument of the script. "
            "Options of dssr come before it.",
            err=True,
        )


def _read(script: str) -> ScriptText:
    """The script's text, as it is."""
    if script == "-" and sys.stdin.isatty():
        click.echo("The script, up to Ctrl-D on a line of its own:", err=True)
    try:
        data = sys.stdin.buffer.read() if script == "-" else Path(script).read_bytes()
        return ScriptText(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Failure(f"{script} is no text in UTF-8: is it a program?", USAGE) from error
    except OSError as error:
        raise Failure(f"{script} cannot be read: {error.strerror}.", USAGE) from error


def _check(invocation: Invocation, text: str, wanted: Any) -> int:
    checked = invocation.client().check(text, **wanted)
    if invocation.as_json:
        invocation.print_document(checked)
    else:
        with_script = bool(invocation.options.get("verbose"))
        click.echo("\n".join(lines_of(checked, with_script=with_script)))
    return REFUSED if checked["refusal"] else DONE


def _lacks_files(job: Job, key: str) -> bool:
    """Whether the job waits for its files; the same key again finds one that has them already."""
    with _or_else(
        f"Job {job.id} may be held without its files: the same command with --key "
        f"{shlex.quote(key)} goes on, and 'dssr cancel {job.id}' ends it."
    ):
        return job.refresh().document["held"]


def _copy(job: Job, files: Sequence[Local], *, is_held: bool) -> None:
    """Upload what the job needs, and let it start. A job whose files are not complete is
    cancelled."""
    click.echo(f"Job {job.id} is held until its files are there.", err=True)
    try:
        transfers.upload(job, files)
    except (ClientError, OSError, KeyboardInterrupt):
        _take_back(job)
        raise
    if not is_held:
        with _or_else(
            f"The files of job {job.id} are there: 'dssr release {job.id}' lets it start."
        ):
            job.release()


@contextmanager
def _or_else(cure: str) -> Iterator[None]:
    """Where this fails or is interrupted, the cure says how to go on."""
    try:
        yield
    except ClientError as error:
        failure = failure_of(error)
        failure.cure = cure
        raise failure from error
    except KeyboardInterrupt as error:
        raise Interrupted(cure) from error


def _take_back(job: Job) -> None:
    try:
        job.cancel()
        click.echo(f"Job {job.id} is cancelled: its files are not complete.", err=True)
    except (ClientError, KeyboardInterrupt):
        click.echo(f"Job {job.id} is held, with files that are not complete.", err=True)


def _go_on(invocation: Invocation, job: Job, *, follow: bool, fetch: Sequence[str]) -> int:
    """Report the job; wait for its end where that is asked for."""
    waits = invocation.ends_as_the_job
    if not invocation.as_json:
        # Where the output goes to stdout, the id goes beside it.
        click.echo(f"Job {job.id}" if follow else job.id, err=follow)
    elif not waits:
        invocation.print_document(job.document)
    if not waits:
        return DONE
    invocation.be_patient(waits=True)
    with following.detaching(invocation, job):
        if follow:
            following.follow(job, document=invocation.print_line if invocation.as_json else None)
            click.echo(sentence(job.document), err=True)
        else:
            following.wait(job)
    if invocation.as_json and not follow:
        invocation.print_document(job.document)
    if not fetch:
        return exit_code_of(job.document)
    invocation.be_patient(waits=False)
    return _fetch(job, fetch)


def _fetch(job: Job, patterns: Sequence[str]) -> int:
    """Download the results. That a job has failed says more than that its files do not come."""
    code = exit_code_of(job.document)
    again = shlex.join(("dssr", "get", "--overwrite", job.id, *patterns))
    try:
        with transfers.replacing_nothing(f"'{again}' replaces it."):
            transfers.fetch(job, patterns, Path())
    except (Failure, ClientError, OSError) as error:
        if not code:
            raise
        failure = error if isinstance(error, Failure) else failure_of(error)
        click.echo(f"{failure.message} {failure.cure}".rstrip(), err=True)
    return code
