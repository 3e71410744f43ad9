"""The text that describes a template."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.templates.field import Field
from dssr.templates.template import BadTemplate, Template, read, text_of
from tests.dssr.templates.examples import FIT, fit

SCRIPT = "script: |\n  echo hi\n"
# Characters that a script may have and that mean something to YAML.
TEXTS = st.text(
    st.sampled_from("\n \t#:-'\"\\|>&*!%@`{}[],?~0") | st.characters(categories=["L", "N", "P"]),
    max_size=30,
)


def test_scalars_are_as_they_are_written() -> None:
    """A time limit is no number, and a word such as 'no' is a word."""
    fields = {field.name: field for field in fit().fields}
    assert fields["walltime"].max == "01:00:00"
    assert fields["tolerance"].min == "1e-9"
    found = read("title: no\nfields: {a: {choices: [yes, no, 1e3]}}\n" + SCRIPT)
    assert (found.title, found.fields[0].choices) == ("no", ("yes", "no", "1e3"))


def test_a_field_of_every_job_has_its_type() -> None:
    """The type of a job's field is known, and that of an own one is text unless it is named."""
    types = {field.name: field.type for field in fit().fields}
    assert types["walltime"] == "time"
    assert types["memory"] == "memory"
    assert types["method"] == "text"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "title, about, fields and script"),
        ("- a\n", "title, about, fields and script"),
        ("title: [\n", "Line 2 is no YAML"),
        ("title: a\ntitle: b\n" + SCRIPT, "'title' is there twice"),
        ("title: a\x07\n" + SCRIPT, "no YAML"),
        (SCRIPT, "'title' is missing"),
        ("title: a\n", "'script' is missing"),
        ("title: a\nscripts: b\n", "is it 'script'?"),
        ("title: a\nfields: [a]\n" + SCRIPT, "by their names"),
        ("title: a\nfields: {A-b: {}}\n" + SCRIPT, "called 'A-b'"),
        ("title: a\nfields: {a: 5}\n" + SCRIPT, "must have members"),
        ("title: a\nfields: {a: {maximum: 5}}\n" + SCRIPT, "'maximum'"),
        ("title: a\nfields: {a: {type: float}}\n" + SCRIPT, "'type' must be one of"),
        ("title: a\nfields: {nodes: {type: text}}\n" + SCRIPT, "leave out 'type'"),
        ("title: a\nfields: {a: {choices: x}}\n" + SCRIPT, "must be a list"),
        ("title: a\nfields: {a: {locked: maybe}}\n" + SCRIPT, "must be true or false"),
        ("title: a\nfields: {a: {min: 5}}\n" + SCRIPT, "only numbers"),
        ("title: a\nfields: {nodes: {min: 5, max: 2}}\n" + SCRIPT, "no value fits"),
        ("title: a\nfields: {nodes: {max: many}}\n" + SCRIPT, "'max': 'many'"),
        ("title: a\nfields: {nodes: {max: 2, default: 3}}\n" + SCRIPT, "'default': 3"),
        ("title: a\nfields: {nodes: {max: 2, choices: [1, 3]}}\n" + SCRIPT, "'choices': 3"),
        ("title: a\nfields: {a: {choices: [x], default: y}}\n" + SCRIPT, "'default': 'y'"),
        ("title: a\nfields: {a: {type: file, default: y}}\n" + SCRIPT, "no default"),
        ("title: a\nfields: {a: {locked: true, required: true}}\n" + SCRIPT, "no default"),
        ("title: a\nfields: {a: {type: file}, working_directory: }\n" + SCRIPT, "of the job's own"),
        ("title: a\nscript: echo $FIELD_STEPS\n", "no field 'steps'"),
        ("title: a\nfields: {a: {}}\nscript: '#!/usr/bin/python3'\n", "#!/bin/bash"),
    ],
)
def test_a_mistake_is_a_sentence(text: str, words: str) -> None:
    """A text that describes no template is refused with what is wrong, and where."""
    with pytest.raises(BadTemplate) as caught:
        read(text)
    assert words in caught.value.message


def test_all_mistakes_are_named_at_once() -> None:
    """An operator sees each mistake of a text, not the first one alone."""
    with pytest.raises(BadTemplate) as caught:
        read("tittle: a\nfields: {A: {}, b: {type: x}}\nscript: 'true'\n")
    assert len(caught.value.sentences) == 4


def test_a_script_may_set_variables_itself() -> None:
    """A variable that looks like a field's is none where the script sets it."""
    assert read("title: a\nscript: FIELD_A=1; echo $FIELD_A\n").fields == ()


def test_a_text_makes_no_object() -> None:
    """A tag of YAML for Python's objects has no effect."""
    with pytest.raises(BadTemplate) as caught:
        read("title: !!python/object/apply:os.system ['id']\n" + SCRIPT)
    assert "'title' is missing" in caught.value.message


def test_what_is_written_is_read_back() -> None:
    """A template is the same after it was written and read."""
    assert read(text_of(fit())) == fit()
    assert "script: |" in text_of(read(FIT))


@given(TEXTS, TEXTS.map(lambda text: " ".join(text.split())))
def test_any_script_is_read_back(script: str, value: str) -> None:
    """A script comes back byte for byte, whatever it means to YAML, and so do values."""
    template = Template(
        title="t",
        script=f"#!/bin/bash\n{script}x",
        fields=(Field(name="a", default=value, help=value),),
    )
    assert read(text_of(template)) == template
