"""The form of a job, read."""

import pytest

from dssr.http.web.job_form import Filled, unix_text, values_of
from dssr.job import JobRef, JobState, Resources
from dssr.jobs.request import JobRequest
from dssr.record import About, JobRecord

SCRIPT = "#!/bin/bash\ntrue\n"


def test_each_field_asks_for_what_it_says() -> None:
    """A form that is filled in as a whole asks for each of its values, and an empty one for the
    script alone."""
    filled = Filled({
        "script": SCRIPT, "name": " relax ", "nodes": "2", "cores": "8", "memory": "16G",
        "gpus": "0", "walltime": "1-02:00:00", "partition": "batch", "account": "p1", "qos": "high",
        "constraint": "gpu&fast", "image": "docker://alpine", "working_directory": "/scratch/run",
        "environment": "A=1\r\nB=x=y z\r\n", "labels": "project=water", "arguments": "--n '3 4'",
        "options": "--mail-type=END --nice", "held": "on", "exclusive": "on",
    })  # fmt: skip
    assert filled.request() == JobRequest(
        script=SCRIPT, name="relax", nodes=2, cores_per_node=8, memory_mb_per_node=16 * 1024,
        gpus_per_node=0, walltime_seconds=93_600, partition="batch", account="p1", qos="high",
        constraint="gpu&fast", image="docker://alpine", working_directory="/scratch/run",
        environment={"A": "1", "B": "x=y z"}, labels={"project": "water"},
        arguments=("--n", "3 4"), options={"mail-type": "END", "nice": ""}, held=True,
        exclusive=True,
    )  # fmt: skip
    assert filled.problems == {}
    assert Filled({"script": SCRIPT}).request() == JobRequest(script=SCRIPT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("script", ""), ("script", " \n"), ("nodes", "0"), ("nodes", "two"), ("nodes", "-1"),
        ("cores", "1.5"), ("cores", "9" * 20), ("memory", "lots"), ("memory", "0G"),
        ("gpus", "x"), ("walltime", "soon"), ("environment", "A"), ("environment", "=x"),
        ("labels", "x"), ("options", "-N 2"), ("options", "--"), ("options", "'--x"),
        ("arguments", "'"), ("nodes", "\u0661"),
    ],
)  # fmt: skip
def test_a_wrong_field_has_a_sentence(field: str, value: str) -> None:
    """A value that cannot be read is reported at its field, and no other field is."""
    filled = Filled({"script": SCRIPT, field: value})
    filled.request()
    assert list(filled.problems) == [field]
    assert len(filled.problems[field]) > 5


@pytest.mark.parametrize("text", ["a\r\nb\r\n", "\ufeffa\nb\n", "a\rb\r"])
def test_a_browser_s_line_ends_become_unix_ones(text: str) -> None:
    """The script is as it was written, however a browser or an editor sends its lines."""
    assert unix_text(text) == "a\nb\n"


def test_a_past_job_fills_in_the_form() -> None:
    """A form that is filled in from a job asks for the same script and resources."""
    resources = Resources(partition="batch", account="p1", nodes=2, cores=8, walltime=93_600)
    job = JobRecord(
        "1", JobRef("relax", 1), JobState.FAILED, about=About(image="a.sif"), resources=resources
    )
    asked = Filled(values_of(job, SCRIPT)).request()
    assert asked == JobRequest(
        script=SCRIPT, name="relax", nodes=2, cores_per_node=4, walltime_seconds=93_600,
        partition="batch", account="p1", image="a.sif",
    )  # fmt: skip
