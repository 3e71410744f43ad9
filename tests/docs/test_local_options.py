"""The handbook's table of sbatch options on the connector `local`, compared with the code."""

import re

import pytest

from connectors.local.options import ALWAYS_SO, OBEYED, OURS
from tests.docs.markdown import handbook


@pytest.mark.parametrize(
    ("row", "options"),
    [
        ("take effect", OBEYED),
        ("are true of every job", ALWAYS_SO),
        ("are accepted and have no effect", OURS),
    ],
)
def test_the_options_of_the_local_connector(row: str, options: frozenset[str]) -> None:
    """Each row of the page's table lists exactly the options that the connector treats so."""
    [shown] = re.findall(rf"^\| {row} \| (.*) \|$", handbook("job-script").text, re.MULTILINE)
    assert set(re.findall(r"`--([a-z-]+)`", shown)) == options
