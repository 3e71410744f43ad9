"""What a service's job removes of generations long past, as its shell does it, without Slurm."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.connectors.slurm.services.programs.functions import run_job

RUNNING = "echo 'RUNNING|dssr-service:demo:1:a'"
GONE = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"
SILENT = "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Generation 1 has begun and written no end; 2 has failed; 30 is the newest."""
    for number in ("1", "2", "30"):
        place = tmp_path / "gen" / number
        place.mkdir(parents=True)
        (place / "version").symlink_to("versions/a")
        (place / "elected").symlink_to(number)
        (place / "user").symlink_to(subprocess.getoutput("id -un"))
    (tmp_path / "gen/1/begun").symlink_to("1")
    (tmp_path / "gen/2/end").touch()
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests/2.down").touch()
    (tmp_path / "fronts").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("squeue", "kept", "requests"),
    [(RUNNING, ["1", "30"], ["2.down"]), (SILENT, ["1", "30"], ["2.down"]), (GONE, ["30"], [])],
)
def test_a_generation_that_may_run_is_kept(
    folder: Path, squeue: str, kept: list[str], requests: list[str]
) -> None:
    """A generation is forgotten only on evidence that it has ended, however many have failed since;
    a request to it stays as long as it does."""
    (folder / "bin").mkdir()
    (folder / "bin/squeue").write_text(f"#!/bin/sh\n{squeue}\n")
    (folder / "bin/squeue").chmod(0o700)
    run_job(folder, 30, "walltime=600 service=demo", "forget_old")
    assert sorted(os.listdir(folder / "gen")) == kept
    assert os.listdir(folder / "requests") == requests
