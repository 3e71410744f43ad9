"""What a program's answer to its health path means."""

import subprocess

import pytest

from dssr.services.front.health import Outcome
from dssr.services.front.probes import judged
from tests.connectors.slurm.services.programs.functions import FUNCTIONS


@pytest.mark.parametrize(
    ("path", "status", "is_well"),
    [
        ("/", 200, True),
        ("/", 302, True),
        ("/", 401, True),
        ("/", 403, True),
        ("/", 404, True),
        ("/", 405, True),
        ("/", 400, False),
        ("/", 503, False),
        ("/health", 204, True),
        ("/health", 403, True),
        ("/health", 404, False),
        ("/health", 405, False),
        ("/health", 500, False),
    ],
)
def test_the_job_and_the_front_judge_alike(path: str, status: int, is_well: bool) -> None:
    """A program that its job finds well is one to which the front leads."""
    job = subprocess.run(
        ["sh", "-s"], input=f"{FUNCTIONS}\nstatus={status} health={path}\nis_well", text=True
    )
    assert (job.returncode == 0) is is_well
    answer = f"HTTP/1.1 {status} Some Words\r\nContent-Length: 0".encode()
    assert (judged(answer, path).outcome is Outcome.OK) is is_well
