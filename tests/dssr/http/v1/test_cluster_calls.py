"""The calls that show the cluster, over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dssr.errors import Unavailable
from dssr.http.v1.cluster_models import ClusterAbout, NodeList, PartitionList, Queue
from dssr.job import JobState
from dssr.seams import ClusterLimits, ClusterView, Count, Node, Partition, QueuedJob

NONE = Count()


def job(native_id: str, **more: Any) -> QueuedJob:
    """A job that waits, of bob's."""
    usual: dict[str, Any] = {
        "name": "x", "user": "bob", "state": JobState.PENDING, "reason": "Priority",
        "partition": "batch", "nodes": 1, "submitted": 1_900_000_000.0, "expected_start": None,
        "priority": 10,
    }  # fmt: skip
    return QueuedJob(native_id, **usual | more)


def view(**parts: Any) -> ClusterView:
    """A cluster of two partitions and eleven nodes."""
    partitions = [
        Partition("a", False, "DOWN", NONE, NONE, NONE, NONE, accounts=("p1",)),
        Partition("batch", True, "UP", Count(11, 10, 0, 1), Count(88, 80, 0, 8), NONE, NONE, 60, 5),
    ]
    nodes = [Node(f"n{n}", "IDLE", ("batch",), Count(8, 8), NONE, NONE) for n in range(11, 0, -1)]
    nodes[0] = replace(nodes[0], state="DOWN", reason="fan <b>", since=1_900_000_000.0)
    limits = ClusterLimits({"MaxJobCount": "10000"}, {"p1": {"GrpTRES": "cpu=64"}})
    found = ClusterView("slurm", "24.11.5", "login", partitions, nodes, (), limits, 0.0)
    return replace(found, **parts)


@pytest.fixture
def shows(v1: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[ClusterView], None]:
    """Have the connector show that cluster, as it was some seconds ago."""

    def show(found: ClusterView) -> None:
        monkeypatch.setattr(v1.connector, "cluster", lambda: found)

    return show


def test_the_cluster_says_what_it_is(v1: Any) -> None:
    """The response has all members of the contract; what the connector can do is among them."""
    answer = v1.get("/cluster")
    about = answer.json()
    ClusterAbout.model_validate(about)
    assert (about["reachable"], about["problem"]) == (True, "")
    assert (about["connector"], about["executor"]) == ("dummy", "native")
    assert {"records", "hold", "why", "output", "files", "check"} <= set(about["features"])
    assert "directories" not in about["features"]


def test_a_cluster_that_is_away_is_shown(v1: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster that does not answer is 200 with the reason; its lists are 503."""

    def away() -> ClusterView:
        raise Unavailable("Slurm's controller does not answer.")

    monkeypatch.setattr(v1.connector, "cluster", away)
    about = v1.get("/cluster").json()
    ClusterAbout.model_validate(about)
    assert about["reachable"] is False
    assert about["problem"] == "Slurm's controller does not answer."
    assert v1.get("/cluster/nodes").status_code == 503


def test_partitions(v1: Any, shows: Callable[[ClusterView], None]) -> None:
    """Partitions come by name; what is not limited is null."""
    shows(view())
    found = v1.get("/cluster/partitions").json()
    PartitionList.model_validate(found)
    a, batch = found["items"]
    assert (batch["name"], batch["is_default"]) == ("batch", True)
    assert batch["nodes"] == {"total": 11, "free": 10, "busy": 0, "down": 1}
    assert (batch["max_walltime_seconds"], batch["default_walltime_seconds"]) == (60, 5)
    assert (a["max_walltime_seconds"], a["max_nodes"], a["accounts"]) == (None, None, ["p1"])
    assert found["age_seconds"] > 0


def test_nodes_come_in_the_order_of_their_numbers(
    v1: Any, shows: Callable[[ClusterView], None]
) -> None:
    """A page ends where the limit says, and `next` leads to the rest."""
    shows(view())
    first = v1.get("/cluster/nodes?limit=9").json()
    NodeList.model_validate(first)
    assert [node["name"] for node in first["items"]] == [f"n{n}" for n in range(1, 10)]
    last = v1.get(f"/cluster/nodes?limit=9&after={first['next']}").json()
    assert [node["name"] for node in last["items"]] == ["n10", "n11"]
    assert last["next"] is None
    assert (last["items"][1]["reason"], last["items"][1]["since"]) == (
        "fan <b>", "2030-03-17T17:46:40Z",
    )  # fmt: skip


def test_the_queue_has_the_jobs_that_wait_first(
    v1: Any, shows: Callable[[ClusterView], None]
) -> None:
    """Among jobs that wait the priority decides, then the age; states have the API's names."""
    shows(view(queue=[
        job("9", state=JobState.RUNNING, priority=99, reason=""),
        job("10", priority=7),
        job("2", priority=7, expected_start=1_900_000_100.0),
        job("7", priority=0, reason="JobHeldUser", is_held=True),
        job("8_[0-3]", priority=50),
        job("11", state=JobState.CONFIGURING, priority=None),
    ]))  # fmt: skip
    found = v1.get("/cluster/queue").json()
    Queue.model_validate(found)
    assert [each["native_id"] for each in found["items"]] == ["8_[0-3]", "2", "10", "7", "11", "9"]
    states = {each["native_id"]: each["state"] for each in found["items"]}
    assert (states["7"], states["9"], states["11"]) == ("HELD", "RUNNING", "PENDING")
    assert found["items"][1]["expected_start_at"] == "2030-03-17T17:48:20Z"


def test_the_age_changes_no_tag(v1: Any, shows: Callable[[ClusterView], None]) -> None:
    """The same cluster at a later time is 304 for a caller that has it; another one is not."""
    for path in ("/cluster", "/cluster/partitions", "/cluster/nodes", "/cluster/queue"):
        shows(view(queue=[job("1")]))
        tag = v1.get(path).headers["ETag"]
        shows(view(queue=[job("1")], taken=5.0))
        again = v1.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b""), path
        shows(view(queue=(), nodes=(), partitions=(), version="25.05"))
        assert v1.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after=x", "state=PENDING"])
def test_a_wrong_parameter_is_named(query: str, v1: Any) -> None:
    """A list answers 400, and the error names the parameter."""
    answer = v1.get(f"/cluster/queue?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-request")
    assert query.partition("=")[0] in answer.json()["detail"]
