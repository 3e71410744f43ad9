"""The arithmetic of a chain, as the job's shell does it."""

import subprocess
from importlib.resources import files

import pytest

from connectors.slurm.services import programs
from connectors.slurm.shell.programs import text

TEXT = text("service_common") + (files(programs) / "successor.sh").read_text()


def run(line: str, shell: str = "sh") -> str:
    """What a function of the job prints."""
    done = subprocess.run(
        shell.split(), input=f"{TEXT}\n{line}\n", text=True, capture_output=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("shell", ["dash", "bash --posix"])
@pytest.mark.parametrize(
    ("took", "expected", "walltime", "lead"),
    [
        (0, 0, 3600, 60),  # the floor
        (0, 0, 120, 30),  # a quarter of a short walltime
        (100, 0, 3600, 150),  # one and a half times what the slowest took
        (100, 900, 3600, 900),  # a full cluster
        (4000, 0, 3600, 1800),  # no longer than half of the job
        (0, 600, 600, 300),  # nor because all nodes are in use until this job's end
    ],
)
def test_the_lead_is_the_largest_of_its_reasons(
    shell: str, took: int, expected: int, walltime: int, lead: int
) -> None:
    """A successor starts as early as the slowest generation, the queue or the floor demand."""
    assert run(f"lead_of {took} {expected} {walltime}", shell) == str(lead)


@pytest.mark.parametrize(
    ("due", "dependency"),
    [
        ("", "afterany:7"),  # no overlap
        ("1000", ""),  # it is due
        ("1045", "after:7+1?afterany:7"),
        ("1060", "after:7+1?afterany:7"),
        ("1061", "after:7+2?afterany:7"),
        ("4600", "after:7+60?afterany:7"),
    ],
)
def test_slurm_starts_the_successor_also_without_the_job(due: str, dependency: str) -> None:
    """The dependency is on the job's end or on whole minutes from its start, never before the
    successor is due."""
    given = f"SLURM_JOB_ID=7 began=1000 now=1000 due={due}\ndependency"
    assert run(given) == dependency
