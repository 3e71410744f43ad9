"""One query for all callers, and what the bridge itself has done since."""

from unittest.mock import Mock

import pytest

from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, JobStatus
from tests.connectors.slurm.queried_cluster import MAX_AGE, SOON, Cluster, job, ref, states


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def snapshot(cluster: Cluster) -> SharedSnapshot:
    return SharedSnapshot(cluster.query, MAX_AGE, SOON, cluster.now)


def test_a_query_serves_for_its_time(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """An answer serves for its time and no longer; its age is that of the query."""
    first = snapshot.get()
    assert first.taken == cluster.time
    cluster.time += MAX_AGE
    assert snapshot.get() is first
    cluster.time += 0.1
    assert snapshot.get() is not first
    assert cluster.queries == 2


def test_an_idle_bridge_sends_no_query(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """An idle bridge sends no query, whatever it has done before."""
    cluster.time += 3600
    snapshot.submitted(ref("1"))
    snapshot.cancelled(ref("1"))
    snapshot.changed()
    assert cluster.queries == 0


def test_a_submission_is_seen_at_once(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """A submitted job is pending without another query, until a later query shows more."""
    cluster.jobs = job("1", JobState.RUNNING)
    assert states(snapshot) == {"1": JobState.RUNNING}
    cluster.time += 1
    snapshot.submitted(ref("2"))
    assert states(snapshot) == {"1": JobState.RUNNING, "2": JobState.PENDING}
    assert cluster.queries == 1
    cluster.jobs |= job("2", JobState.RUNNING)
    cluster.time += MAX_AGE + 1
    assert states(snapshot) == {"1": JobState.RUNNING, "2": JobState.RUNNING}


def test_changes_cost_nothing_until_a_caller_asks(
    snapshot: SharedSnapshot, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of ten thousand jobs is not made anew for each of a hundred submissions, but once for
    the caller that asks for it."""
    make = Mock(side_effect=snapshot._with_changes)
    monkeypatch.setattr(snapshot, "_with_changes", make)
    snapshot.get()
    for number in range(100):
        snapshot.submitted(ref(str(number)))
    assert make.call_count == 0
    assert len(snapshot.get()) == len(snapshot.get()) == 100
    assert make.call_count == 1


def test_a_submission_during_a_query_is_not_lost(
    snapshot: SharedSnapshot, cluster: Cluster
) -> None:
    """A job that is submitted during a query is pending, because the query may have missed it."""

    def submit() -> None:
        cluster.time += 1
        snapshot.submitted(ref("2"))

    cluster.during = submit
    assert states(snapshot) == {"2": JobState.PENDING}
    assert snapshot.unlisted() == []


def test_a_cancellation_is_seen_at_once(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """A pending job has ended, a running one is about to; one that has ended stays as it ended."""
    cluster.jobs = (
        job("1", JobState.PENDING) | job("2", JobState.RUNNING) | job("3", JobState.TIMEOUT)
    )
    snapshot.get()
    cluster.time += 1
    for native_id in ("1", "2", "3", "no such job"):
        snapshot.cancelled(ref(native_id))
    assert states(snapshot) == {
        "1": JobState.CANCELLED,
        "2": JobState.COMPLETING,
        "3": JobState.TIMEOUT,
    }
    assert cluster.queries == 1
    cluster.time += MAX_AGE + 1
    assert states(snapshot)["2"] is JobState.RUNNING  # Slurm's own word, once it is newer


def test_an_end_that_was_reported_is_seen_at_once(
    snapshot: SharedSnapshot, cluster: Cluster
) -> None:
    """A job whose end was reported is not shown as running by an older answer; Slurm's own word
    takes effect once it is newer."""
    cluster.jobs = job("1", JobState.RUNNING)
    snapshot.get()
    cluster.time += 1
    snapshot.cancelled(ref("1"))
    snapshot.ended(ref("1"), JobState.FAILED)
    snapshot.ended(ref("no such job"), JobState.FAILED)
    assert states(snapshot) == {"1": JobState.FAILED}
    cluster.time += MAX_AGE + 1
    assert states(snapshot) == {"1": JobState.RUNNING}


def test_looks_are_younger_for_a_while_after_a_change(
    snapshot: SharedSnapshot, cluster: Cluster
) -> None:
    """After a submission answers are younger for a while, because the caller wants to see the job
    start."""
    cluster.time += 1
    snapshot.submitted(ref("1"))
    snapshot.get()
    cluster.time += 3
    snapshot.get()
    assert cluster.queries == 2
    cluster.time += 60
    snapshot.get()
    cluster.time += 3
    snapshot.get()
    assert cluster.queries == 3


def test_jobs_that_no_look_has_shown_are_known(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """The bridge knows the jobs that no query has shown, until each is explained or appears: Slurm
    may hide them from the service user."""
    snapshot.submitted(ref("1"))
    snapshot.submitted(ref("2"))
    cluster.time += 1
    assert states(snapshot) == {}
    assert snapshot.unlisted() == [ref("1"), ref("2")]
    snapshot.explained(ref("1"))
    assert snapshot.unlisted() == [ref("2")]
    cluster.jobs = job("2", JobState.RUNNING)
    cluster.time += MAX_AGE + 1
    snapshot.get()
    assert snapshot.unlisted() == []


def test_it_reports_whether_the_cluster_answered(cluster: Cluster) -> None:
    """The figures say whether and when the cluster last answered; before the first query there is
    no age, and reading them sends none."""
    snapshot = SharedSnapshot(cluster.query, MAX_AGE, SOON, cluster.now)

    def figures() -> dict[str, float]:
        return {figure.name: figure.value for figure in snapshot.figures()}

    assert figures() == {"dssr_cluster_answered": 0}
    snapshot.get()
    cluster.time += 100
    assert figures() == {"dssr_cluster_answered": 1, "dssr_snapshot_age_seconds": 100}
    cluster.during = fail
    with pytest.raises(Unavailable):
        snapshot.get()
    assert figures() == {"dssr_cluster_answered": 0, "dssr_snapshot_age_seconds": 100}
    assert cluster.queries == 2


def fail() -> None:
    """What happens in a query of a cluster that does not answer."""
    raise Unavailable("No answer.")


class TestIdsThatBeginAgain:
    """After a reset of Slurm's ids, a job of this bridge has the id of an older one."""

    OLD, NEW = JobRef("old", 1, "5"), JobRef("new", 1, "5")

    def test_a_cancellation_of_the_old_job(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """The cancellation of the old job changes nothing about the new one."""
        cluster.jobs = {"5": JobStatus(self.NEW, JobState.RUNNING)}
        snapshot.get()
        cluster.time += 1
        snapshot.cancelled(self.OLD)
        assert states(snapshot) == {"5": JobState.RUNNING}
        snapshot.cancelled(self.NEW)
        assert states(snapshot) == {"5": JobState.COMPLETING}

    def test_a_submission_after_a_query_of_the_old_job(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """The new job replaces the old one, which has the same id, in the list."""
        cluster.jobs = {"5": JobStatus(self.OLD, JobState.COMPLETED)}
        snapshot.get()
        cluster.time += 1
        snapshot.submitted(self.NEW)
        assert snapshot.get()["5"] == JobStatus(self.NEW, JobState.PENDING)

    def test_the_old_job_explains_nothing(self, snapshot: SharedSnapshot, cluster: Cluster) -> None:
        """The old job, listed or explained, does not show where the new one is."""
        cluster.jobs = {"5": JobStatus(self.OLD, JobState.RUNNING)}
        snapshot.submitted(self.NEW)
        cluster.time += 1
        snapshot.get()
        snapshot.explained(self.OLD)
        assert snapshot.unlisted() == [self.NEW]


def test_an_unlisted_job_that_cannot_be_explained(
    snapshot: SharedSnapshot, cluster: Cluster
) -> None:
    """An unlisted job that could not be explained comes after the others next time; one that was
    explained meanwhile does not come back."""
    for native_id in ("1", "2", "3"):
        snapshot.submitted(ref(native_id))
    cluster.time += 1
    snapshot.get()
    snapshot.postponed(ref("1"))
    assert snapshot.unlisted() == [ref("2"), ref("3"), ref("1")]
    snapshot.explained(ref("2"))
    snapshot.postponed(ref("2"))
    assert snapshot.unlisted() == [ref("3"), ref("1")]
