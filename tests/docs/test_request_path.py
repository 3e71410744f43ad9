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


@pytest.mark.parametrize(
    ("title", "request_"),
    [("A submission", "/submit, a container"), ("A status", "/runstatus")],
)
def test_the_page_lists_the_files_that_a_request_enters(
    title: str, request_: str, traces: dict[str, Trace]
) -> None:
    """The table has the files in the order in which the request first enters them."""
    shown = re.findall(r"^\| \d+ \| `(\S+)` \|", handbook("request-path").section(title), re.M)
    assert shown == list(traces[request_].functions)
