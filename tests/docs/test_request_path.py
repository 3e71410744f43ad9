"""The handbook's page about the path of a request, compared with traced requests."""

import re

import pytest

from tests.bench.trace import Trace, trace
from tests.cluster import Cluster
from tests.docs.markdown import handbook


@pytest.fixture(scope="module")
def traces(cluster: Cluster) -> dict[str, Trace]:
    """The traced requests by their names."""
    return {found.request: found for found in trace(cluster)}


ROW = re.compile(r"^\| \d+ \| `(\S+)` \|", re.MULTILINE)


@pytest.mark.parametrize(
    ("title", "request_"),
    [("A submission", "/submit, a container"), ("A status", "/runstatus")],
)
def test_the_page_lists_the_files_that_a_request_enters(
    title: str, request_: str, traces: dict[str, Trace]
) -> None:
    """The table has the files in the order in which the request first enters them."""
    shown = ROW.findall(handbook("request-path").section(title))
    assert shown == list(traces[request_].functions)


def test_the_page_names_the_files_that_a_plain_script_does_not_enter(
    traces: dict[str, Trace],
) -> None:
    """The sentence above the table has them in their order; the others are the table's."""
    section = handbook("request-path").section("A submission")
    [sentence] = re.findall(r"without (.*?):", section, re.DOTALL)
    plain = [*traces["/submit, a plain script"].functions]
    left_out = [file for file in ROW.findall(section) if file not in plain]
    assert set(plain) < set(ROW.findall(section))
    assert re.findall("`(.*?)`", sentence) == [file.rpartition("/")[2] for file in left_out]
