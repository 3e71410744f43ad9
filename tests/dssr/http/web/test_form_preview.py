"""What a page shows beside the fields of a form."""

import pytest

from connectors.shared.directives import read
from dssr.http.web.form_preview import preview_of
from dssr.http.web.job_form import Filled, mark_of
from dssr.jobs.one_script import one_script
from tests.dssr.form.test_limits import VIEW

SCRIPT = "#!/bin/bash\ntrue\n"


def test_the_script_asks_for_what_the_form_asks_for() -> None:
    """The preview's script is the one that a check returns, made by the same function."""
    values = {"script": SCRIPT, "name": "relax", "nodes": "2", "cores": "4", "held": "on"}
    preview = preview_of(values | {"batch": "edited", "shown": "x"}, None)
    assert preview.script == one_script(Filled(values).request())
    assert preview.mark == mark_of(preview.script)
    assert [(option.name, option.value) for option in read(preview.script)] == [
        ("ntasks-per-node", "4"), ("hold", None), ("job-name", "relax"), ("nodes", "2"),
    ]  # fmt: skip


def test_wrong_fields_are_left_out() -> None:
    """A field that is wrong is reported, and the script asks for all the others."""
    preview = preview_of({"script": SCRIPT, "nodes": "2", "memory": "lots", "labels": "x"}, None)
    assert sorted(preview.problems) == ["labels", "memory"]
    assert preview.script == "#!/bin/bash\n#SBATCH --nodes=2\n\ntrue\n"


@pytest.mark.parametrize(
    ("values", "why_none"),
    [
        ({"script": ""}, "There is no command"),
        ({"script": "#!/usr/bin/python3\n1\n", "environment": "A=1"}, "the script runs in "),
    ],
)
def test_where_there_is_no_script_there_is_a_reason(values: dict[str, str], why_none: str) -> None:
    """Where no script asks for the same, a sentence says why."""
    preview = preview_of(values, None)
    assert preview.script == ""
    assert preview.why_none.startswith(why_none)


def test_what_is_no_part_of_a_script_is_named() -> None:
    """The image, the arguments and the labels are sentences beside the script."""
    values = {"script": SCRIPT, "image": "a.sif", "arguments": "-n '3 4'", "labels": "a=b"}
    preview = preview_of(values, None)
    assert preview.script == SCRIPT
    assert preview.beside == [
        "It runs in the container a.sif, which the bridge starts.",
        "Its arguments are: -n '3 4'",
        "Its labels are: a=b",
    ]


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("a\r\nb", []), ("\ufeffa\r\nb", ["a byte-order mark"]),
        ("a\rb", ["old Mac line ends (CR)"]),
    ],
)  # fmt: skip
def test_what_a_browser_does_by_itself_is_no_fault(text: str, fixed: list[str]) -> None:
    """A browser sends all lines with CRLF, so that only other faults are named."""
    assert preview_of({"script": text}, None).fixed == fixed


def test_the_limits_are_those_of_the_cluster() -> None:
    """With a cluster, the fields have its limits; without one, none."""
    preview = preview_of({"script": SCRIPT, "nodes": "4", "cores": "x"}, VIEW)
    assert preview.limits.excesses == {"nodes": "batch has 3 nodes."}
    assert preview.document()["limits"]["hints"]["gpus"] == "none in batch"
    assert preview_of({"script": SCRIPT}, None).limits.hints == {}


@pytest.mark.parametrize(("box", "words"), [("exclusive", "whole nodes"), ("held", "the hold")])
def test_a_box_that_decides_about_the_start_promises_none(box: str, words: str) -> None:
    """A job that wants whole nodes or is held is not said to start at once."""
    assert preview_of({"script": SCRIPT}, VIEW).limits.start.endswith("it could start at once.")
    start = preview_of({"script": SCRIPT, box: "on"}, VIEW).limits.start
    assert start.startswith(f"Room for it now is not counted, because of {words}.")
