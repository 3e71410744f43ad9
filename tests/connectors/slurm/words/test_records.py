"""What the record of a job has, of what was asked for and of what Slurm says."""

from dataclasses import replace

from connectors.slurm.words import records
from connectors.slurm.words.journal import EndFacts, Ending, JobEnd
from dssr.job import JobState, JobStatus, Resources
from dssr.record import About, JobRecord
from tests.connectors.slurm.specs import spec

ASKED = Resources("batch", "physics", "normal", 1, 2, 750, 0, 120)


def ended(asked: Resources | None, found: Resources | None) -> Resources | None:
    """The resources of a job that has ended."""
    made = JobRecord("20261128-1", spec().ref, JobState.PENDING, about=About(), resources=asked)
    facts = EndFacts(resources=found)
    end = JobEnd("directory", Ending(JobState.COMPLETED, 7), facts)
    return records.ended(made, end).resources


def test_what_slurm_does_not_say_is_what_was_asked_for() -> None:
    """A short job that squeue never listed keeps what its request named; what Slurm says
    otherwise counts more."""
    assert ended(ASKED, None) == ASKED
    assert ended(ASKED, Resources("short", cores=4)) == replace(ASKED, partition="short", cores=4)
    assert ended(None, Resources("short")) == Resources("short")


def test_a_job_whose_limit_was_removed_has_none() -> None:
    """While squeue lists a job, what it says counts alone: an administrator may have removed the
    time limit that was asked for."""
    ref = spec().ref
    made = JobRecord("20261128-1", ref, JobState.PENDING, resources=ASKED)
    status = JobStatus(ref, JobState.RUNNING, resources=replace(ASKED, walltime=None))
    assert records.listed(made, status).resources == replace(ASKED, walltime=None)
