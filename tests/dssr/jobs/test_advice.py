"""What to ask for next time."""

import re
from typing import Any

import pytest

from dssr.cli.job_options import options
from dssr.job import JobRef, JobState, Resources
from dssr.jobs.advice import Used, advice
from dssr.record import JobRecord

HOUR = 3600
ONE_NODE = {"nodes": 1, "cores": 8, "memory_mb": 16 * 1024, "walltime": 2 * HOUR}


def job(state: JobState = JobState.COMPLETED, **more: Any) -> JobRecord:
    """An ended job that fits what it asked for: an hour and a half, 7 cores, 12 GB."""
    resources = Resources(**ONE_NODE | more.pop("asked", {}))
    usual: dict[str, Any] = {
        "started": 1000.0, "elapsed": 5400, "cpu_seconds": 5400 * 7.0, "memory_used_mb": 12 * 1024,
        "is_final": state.is_final, "resources": resources,
    }  # fmt: skip
    return JobRecord("1", JobRef("relax", 1), state, **usual | more)


FITS = "It asked for what it used: nothing to change next time."
TIMEOUT, OOM, FAILED = JobState.TIMEOUT, JobState.OUT_OF_MEMORY, JobState.FAILED


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (job(), FITS),
        (
            job(elapsed=372, cpu_seconds=2600.0),
            "It ran for 00:06:12 of 02:00:00. Write --walltime=00:10:00: a shorter job fits "
            "into gaps, and starts earlier.",
        ),
        (job(elapsed=7190, cpu_seconds=50_000.0), "which is close: write --walltime=03:00:00"),
        (job(TIMEOUT, elapsed=7201), "Its time limit of 02:00:00 ended it."),
        (job(TIMEOUT, elapsed=7201), "write --walltime=04:00:00, or let it save its state"),
        (job(TIMEOUT, asked={"walltime": 30 * HOUR}), "write --walltime=3-00:00:00"),
        (job(TIMEOUT, asked={"walltime": 7 * HOUR}), "write --walltime=18:00:00"),
        (
            job(cpu_seconds=5400 * 1.0),
            "It kept 1.0 of its 8 cores busy. Write --cores=1; or, if the program can use "
            "more, have it do",
        ),
        (job(cpu_seconds=5400 * 2.6), "It kept 2.6 of its 8 cores busy. Write --cores=3: it"),
        (job(cpu_seconds=5400 * 16.0), "It kept 16.0 of its 8 cores busy: write --cores=16, or"),
        (
            job(cpu_seconds=5400 * 5.0, asked={"nodes": 4, "cores": 32, "memory_mb": 20_000}),
            "It kept 5.0 of its 32 cores busy, no more than one of its 4 nodes has. Write --nodes",
        ),
        (job(cpu_seconds=5400 * 0.9, asked={"nodes": 2, "cores": 2}), "has. Write --nodes=1, or"),
        (
            job(cpu_seconds=5400 * 13.0, asked={"nodes": 4, "cores": 32, "memory_mb": 20_000}),
            "It kept 13.0 of its 32 cores busy. Write --cores=4: it",
        ),
        (job(cpu_seconds=540.0, asked={"cores": 1}), "Its core was busy for 10% of the time"),
        (
            job(memory_used_mb=1200),
            "It used 1200M of its 16G of memory. Write --memory=1536M: jobs that ask for less "
            "find a node earlier.",
        ),
        (job(memory_used_mb=15 * 1024), "It used 15G of its 16G of memory, which is close: write "),
        (
            job(memory_used_mb=15 * 1024),
            "write --memory=19G, so that a larger input does not end it.",
        ),
        (job(memory_used_mb=5000, asked={"nodes": 2}), "Write --memory=4G: jobs that ask for less"),
        (
            job(OOM, memory_used_mb=None),
            "It needed more than its memory of 16G on each node. Write --memory=32G, or give it a "
            "smaller problem.",
        ),
        (
            job(OOM, asked={"memory_mb": None}),
            "Write more with --memory, or give it a smaller problem",
        ),
        (job(asked={"gpus": 1}), "Whether its 1 GPU was busy is not measured here"),
        (job(asked={"gpus": 4}), "Whether its 4 GPUs were busy is not measured here"),
    ],
)
def test_a_sentence_has_the_figures_and_what_to_write(given: JobRecord, sentence: str) -> None:
    """Each sentence says what was used of what was asked for, and what to write next time."""
    found = " ".join(advice(given))
    assert sentence in found
    assert (FITS in found) == (sentence == FITS or bool(given.resources and given.resources.gpus))


@pytest.mark.parametrize(
    "given",
    [
        job(JobState.RUNNING), job(JobState.PENDING, started=None),
        job(JobState.CANCELLED, started=None), job(JobState.UNKNOWN),
        job(cpu_seconds=None), job(memory_used_mb=None), job(FAILED),
        job(elapsed=8, cpu_seconds=0.1, memory_used_mb=1, asked={"walltime": 600}),
        job(resources=None, cpu_seconds=None),
        job(FAILED, elapsed=100, cpu_seconds=700.0),
    ],
)  # fmt: skip
def test_without_figures_there_is_no_advice(given: JobRecord) -> None:
    """A job that has not ended, that failed early, or whose figures say nothing, gets no advice,
    and no word that all is well."""
    assert advice(given) == []


def test_what_to_write_is_an_option_of_dssr_submit() -> None:
    """All advice names options as ``dssr submit`` lists them first, and no second spelling."""
    own = {option.opts[0] for option in options()}
    ends = [job(TIMEOUT), job(OOM), job(cpu_seconds=10.0), job(asked={"nodes": 9, "cores": 72})]
    said = " ".join(sentence for one in ends for sentence in advice(one))
    named = set(re.findall(r"--[a-z-]+", said))
    assert named == {"--walltime", "--memory", "--cores", "--nodes"}
    assert named < own


def test_what_was_used_is_an_average() -> None:
    """The cores are those that were busy on average; what was not measured is not made up."""
    assert Used.of(job(elapsed=100, cpu_seconds=250.0)).cores == 2.5
    assert Used.of(job(elapsed=0, cpu_seconds=0.0)).cores is None
    assert Used.of(job(cpu_seconds=None, memory_used_mb=None)) == Used(5400, None, None)
