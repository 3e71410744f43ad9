"""The commands that submit a job again."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dssr.access.scopes import Scope
from dssr.http.web.as_commands import commands_of
from dssr.job import JobRef, JobState, Resources
from dssr.record import About, JobRecord
from tests.dssr.http.web.browsing import Browser

SCRIPT = "#!/bin/bash\n# EOF\nEOF\necho '$HOME' \"`id`\" \\\n  <&>\n"
SAME = (
    *("name", "node_count", "cores", "memory_mb", "walltime_seconds", "partition", "labels"),
    *("image", "script_sha256", "executor"),
)


@pytest.mark.parametrize("command", ["dssr", "curl"])
def test_the_lines_of_the_page_submit_the_same_job(
    command: str, portal: Any, browser: Browser, tmp_path: Path
) -> None:
    """The lines for dssr and curl, pasted into a shell as they are shown, submit a job with the
    same name, resources, labels and script."""
    asked = {"nodes": 2, "cores_per_node": 4, "memory_mb_per_node": 100, "walltime_seconds": 90}
    job = portal.submit_as(
        name="a", script=SCRIPT, partition="dummy", labels={"x": 'it\'s "$1"'}, **asked
    )
    page = browser.open(f"/jobs/{job['id']}")
    [line] = re.findall(rf'data-command="{command}">\n(.*?)</pre>', page.text, re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", html.unescape(line)],
        env={"PATH": path, "HOME": str(tmp_path), "DSSR_TOKEN": portal.tokens[Scope.SUBMIT]},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    again = browser.open("/api/v1/jobs").json()["items"]
    assert len(again) == 2, done.stdout
    newest = next(each for each in again if each["id"] != job["id"])
    assert {name: newest[name] for name in SAME} == {name: job[name] for name in SAME}


def test_sbatch_asks_for_the_same_resources() -> None:
    """The line for sbatch has the resources of each node, and the script."""
    given = Resources("batch", "p1", "", nodes=2, cores=8, memory_mb=200, gpus=2, walltime=3661)
    job = JobRecord("1", JobRef("relax", 1), JobState.PENDING, resources=given)
    assert commands_of(job, "#!/bin/bash\ntrue\n", "http://h").sbatch == (
        "sbatch --job-name=relax --nodes=2 --ntasks-per-node=4 --mem=100M "
        "--gpus-per-node=1 --time=61:01 --partition=batch --account=p1 <<'EOF'\n"
        "#!/bin/bash\ntrue\nEOF\n"
    )


def test_a_chosen_directory_is_asked_for_again() -> None:
    """A working directory that the user has named is in the lines; one that the bridge made for
    the job alone is not."""
    for directory, is_named in (("/scratch/run7", True), ("/scratch/work/j1", False)):
        about = About(working_directory=directory)
        job = JobRecord("j1", JobRef("relax", 1), JobState.PENDING, about=about)
        found = commands_of(job, "true\n", "http://h")
        assert (f"--chdir={directory}" in found.sbatch) == is_named
        assert (f"--workdir {directory}" in found.dssr) == is_named
        assert (f'"working_directory": "{directory}"' in found.curl) == is_named


def test_a_container_has_no_line_for_sbatch() -> None:
    """A job in a container cannot be submitted by sbatch alone, and the page says why."""
    job = JobRecord("1", JobRef("relax", 1), JobState.PENDING, about=About(image="a.sif"))
    found = commands_of(job, "true\n", "http://h")
    assert (found.sbatch, "container" in found.why_no_sbatch) == ("", True)
    assert "--image a.sif" in found.dssr


@pytest.mark.parametrize("script", ["true", "\ufefftrue\r\n", "true\n"])
def test_sbatch_gets_a_script_that_it_takes(script: str) -> None:
    """sbatch refuses a script without a ``#!`` line or with DOS line ends, which the bridge takes:
    its line has the script as the job runs it."""
    job = JobRecord("1", JobRef("relax", 1), JobState.PENDING)
    found = commands_of(job, script, "http://h").sbatch
    assert found == "sbatch --job-name=relax <<'EOF'\n#!/bin/bash\ntrue\nEOF\n"
