"""What a field of a template may hold."""

import pytest

from dssr.templates.field import Field, mistake

STEPS = Field(name="steps", type="integer", min="1", max="1000")
LIMIT = Field(name="walltime", type="time", max="01:00:00")
MEMORY = Field(name="memory", type="memory", min="500M", max="4G")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (STEPS, "1"),
        (STEPS, "1000"),
        (STEPS, ""),
        (Field(name="x", type="number", min="-1e3"), "-999.5"),
        (Field(name="x", type="number"), ".5e-6"),
        (LIMIT, "60"),
        (LIMIT, "0-01"),
        (MEMORY, "1G"),
        (MEMORY, "4096M"),
        (Field(name="a", choices=("x y", "z")), "x y"),
        (Field(name="a", default="7", locked=True), "7"),
        (Field(name="a"), "'; rm -rf ~; $(id) `id` \\ \" # \u00fc"),
        (Field(name="environment", type="lines"), "A=1\nB=2"),
    ],
)
def test_what_fits_is_taken(field: Field, value: str) -> None:
    """A value within the bounds is right, in whatever unit it is written."""
    assert mistake(field, value) == ""


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (STEPS, "0", "1 to 1000"),
        (STEPS, "1001", "1 to 1000"),
        (STEPS, "5; id", "no whole number"),
        (STEPS, "\u0665", "no whole number"),
        (Field(name="x", type="number"), "nan", "no number"),
        (Field(name="x", type="number"), "inf", "no number"),
        (LIMIT, "61", "at most 01:00:00"),
        (LIMIT, "UNLIMITED", "at most 01:00:00"),
        (LIMIT, "soon", "no time limit"),
        (MEMORY, "499M", "500M to 4G"),
        (MEMORY, "5G", "500M to 4G"),
        (Field(name="a", choices=("x", "z")), "y", "choose one of x, z"),
        (Field(name="a", default="7", locked=True), "8", "stays so"),
        (Field(name="a", default="7", locked=True), "", "stays so"),
        (Field(name="a", required=True), "", "Fill this in"),
        (Field(name="a"), "two\nlines", "one line"),
        (Field(name="a"), "\x1b[2J", "printable"),
        (Field(name="a"), "x\u2028y", "printable"),
        (Field(name="a"), "x" * 1001, "1000"),
        (Field(name="environment", type="lines"), "A=\0", "no text"),
    ],
)
def test_what_does_not_fit_is_a_sentence(field: Field, value: str, words: str) -> None:
    """A value beyond the bounds, of the wrong kind, or of a locked field is refused with what would
    be right."""
    assert words in mistake(field, value)


def test_a_field_is_the_template_s_own_or_one_of_every_job() -> None:
    """The name decides; an own field has a variable that is no other program's."""
    assert not LIMIT.is_own
    assert (STEPS.is_own, STEPS.variable, STEPS.title) == (True, "FIELD_STEPS", "Steps")
