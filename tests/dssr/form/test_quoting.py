"""One value of a form is one word of a directive, whatever it holds."""

from hypothesis import given

from connectors.shared.directives import read
from dssr.form.quoting import directive
from tests.dssr.form.forms import LINES


@given(LINES)
def test_a_value_is_read_back_as_it_was(value: str) -> None:
    """No character of a value ends its word or its line, or begins another option."""
    line = directive("comment", value)
    [option] = read(f"#!/bin/sh\n{line}\n")
    assert (option.name, option.value) == ("comment", value)
