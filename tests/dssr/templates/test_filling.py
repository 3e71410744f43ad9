"""A template that a user has filled in."""

import subprocess

import pytest
from hypothesis import given, settings

from dssr.templates.field import Field
from dssr.templates.filling import FilledTemplate, stored_name
from dssr.templates.template import Template
from tests.dssr.form.forms import LINES
from tests.dssr.templates.examples import fit

GIVEN = {"method": "robust", "steps": "5", "tolerance": "", "verbose": "", "data": "my peaks.csv"}
PRINTS = "#!/bin/bash\nprintf '%s' \"$FIELD_VALUE\"\n"
ONE = Template(title="t", script=PRINTS, fields=(Field(name="value"),))


def test_what_is_given_takes_precedence_over_defaults() -> None:
    """A field that a request leaves out has its default."""
    filled = FilledTemplate(fit(), GIVEN)
    filled.check()
    assert filled.problems == {}
    values = filled.job_values()
    assert values["walltime"] == "00:10:00"
    assert values["image"] == "/images/fit.sif"
    assert values["script"].splitlines()[1:8] == [
        "#SBATCH --nodes=1",
        "",
        "export FIELD_METHOD=robust",
        "export FIELD_STEPS=5",
        "export FIELD_TOLERANCE=''",
        "export FIELD_VERBOSE=''",
        "export FIELD_DATA=data.csv",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", "0"),
        ("steps", "1001"),
        ("method", "other"),
        ("image", "/images/mine.sif"),
        ("walltime", "2:00:00"),
        ("memory", "64G"),
        ("data", ""),
        ("partition", "gpu"),
    ],
)
def test_what_the_template_does_not_allow_is_refused(name: str, value: str) -> None:
    """A value beyond the bounds, another one for a locked field, or a field that the template does
    not have is a problem of that field."""
    filled = FilledTemplate(fit(), GIVEN | {name: value})
    filled.check()
    assert list(filled.problems) == [name]


@settings(max_examples=30)
@given(LINES)
def test_no_value_is_a_command(value: str) -> None:
    """The script finds each value as it was filled in, byte for byte, and none is run."""
    script = FilledTemplate(ONE, {"value": value}).script()
    found = subprocess.run(["/bin/bash", "-c", script], capture_output=True, check=False)
    assert (found.stdout, found.stderr) == (value.strip().encode(), b"")


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("peaks.csv", "data.csv"),
        ("a.tar.gz", "data.gz"),
        ("../../.ssh/authorized_keys", "data"),
        ("x.$(id)", "data"),
        ("x.c\u202esv", "data"),
        ("x.", "data"),
        ("", ""),
    ],
)
def test_a_file_has_the_name_of_its_field(name: str, stored: str) -> None:
    """Of the name that a file has where the user has it, a plain ending is all that is left."""
    assert stored_name(Field(name="data", type="file"), name) == stored
