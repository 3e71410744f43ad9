"""What the fields of the submission form may hold."""

from dataclasses import replace

import pytest

from connectors.shared.options import OPTIONS, Takes
from dssr.form.fields import FLAGS, OPTION_OF, Form, problems

FORM = Form(command="hostname")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "a b", "cannot be a job's name"),
        ("name", "%j", "cannot be a job's name"),
        ("partition", "two words", "one word of ASCII"),
        ("account", "a\n#SBATCH --uid=0", "one word of ASCII"),
        ("qos", "\u202e", "one word of ASCII"),
        ("nodes", "0", "whole number of 1 or more"),
        ("tasks", "2 ", "whole number of 1 or more"),
        ("cores", "-1", "whole number of 1 or more"),
        ("cores", "\u0662", "whole number of 1 or more"),
        ("gpus", "a100:1", "whole number of 0 or more"),
        ("memory", "4 GB", "500M, 4G or 1T"),
        ("walltime", "an hour", "HH:MM:SS"),
        ("working_directory", "run7", "absolute path"),
        ("working_directory", "/a\nb", "absolute path"),
        ("mail_type", "end", "END,FAIL"),
        ("mail_user", "a b@c", "alice@example.org"),
        ("dependency", "afterok: 5", "afterok:1234"),
        ("modules", ("gcc; rm -rf ~",), "name of a module"),
        ("modules", ("--help",), "name of a module"),
        ("environment", (("1A", ""),), "letters, digits"),
        ("environment", (("A B", ""),), "letters, digits"),
        ("environment", (("DSSR_TOKEN", ""),), "DSSR_"),
        ("environment", (("A", "\0"),), "NUL"),
        ("options", (("--nice", "5"),), "leave out the dashes"),
        ("options", (("nodes", "5"),), "fill in nodes"),
        ("options", (("cpus-per-task", "5"),), "fill in cores"),
        ("options", (("comment", "a\n#SBATCH --uid=0"),), "one line"),
        ("options", (("comment", "a\u2028b"),), "one line"),
        ("options", (("comment", "\ud800"),), "one line"),
        ("options", (("comment", None),), "needs a value"),
        ("command", " \n", "no command"),
        ("command", "echo \0", "NUL"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object, sentence: str) -> None:
    """A field that is wrong is the only one named, with what would be right."""
    found = problems(replace(FORM, **{field: value}))  # type: ignore[arg-type]
    assert list(found) == [field]
    assert sentence in found[field]
    assert "\n" not in found[field]


def test_all_wrong_fields_are_named() -> None:
    """A form names every field that is wrong, so that a page marks them all at once."""
    found = problems(Form(command="", nodes="x", walltime="x", modules=("!",)))
    assert set(found) == {"command", "nodes", "walltime", "modules"}


def test_an_empty_form_with_a_command_is_right() -> None:
    """A command alone is enough."""
    assert problems(FORM) == {}


def test_each_field_with_an_option_may_be_filled_in() -> None:
    """Every field that becomes an option is one of the form's."""
    assert set(OPTION_OF) <= set(vars(FORM))


def test_an_option_without_a_value_takes_no_other_line() -> None:
    """The form leaves out the value only where sbatch's option can do without."""
    assert {name for name, takes in OPTIONS.items() if takes is not Takes.A_VALUE} == FLAGS
