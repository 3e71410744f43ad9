"""The form of a service, read."""

import pytest

from dssr.http.web.service_form import FilledService
from dssr.service import ServiceSpec

SCRIPT = "#!/bin/sh\nserve\n"


def test_each_field_is_a_member_of_the_service() -> None:
    """Each field asks for what it says."""
    filled = FilledService({
        "name": " demo ", "script": SCRIPT.replace("\n", "\r\n"), "walltime": "2:00:00",
        "partition": "gpu", "health": "/ok", "path": "/app", "idle": "30", "no_overlap": "on",
        "environment": "A=1\r\nB=x=y", "options": "--gpus-per-node=1 --exclusive", "image": "a.sif",
        "team": "lab", "directory": "/shared",
    })  # fmt: skip
    assert ServiceSpec.of(filled.members()) == ServiceSpec(
        name="demo", script=SCRIPT, walltime=7200, health="/ok", path="/app", idle=1800,
        overlap=False, environment=(("A", "1"), ("B", "x=y")), image="a.sif", team="lab",
        directory="/shared",
        options=(("gpus-per-node", "1"), ("exclusive", ""), ("partition", "gpu")),
    )  # fmt: skip
    assert filled.problems == {}


def test_what_is_left_out_has_the_service_s_own_default() -> None:
    """A form with a name and a script is a service with nothing else."""
    filled = FilledService({"name": "demo", "script": SCRIPT, "walltime": " "})
    assert ServiceSpec.of(filled.members()) == ServiceSpec(name="demo", script=SCRIPT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("script", " "),
        ("walltime", "soon"),
        ("idle", "-1s"),
        ("environment", "A"),
        ("options", "x"),
    ],
)
def test_a_wrong_field_has_a_sentence(field: str, value: str) -> None:
    """A value that cannot be read is reported at its field."""
    filled = FilledService({"name": "demo", "script": SCRIPT, field: value})
    filled.members()
    assert list(filled.problems) == [field]
    assert len(filled.problems[field]) > 5
