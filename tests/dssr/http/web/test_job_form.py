"""The form of a job, read."""

import pytest

from dssr.http.web.job_form import Filled, mark_of, values_of
from dssr.job import JobRef, JobState, Resources
from dssr.jobs.request import JobRequest
from dssr.record import About, JobRecord

SCRIPT = "#!/bin/bash\ntrue\n"


def test_each_field_asks_for_what_it_says() -> None:
    """Each field is a member of the request, or an option of sbatch, and the script is as its user
    wrote it."""
    filled = Filled({
        "script": SCRIPT, "name": " relax ", "nodes": "2", "cores": "8", "memory": "16G",
        "gpus": "0", "walltime": "1-02:00:00", "partition": "batch", "account": "p1", "qos": "high",
        "image": "docker://alpine", "working_directory": "/scratch/run", "tasks": "4",
        "environment": "A=1\r\nB=x=y z\r\n", "labels": "project=water", "arguments": "--n '3 4'",
        "mail_type": "END", "dependency": "afterok:1", "options": "--constraint='a&b' --requeue",
        "held": "on", "exclusive": "on",
    })  # fmt: skip
    assert filled.request() == JobRequest(
        script=SCRIPT, name="relax", nodes=2, cores_per_node=8, memory_mb_per_node=16 * 1024,
        gpus_per_node=0, walltime_seconds=93_600, partition="batch", account="p1", qos="high",
        image="docker://alpine", working_directory="/scratch/run",
        environment={"A": "1", "B": "x=y z"}, labels={"project": "water"},
        arguments=("--n", "3 4"), held=True, exclusive=True,
        options={
            "ntasks": "4", "mail-type": "END", "dependency": "afterok:1", "constraint": "a&b",
            "requeue": "",
        },
    )  # fmt: skip
    assert filled.problems == {}


def test_modules_are_lines_of_the_script() -> None:
    """Modules are loaded by lines of the script; no other field changes it."""
    filled = Filled({"script": SCRIPT, "nodes": "2", "modules": "gcc mpi", "environment": "B=x y"})
    script = filled.request().script
    assert [line for line in script.splitlines() if line] == [
        "#!/bin/bash", "module load gcc", "module load mpi", "true",
    ]  # fmt: skip


@pytest.mark.parametrize("script", [SCRIPT, "true", "#!/usr/bin/python3\n\n\nprint(1)\n\n\n"])
def test_without_fields_the_script_is_as_it_was_written(script: str) -> None:
    """Where no field is filled in, nothing is added to the script."""
    assert Filled({"script": script, "nodes": " "}).request() == JobRequest(script=script)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("script", ""), ("script", " \n"), ("nodes", "0"), ("nodes", "two"), ("nodes", "-1"),
        ("cores", "1.5"), ("cores", "9" * 20), ("memory", "lots"), ("name", "a b"),
        ("memory", "0"), ("memory", "0G"),
        ("gpus", "x"), ("walltime", "soon"), ("environment", "A"), ("environment", "=x"),
        ("labels", "x"), ("options", "-N 2"), ("options", "--"), ("options", "'--x"),
        ("options", "--constraint"), ("options", "--nodes=2"), ("arguments", "'"),
        ("nodes", "\u0661"), ("partition", "a\n#SBATCH --uid=0"), ("modules", "$(id)"),
    ],
)  # fmt: skip
def test_a_wrong_field_has_a_sentence(field: str, value: str) -> None:
    """A value that cannot be read is reported at its field, and no other field is."""
    filled = Filled({"script": SCRIPT, field: value})
    filled.request()
    assert list(filled.problems) == [field]
    assert len(filled.problems[field]) > 5


def test_fields_that_no_interpreter_takes_are_reported() -> None:
    """A script for another interpreter than a shell cannot load modules, and the form says so."""
    filled = Filled({"script": "#!/usr/bin/python3\nprint(1)\n", "modules": "gcc"})
    filled.request()
    assert "need a shell" in filled.problems["script"]


@pytest.mark.parametrize("text", ["a\r\nb\r\n", "\ufeffa\nb\n", "a\rb\r"])
def test_a_browser_s_line_ends_become_unix_ones(text: str) -> None:
    """The script is as it was written, however a browser or an editor sends its lines."""
    assert Filled({"script": text}).request().script == "a\nb\n"


def test_a_past_job_fills_in_the_form() -> None:
    """A form that is filled in from a job asks for the same script and resources."""
    about = About(image="a.sif", labels=(("project", "water"),))
    resources = Resources("batch", "p1", nodes=2, cores=8, memory_mb=200, gpus=2, walltime=93_600)
    job = JobRecord("1", JobRef("relax", 1), JobState.FAILED, about=about, resources=resources)
    asked = Filled(values_of(job, SCRIPT)).request()
    assert asked == JobRequest(
        script=SCRIPT, name="relax", image="a.sif", labels={"project": "water"}, nodes=2,
        cores_per_node=4, memory_mb_per_node=100, gpus_per_node=1, walltime_seconds=93_600,
        partition="batch", account="p1",
    )  # fmt: skip


def _edited(script: str, **more: str) -> Filled:
    """A form whose fields gave SCRIPT, after this edit of it."""
    fields = {"script": SCRIPT, "name": "a b", "nodes": "2", "shown": mark_of(SCRIPT)}
    return Filled(fields | {"batch": script} | more)


@pytest.mark.parametrize("script", ["", " \n", SCRIPT, SCRIPT.replace("\n", "\r\n")])
def test_a_script_as_it_was_shown_is_no_edit(script: str) -> None:
    """The script beside the fields asks for nothing while it is as it was shown, or empty."""
    filled = _edited(script, name="relax")
    assert not filled.is_edited
    assert filled.request() == JobRequest(script=SCRIPT, name="relax", nodes=2)


def test_an_edited_script_is_submitted_instead_of_the_fields() -> None:
    """A script that was edited by hand is submitted as it is, with what is no part of a script;
    the fields say nothing any more, not even what is wrong with them."""
    filled = _edited("#!/bin/sh\r\ntrue", image="a.sif", labels="a=b", arguments="3", held="on")
    assert filled.request() == JobRequest(
        script="#!/bin/sh\ntrue", image="a.sif", labels={"a": "b"}, arguments=("3",), held=True
    )
    assert filled.problems == {}


def test_a_template_of_an_edited_form_has_the_script() -> None:
    """What a form says is all of its fields; once its script was edited, that and what is no part
    of a script."""
    assert _edited(SCRIPT).said()["nodes"] == "2"
    said = _edited("#!/bin/sh\r\ntrue", image="a.sif").said()
    assert said["script"] == "#!/bin/sh\ntrue"
    assert (said["name"], said["image"], "nodes" in said) == ("a b", "a.sif", False)
