"""What comes of the canary where a cluster is not healthy."""

from collections.abc import Iterator
from typing import cast

import pytest

from connectors.shared import canary as module
from connectors.shared.canary import canary
from dssr.errors import NotFinal
from dssr.job import JobRef, JobResult, JobSpec, JobState, JobStatus, Output, Snapshot, Submitted
from dssr.seams import Connector, Finding, Status


class Cluster:
    """A cluster on which the canary is in these states, one a look, and then has this result."""

    def __init__(self, states: Iterator[JobState], result: JobResult | None) -> None:
        self.states, self.final = states, result
        self.spec: JobSpec | None = None

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``."""
        self.spec = spec
        return Submitted("17", launch)

    def snapshot(self) -> Snapshot:
        """See ``dssr.seams.Connector``."""
        ref = JobRef("dssr-canary", 1, "17")
        return Snapshot({"17": JobStatus(ref, next(self.states))})

    def result(self, ref: JobRef) -> JobResult:
        """See ``dssr.seams.Connector``."""
        if self.final is None:
            raise NotFinal("It has not ended.")
        return self.final


def examined(cluster: Cluster) -> tuple[Finding, list[str]]:
    """What is found, and the jobs that were noted."""
    jobs: list[str] = []
    return canary(cast(Connector, cluster), 2, (("qos", "low"),), jobs.append), jobs


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No long waits."""
    for name, seconds in (("_QUEUE", 0.2), ("_RUN", 0.2), ("_LOOK", 0.01)):
        monkeypatch.setattr(module, name, seconds)


def ended(state: JobState, text: bytes) -> JobResult:
    """A result."""
    return JobResult(state, 1, Output(text), "NonZeroExitCode")


def test_both_nodes_are_heard() -> None:
    """The canary is well when it has completed and each node has printed its line."""
    pending = iter([JobState.PENDING, JobState.RUNNING])
    cluster = Cluster(pending, ended(JobState.COMPLETED, b"hello\ncanary on a\ncanary on b\n"))
    found, jobs = examined(cluster)
    assert (found.status, jobs) == (Status.OK, ["17"])
    assert found.detail.startswith("A job ran on a, b:")
    assert cluster.spec is not None
    assert cluster.spec.options == (("qos", "low"),)


@pytest.mark.parametrize(
    ("state", "text"),
    [(JobState.COMPLETED, b"canary on a\n"), (JobState.FAILED, b"canary on a\ncanary on b\n")],
)
def test_a_canary_that_dies(state: JobState, text: bytes) -> None:
    """A node that is not heard, and a job that does not complete, fail with state and output."""
    found, _ = examined(Cluster(iter([JobState.RUNNING]), ended(state, text)))
    assert found.status is Status.FAILURE
    assert f"ended as {state} (NonZeroExitCode)" in found.detail


def test_a_canary_that_waits() -> None:
    """A canary that does not leave the queue says nothing about the cluster."""
    found, jobs = examined(Cluster(iter([JobState.PENDING] * 100), None))
    assert (found.status, jobs) == (Status.SKIPPED, ["17"])


def test_a_canary_without_a_result() -> None:
    """A canary that never ends raises the connector's own words."""
    with pytest.raises(NotFinal, match="has not ended"):
        examined(Cluster(iter([JobState.RUNNING]), None))
