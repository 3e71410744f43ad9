"""The handbook's table of sbatch options on the connector `local`, compared with the code."""

import re

import pytest

from connectors.local.options import ALWAYS_SO, OBEYED
from tests.docs.markdown import handbook


@pytest.mark.parametrize(
    ("row", "options"), [("take effect", OBEYED), ("are true of every job", ALWAYS_SO)]
)
def test_the_options_of_the_local_connector(row: str, options: frozenset[str]) -> None:
    """The page lists the options that the connector obeys, and those that change nothing."""
    [shown] = re.findall(rf"^\| {row} \| (.*) \|$", handbook("job-script").text, re.MULTILINE)
    assert set(re.findall(r"`--([a-z-]+)`", shown)) == options
