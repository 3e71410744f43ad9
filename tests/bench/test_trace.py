"""The traced path is complete: it begins where waitress passes a request on, and ends at the
transport."""

import pytest

from tests.bench.trace import Trace, trace
from tests.cluster import Cluster


@pytest.fixture(scope="module")
def traces(cluster: Cluster) -> list[Trace]:
    """One trace of each request."""
    return trace(cluster)


def test_a_trace_leads_from_the_server_to_the_transport(traces: list[Trace]) -> None:
    """Each trace begins in the server, ends at the transport's run, and names no function twice."""
    assert len({found.request for found in traces}) == len(traces) == 3
    for found in traces:
        files = [*found.functions]
        assert files[0].startswith("dssr/http/serving/"), found
        assert found.path[-1] == ("connectors/transports/ssh/transport.py", "SshTransport.run")
        assert len(found.path) == len(set(found.path)) < len(found.steps)
        assert f"1. `{files[0]}`: `" in found.markdown


def test_the_two_scripts_take_different_paths(traces: list[Trace]) -> None:
    """A container's submission enters the executor, and a plain script's does not."""
    plain, container, _ = traces
    assert "executors/singularity.py" not in plain.functions
    assert "executors/singularity.py" in container.functions
