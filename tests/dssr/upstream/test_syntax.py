"""The placeholder rule: a format string where it is one, otherwise the script as it is."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dssr.errors import TooLarge
from dssr.upstream.syntax import LONGEST, PLACEHOLDER, parse

BRACELESS = st.text(st.characters(exclude_characters="{}"))


@given(BRACELESS)
def test_text_without_braces_is_unchanged(text: str) -> None:
    """A script without braces has nothing to fill in and stays as it is."""
    template = parse(text).template
    assert template.parts == (text,)
    assert not template.has_placeholder
    assert template.filled("never") == text


@given(st.text("{}$a\n!:[]0.", max_size=60))
def test_text_without_the_placeholder_is_unchanged(text: str) -> None:
    """Without the placeholder no brace of a script has a meaning, '{{' included."""
    assert parse(text).template.filled("never") == text


@given(BRACELESS, BRACELESS, BRACELESS)
def test_the_placeholder_is_replaced_in_place(before: str, after: str, parameters: str) -> None:
    """The placeholder is replaced in place; what is filled in is not read again, and nothing around
    it changes."""
    assert (
        parse(before + PLACEHOLDER + after).template.filled(parameters)
        == before + parameters + after
    )


@given(st.lists(st.sampled_from(["{{", "}}", "a", "\n", "$", "'", PLACEHOLDER]), max_size=30))
def test_a_format_string_reads_as_python_reads_it(tokens: list[str]) -> None:
    """For every valid format string with this field alone the result is that of str.format."""
    assume(PLACEHOLDER in tokens)
    source = "".join(tokens)
    assert parse(source).template.filled("<{}>") == source.format(DOWNSTREAM_PARAMETERS="<{}>")


@given(
    st.text("{}$X;", max_size=20),
    st.sampled_from(["${X}", "{0}", "{", "}", "a{b}c", "{DOWNSTREAM_PARAMETERS!r}"]),
)
def test_any_other_script_is_verbatim(text: str, shell: str) -> None:
    """A script that is no format string, or has another field, keeps its double braces, placeholder
    replaced."""
    source = f"{text}\n{PLACEHOLDER}\necho '{{{{' {shell}"
    try:
        source.format(DOWNSTREAM_PARAMETERS="")
    except (ValueError, LookupError):
        assert parse(source).template.filled("P") == source.replace(PLACEHOLDER, "P")


@pytest.mark.parametrize(
    "field", ["{DOWNSTREAM_PARAMETERS:>999999999}", "{DOWNSTREAM_PARAMETERS.__class__}", "{x}"]
)
def test_a_field_that_does_something_is_left_alone(field: str) -> None:
    """Widths, attributes and other names are never evaluated."""
    assert parse(field).template.filled("P") == field


def test_a_double_braced_placeholder_is_no_placeholder_in_a_format_string() -> None:
    """In a format string, ``{{DOWNSTREAM_PARAMETERS}}`` becomes the word itself in single
    braces."""
    source = PLACEHOLDER + "\n# {" + PLACEHOLDER + "}\n"
    assert parse(source).template.filled("P") == "P\n# " + PLACEHOLDER + "\n"


def test_too_many_placeholders_are_refused() -> None:
    """A megabyte of placeholders does not become gigabytes of parameters."""
    with pytest.raises(TooLarge, match="one place is enough"):
        parse(PLACEHOLDER * 10_000).template.filled("x" * (LONGEST // 9_999))


@pytest.mark.parametrize(
    "hostile",
    [
        "{{" * 500_000,
        "{" * 1_000_000,
        "}" * 1_000_001,
        "{a}" * 300_000,
        "{DOWNSTREAM_PARAMETERS:" + "{" * 1_000_000,
    ],
    ids=["escapes", "open", "close", "fields", "nested"],
)
def test_a_hostile_megabyte_is_read_like_any_other(hostile: str) -> None:
    """A hostile script of a megabyte is read in a time that is linear in its length."""
    assert parse(hostile).template.parts == (hostile,)
    assert PLACEHOLDER not in parse(f"{hostile}\n{PLACEHOLDER}").template.filled("P")
