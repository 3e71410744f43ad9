"""The parameter that names a job, and how the shell completes it."""

import contextlib
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from click.shell_completion import CompletionItem

from dssr.cli.invocation import Invocation
from dssr.cli.printable import is_plain_word, printable
from dssr.client import ClientError
from dssr.client.display import ago

_MOST = 100  # jobs that are offered


class JobName(click.ParamType[str]):
    """An id, a native id, a name, the beginning of an id or a name of one job alone, or ``-``."""

    name = "job"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The ids that begin so, with the job's name and state; names where no id does. The shell
        puts them on the command line as they are: what a shell may read as more than one word is
        not offered."""
        invocation = ctx.ensure_object(Invocation)
        try:
            # Without a terminal: ssh must not ask for anything while a word is being completed.
            with contextlib.redirect_stderr(io.StringIO()):
                jobs = [job.document for job in invocation.client().jobs(limit=_MOST)]
        except (ClientError, OSError):
            return []
        now = datetime.now().astimezone()
        about = {
            job["id"]: f"{job['name']} {job['state']} {ago(job['submitted_at'], now)} ago"
            for job in jobs
            if job["id"].startswith(incomplete)
        }
        names = {job["name"]: job["state"] for job in jobs if job["name"].startswith(incomplete)}
        return [
            CompletionItem(word, help=printable(text))
            for word, text in (about or names).items()
            if is_plain_word(word)
        ]


def job_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """The argument ``job``."""
    return click.argument("job", type=JobName(), metavar="JOB")(function)


def jobs_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments ``jobs``, one at least."""
    return click.argument("jobs", type=JobName(), metavar="JOB...", nargs=-1, required=True)(
        function
    )
