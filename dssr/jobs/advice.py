"""What a job has used of what it asked for -> what to ask for next time, in sentences. Pure.

It follows jobstats: each sentence has the figures that it rests on, and what to write: the options
of ``dssr submit``, of which the form of the portal has fields.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from dssr.form.amounts import limit, memory
from dssr.job import JobState
from dssr.record import JobRecord

_LEAST = 30  # seconds, from which on figures mean something
_LITTLE, _MUCH = 0.5, 0.9  # shares of what was asked for
_LITTLE_TIME, _MUCH_TIME = 0.25, 0.95
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LIMITS = (*(n * _MINUTE for n in (5, 10, 15, 30)), *(n * _HOUR for n in (1, 2, 3, 4, 6, 8, 12)))
_SMALLEST_LIMIT = 15 * _MINUTE  # below it, a shorter one gains nothing
_SMALLEST_MEMORY = 1024  # MB, of each node: the same
_FITS = "It asked for what it used: nothing to change next time."


@dataclass(frozen=True)
class Used:
    """What an ended job has used. ``None``: not measured. ``cores``: that were busy on
    average."""

    seconds: int
    cores: float | None
    memory_mb: int | None

    @classmethod
    def of(cls, job: JobRecord) -> "Used":
        """That of a job."""
        measured = job.cpu_seconds is not None and job.elapsed > 0
        cores = (job.cpu_seconds or 0.0) / job.elapsed if measured else None
        return cls(job.elapsed, cores, job.memory_used_mb)


def advice(job: JobRecord) -> list[str]:
    """What to ask for next time. Nothing for a job that has not ended, that has not run, or of
    which nothing is known to say so."""
    if not job.is_final or not job.started:
        return []
    found = [*_of_time(job), *_of_cores(job), *_of_memory(job)]
    is_judged = job.elapsed >= _LEAST and job.state is JobState.COMPLETED
    has_figures = job.cpu_seconds is not None and job.memory_used_mb is not None
    if not found and is_judged and has_figures:
        found = [_FITS]
    return [*found, *_of_gpus(job)]


def _of_time(job: JobRecord) -> Iterator[str]:
    asked = job.resources.walltime if job.resources else None
    if not asked:
        return
    ran = f"It ran for {limit(job.elapsed)} of {limit(asked)}"
    if job.state is JobState.TIMEOUT:
        yield (
            f"Its time limit of {limit(asked)} ended it. If it went on well until then, write "
            f"--walltime={limit(_next_limit(asked * 2))}, or let it save its state and go on from "
            "there."
        )
    elif job.state is JobState.COMPLETED and job.elapsed > asked * _MUCH_TIME:
        wanted = limit(_next_limit(round(job.elapsed * 1.3)))
        write = f"write --walltime={wanted}"
        yield f"{ran}, which is close: {write}, so that a slow day does not end it."
    elif (
        job.state is JobState.COMPLETED
        and asked >= _SMALLEST_LIMIT
        and job.elapsed < asked * _LITTLE_TIME
    ):
        wanted = limit(_next_limit(round(job.elapsed * 1.5)))
        yield f"{ran}. Write --walltime={wanted}: a shorter job fits into gaps, and starts earlier."


def _of_cores(job: JobRecord) -> Iterator[str]:
    asked, used = (job.resources.cores if job.resources else None), Used.of(job).cores
    if not asked or used is None or job.elapsed < _LEAST:
        return
    nodes = (job.resources.nodes if job.resources else None) or 1
    each = asked // nodes or 1
    kept = f"It kept {used:.1f} of its {asked} cores busy"
    wanted = math.ceil(used + 0.2)
    if used > asked * 1.2:
        yield f"{kept}: write --cores={math.ceil(used / nodes)}, or have it start fewer threads."
    elif asked > 1 and nodes > 1 and used <= each:
        yield (
            f"{kept}, no more than one of its {nodes} nodes has. Write --nodes=1, or start it on "
            "all of them with srun or mpirun."
        )
    elif asked > 1 and used < 1.2:
        yield (
            f"{kept}. Write --cores=1; or, if the program can use more, have it do so, as with "
            "srun, mpirun or OMP_NUM_THREADS."
        )
    elif asked > 1 and used < asked * _LITTLE:
        yield f"{kept}. Write --cores={math.ceil(wanted / nodes)}: it starts earlier with fewer."
    elif asked == 1 and used < _LITTLE / 2:
        yield (
            f"Its core was busy for {used:.0%} of the time: it waited for files, the network or "
            "another program. A faster file system helps more than more cores."
        )


def _of_memory(job: JobRecord) -> Iterator[str]:
    asked = job.resources.memory_mb if job.resources else None
    nodes = (job.resources.nodes if job.resources else None) or 1
    if job.state is JobState.OUT_OF_MEMORY:
        had = f" of {memory(asked // nodes)} on each node" if asked else ""
        more = (
            f"--memory={memory(_next_memory(asked // nodes * 2))}"
            if asked
            else "more with --memory"
        )
        yield f"It needed more than its memory{had}. Write {more}, or give it a smaller problem."
        return
    used = job.memory_used_mb
    if not asked or used is None or job.elapsed < _LEAST:
        return
    had = f"It used {memory(used)} of its {memory(asked)} of memory"
    wanted = f"--memory={memory(_next_memory(math.ceil(used / nodes * 1.25)))}"
    if used > asked * _MUCH:
        yield f"{had}, which is close: write {wanted}, so that a larger input does not end it."
    elif asked // nodes >= _SMALLEST_MEMORY and used < asked * _LITTLE:
        yield f"{had}. Write {wanted}: jobs that ask for less find a node earlier."


def _of_gpus(job: JobRecord) -> Iterator[str]:
    count = job.resources.gpus if job.resources else None
    if count:
        gpus = "1 GPU was" if count == 1 else f"{count} GPUs were"
        yield (
            f"Whether its {gpus} busy is not measured here: run nvidia-smi in the job now and "
            "then, and ask for none if the program uses none."
        )


def _next_limit(seconds: int) -> int:
    """A time limit as people write it, this one at least."""
    step = _DAY if seconds > 2 * _DAY else 6 * _HOUR
    found = (one for one in _LIMITS if one >= seconds)
    return next(found, math.ceil(seconds / step) * step)


def _next_memory(megabytes: int) -> int:
    """An amount of memory as people write it, this one at least."""
    step = 1024 if megabytes > 2048 else 256
    return math.ceil(megabytes / step) * step
