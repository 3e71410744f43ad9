"""Which program runs a script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executors.interpreter import interpreter, run_script


@given(st.text())
def test_any_script_has_an_interpreter(script: str) -> None:
    """A script has an interpreter of one or two words: the default where no line names one."""
    assert 1 <= len(interpreter(script, "/bin/sh")) <= 2
    assert interpreter("#!\n" + script, "/bin/sh") == ("/bin/sh",)


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("/bin/csh -f", "/bin/csh"),
        ("/usr/bin/env foo", "/usr/bin/env foo"),
        ("/usr/bin/env python3 -u", "/usr/bin/env 'python3 -u'"),  # as env(1) would look for it
        ("/usr/bin/env -S A=1 -i foo -x", "/usr/bin/env foo"),
        ("/usr/bin/env -iS foo", "/usr/bin/env foo"),
        ("/usr/bin/env -i", "/usr/bin/env"),
    ],
)
def test_the_programs_that_a_script_needs(line: str, needed: str) -> None:
    """The interpreter of the first line, and what env(1) looks for."""
    assert run_script(f"#!{line}\n").startswith(f"for dssr_program in {needed}; do\n")
