"""Wait for a job, with its output or without, and with a line about it on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

from dssr.cli.failure import Interrupted
from dssr.cli.invocation import Invocation
from dssr.cli.reader import ending_with_reader
from dssr.cli.status_line import StatusLine
from dssr.cli.wording import duration, moment, parsed
from dssr.client.documents import JobDocument
from dssr.client.job import Changed, Job, Printed

_BAR = 20  # columns
_WHERE = ("url", "cluster")


def status(job: JobDocument, now: datetime) -> str:
    """One line: state, time, and a bar of the time limit."""
    if not job["started_at"] or job["is_final"]:
        return f"{job['state']}  {_waiting(job, now)}".rstrip()
    started = parsed(job["started_at"])
    ran = (now - started).total_seconds() if started else 0
    limit = job["walltime_seconds"]
    if not limit:
        return f"{job['state']}  {duration(ran)}"
    share = min(1.0, ran / limit)
    bar = "#" * round(share * _BAR)
    return f"{job['state']}  {duration(ran)} of {duration(limit)} [{bar:.<{_BAR}}]"


def _waiting(job: JobDocument, now: datetime) -> str:
    expected = moment(job["expected_start_at"], now)
    start = f"expected to start {expected}" if expected else ""
    return "  ".join(part for part in (job["explanation"] or job["reason"], start) if part)


def wait(job: Job, timeout: float | None = None) -> None:
    """Wait for the job's end."""
    with StatusLine(lambda: _status(job)):
        job.wait(timeout)


def follow(
    job: Job, *, tail: int | None = None, document: Callable[[object], None] | None = None
) -> None:
    """Print the job's output until it has ended and all of it has come.

    ``tail``: begin with the last lines. ``document``: is given the API's own documents instead.
    """
    has_printed = False  # output comes sooner than the state

    def text() -> str:
        about = f"{job.name}  has begun" if has_printed and _waits(job) else _status(job)
        return f"{about}   Ctrl-C detaches"

    with StatusLine(text) as line, ending_with_reader():
        for news in job.live(tail=tail):
            if document is not None:
                document(news.document if isinstance(news, Changed) else asdict(news))
            elif isinstance(news, Printed):
                has_printed = True
                line.write(news.text)


def _waits(job: Job) -> bool:
    return not job.document["started_at"]


def _status(job: Job) -> str:
    return f"{job.name}  {status(job.document, datetime.now().astimezone())}"


@contextmanager
def detaching(invocation: Invocation, job: Job) -> Iterator[None]:
    """Ctrl-C ends what is done here, and the job goes on: says so, and how to come back."""
    try:
        yield
    except KeyboardInterrupt as error:
        options = invocation.options
        where = "".join(f" --{name} {options[name]}" for name in _WHERE if options.get(name))
        raise Interrupted(
            f"Detached: job {job.id} goes on.\n"
            f"  come back:  dssr logs -f {job.id}{where}\n"
            f"  end it:     dssr cancel {job.id}{where}"
        ) from error
