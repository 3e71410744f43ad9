"""One value of a form is one word of a directive, whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.shared.directives import read
from dssr.errors import BadRequest
from dssr.form.quoting import directive, option_in
from tests.dssr.form.forms import LINES

VALUED = {"N": "nodes", "nodes": "nodes"}


@given(LINES)
def test_a_value_is_read_back_as_it_was(value: str) -> None:
    """No character of a value ends its word or its line, or begins another option."""
    line = directive("comment", value)
    [option] = read(f"#!/bin/sh\n{line}\n")
    assert (option.name, option.value) == ("comment", value)
    assert option_in(line, {}) == ("comment", value)


@given(st.text(st.sampled_from("#SBATCH --nodes2=-N\"'\\ \t:hold"), max_size=20))
def test_a_line_is_read_as_sbatch_reads_it(rest: str) -> None:
    """A line that is read at all is one option, the same that sbatch reads there."""
    line = f"#SBATCH {rest}"
    try:
        name, value = option_in(line, VALUED)
        found = read(f"#!/bin/sh\n{line}\n")
    except (ValueError, BadRequest):
        return
    assert len(found) == 1
    assert found[0].name.startswith(name)  # sbatch completes abbreviations
    assert found[0].value == value


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("#SBATCH --nodes=2", ("nodes", "2")),
        ("#SBATCH  --nodes 2  ", ("nodes", "2")),
        ("#SBATCH -N2", ("nodes", "2")),
        ("#SBATCH -N 2", ("nodes", "2")),
        ("#SBATCH --hold", ("hold", None)),
        ('#SBATCH --comment="two words"', ("comment", "two words")),
    ],
)
def test_lines_with_one_option(line: str, option: tuple[str, str | None]) -> None:
    """The usual spellings of one option are read."""
    assert option_in(line, VALUED) == option


@pytest.mark.parametrize(
    "line",
    [
        "#SBATCH",
        "#SBATCH --nodes=2 --hold",
        "#SBATCH --hold --nodes=2",
        "#SBATCH --hold on",
        "#SBATCH -HN2",
        "#SBATCH -x node1",
        "#SBATCH --comment='single'",
        '#SBATCH --comment=half"quoted"',
        '#SBATCH --comment="not closed',
        "#SBATCH --nodes=2 # a remark",
        "#SBATCH 2",
        "#SBATCHES --nodes=2",
        "#SBATCH --nodes=",
    ],
)
def test_lines_that_are_left_alone(line: str) -> None:
    """A line with no option or several, or with quotes of another kind, is not read."""
    with pytest.raises(ValueError, match="not one option"):
        option_in(line, VALUED)
