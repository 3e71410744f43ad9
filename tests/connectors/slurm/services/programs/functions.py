"""The functions of a service's job, run by a shell without Slurm."""

import os
import subprocess
from pathlib import Path

from connectors.slurm.services.programs import job_text

FUNCTIONS = job_text().removesuffix('main "$@"\n')


def run_job(folder: Path, generation: int, given: str, lines: str) -> list[str]:
    """What these lines print in the job of that generation, which has what is ``given``. Programs
    in ``folder/bin`` are found first."""
    before = f"set -- {folder} {generation}\numask=077 {given}\n"
    there = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "SLURM_JOB_ID": "7"}
    done = subprocess.run(
        ["sh"], input=f"{before}{FUNCTIONS}{lines}\n", text=True, capture_output=True,
        check=True, timeout=30, env=there,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()
