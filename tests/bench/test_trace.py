"""The traced path is complete: it begins where waitress passes a request on, and ends at the
transport."""

import pytest

from tests.bench.trace import Trace, trace
from tests.cluster import Cluster

READERS = ("executors/", "connectors/shared/")  # what reads or writes the texts of a job


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
        assert found.path[-1] == ("connectors/transports/login_nodes.py", "LoginNodes.run")
        assert len(found.path) == len(set(found.path)) < len(found.steps)
        assert f"1. `{files[0]}`: `" in found.markdown


def test_the_two_scripts_take_different_paths(traces: list[Trace]) -> None:
    """Both read the interpreter of the script's first line; only a container's submission enters
    the executor, and only a plain script is read for directives."""
    plain, container, _ = (
        {f"{file} {name}" for file, name in found.path if file.startswith(READERS)}
        for found in traces
    )
    interpreter, launch = "executors/interpreter.py interpreter", "executors/singularity.py "
    directives = "connectors/shared/directives.py read"
    assert {interpreter, directives} < plain
    assert not any(step.startswith(launch) for step in plain)
    assert {interpreter, f"{launch}Singularity.launch"} < container
    assert directives not in container
