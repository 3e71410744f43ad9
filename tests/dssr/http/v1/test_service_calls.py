"""The calls of services, on a bridge that runs none. Those of a cluster are in
tests/end_to_end/test_services_bridge.py."""

import base64
from typing import Any

import pytest

from dssr.errors import BadRequest
from dssr.http.v1.service_models import EXAMPLE, ServiceRequest
from dssr.seams import PART
from dssr.service import ServiceSpec


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "/demo"),
        ("delete", "/demo"),
        ("post", "/demo/restart"),
        ("get", "/demo/files/serve.py"),
        ("put", "/demo/files/serve.py"),
    ],
)
def test_a_bridge_without_a_cluster_has_no_services(method: str, path: str, v1: Any) -> None:
    """Each call says that services need a cluster."""
    answer = v1.call(method, f"/services{path}")
    assert answer.status_code == 404
    assert "they need a Slurm cluster" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"script": ""}, "'script'"),
        ({"walltime": 60}, "'walltime_seconds'"),
        ({"walltime_seconds": 59}, "'walltime_seconds'"),
        ({"port_range": [80, 90]}, "'port_range[0]'"),
        ({"port_range": [2000]}, "'port_range'"),
        ({"heartbeat_seconds": 0}, "'heartbeat_seconds'"),
        ({"files": {"serve.py": "no"}}, "'serve.py'"),
        ({"files": {str(n): "" for n in range(101)}}, "'files'"),
        ({"files": {"data": base64.b64encode(bytes(PART + 1)).decode()}}, "files/PATH"),
    ],
)
def test_a_wrong_member_is_named(members: dict[str, Any], named: str, v1: Any) -> None:
    """A member that is unknown or cannot be is named, and what would be right."""
    answer = v1.call("put", "/services/demo", json=EXAMPLE | members)
    assert answer.status_code == 400
    assert named in answer.json()["detail"]


def test_a_wrong_parameter_is_named(v1: Any) -> None:
    """A parameter that cannot be is named, and what would be right."""
    answer = v1.call("put", "/services/demo/files/a?directory=here", data=b"")
    assert answer.status_code == 400
    assert "must be an absolute path" in answer.json()["detail"]
    answer = v1.call("delete", "/services/demo?purge=maybe")
    assert answer.status_code == 400
    assert "'purge' must be true or false" in answer.json()["detail"]


def test_a_request_is_a_services_own_words() -> None:
    """Each member of a request reaches the service, and what is left out has the service's own
    default."""
    asked = {
        "script": "#!/bin/sh\n", "arguments": ["-v"], "environment": {"A": "1"},
        "options": {"partition": "gpu"}, "walltime_seconds": 600, "drain_seconds": 5,
        "hold_seconds": 6, "idle_seconds": 7, "timeout_seconds": 8, "heartbeat_seconds": 9,
        "port_range": [2000, 3000], "overlap": False, "health": "/ok",
    }  # fmt: skip
    assert ServiceSpec.of(ServiceRequest.model_validate(asked).members("demo")) == ServiceSpec(
        name="demo", script="#!/bin/sh\n", arguments=("-v",), environment=(("A", "1"),),
        options=(("partition", "gpu"),), walltime=600, drain=5, hold=6, idle=7, timeout=8,
        heartbeat=9, ports=(2000, 3000), overlap=False, health="/ok",
    )  # fmt: skip
    least = ServiceRequest.model_validate({"script": "x"}).members("demo")
    assert ServiceSpec.of(least) == ServiceSpec(name="demo", script="x")


def test_files_come_with_a_request() -> None:
    """Contents are in base64; a request without files says nothing about where the service runs."""
    asked = ServiceRequest.model_validate({"script": "x", "files": {"a/b": "aGVsbG8="}})
    assert asked.contents() == {"a/b": b"hello"}
    assert "files" not in asked.members("demo")
    assert ServiceRequest.model_validate({"script": "x"}).contents() is None
    assert ServiceRequest.model_validate({"script": "x", "files": {}}).contents() == {}


def test_a_name_is_a_label_of_a_host_name() -> None:
    """A name that no host can have is refused."""
    with pytest.raises(BadRequest, match="cannot be a service's name"):
        ServiceSpec.of(ServiceRequest.model_validate({"script": "x"}).members("No"))
