"""One script for the scheduler itself, of a request for a job."""

from dataclasses import replace

import pytest

from connectors.shared.directives import read
from dssr.job import time_limit
from dssr.jobs.one_script import one_script
from dssr.jobs.request import JobRequest, Origin, spec_of

ASKED = JobRequest(
    script="#!/bin/bash\n#SBATCH --time=5\necho hi\n",
    name="relax",
    nodes=2,
    cores_per_node=4,
    memory_mb_per_node=100,
    gpus_per_node=1,
    walltime_seconds=90_061,
    partition="debug",
    constraint="fast",
    environment={"TITLE": "it's"},
    working_directory="/scratch/run 7",
    held=True,
    options={"nice": "", "mail-type": "END", "comment": "two words"},
)


def test_the_script_asks_for_the_same() -> None:
    """Each member of the request is a directive, which takes precedence over the script's own, and
    the variables are set before its first command."""
    script = one_script(ASKED)
    assert script
    last = {option.name: option.value for option in read(script)}
    assert time_limit(last.pop("time") or "") == 90_061
    assert last == {
        "nice": None,
        "mail-type": "END",
        "comment": "two words",
        "ntasks-per-node": "4",
        "constraint": "fast",
        "hold": None,
        "job-name": "relax",
        "partition": "debug",
        "nodes": "2",
        "mem": "100M",
        "gpus-per-node": "1",
        "chdir": "/scratch/run 7",
    }
    assert script.endswith("\n\nexport TITLE='it'\"'\"'s'\n\necho hi\n")


def test_a_script_alone_stays_as_it_is() -> None:
    """A request that has nothing but a script is that script, as the bridge runs it."""
    asked = JobRequest(script="\ufeff#!/bin/sh\r\necho hi")
    assert one_script(asked) == spec_of(asked, Origin()).script == "#!/bin/sh\necho hi\n"


@pytest.mark.parametrize(
    "asked",
    [
        replace(ASKED, image="docker://alpine"),
        replace(ASKED, script="#!/usr/bin/python3\nprint(1)\n"),
        JobRequest(script=" "),
    ],
)
def test_there_is_not_always_such_a_script(asked: JobRequest) -> None:
    """An image, and variables of what is no shell, cannot be asked for in a script."""
    assert one_script(asked) is None
