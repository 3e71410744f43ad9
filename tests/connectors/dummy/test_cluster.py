"""The cluster that the dummy connector shows."""

from connectors.dummy import cluster
from dssr.job import JobRef, JobState, Resources
from dssr.record import JobRecord
from dssr.seams import Count


def job(state: JobState, *nodes: str, cores: int = 0) -> JobRecord:
    """A job with these nodes and so many cores on all of them."""
    given = Resources(nodes=max(1, len(nodes)), cores=cores, gpus=len(nodes))
    return JobRecord("7", JobRef("job", 1, "7"), state, nodes=nodes, resources=given)


def test_without_jobs_there_is_one_idle_node() -> None:
    """The view has a node and an empty queue."""
    view = cluster.view([])
    assert [(node.name, node.state) for node in view.nodes] == [("dummy1", "IDLE")]
    assert (view.nodes[0].cores, list(view.queue)) == (Count(64, 64, 0), [])


def test_each_node_has_its_share_of_the_jobs() -> None:
    """Cores and GPUs of a job are divided among its nodes, and a job that waits has none."""
    jobs = [
        job(JobState.RUNNING, "dummy1", "dummy2", cores=8),
        job(JobState.RUNNING, "dummy1", cores=80),
        job(JobState.PENDING, cores=4),
    ]
    view = cluster.view(jobs)
    assert {node.name: (node.cores, node.gpus.busy) for node in view.nodes} == {
        "dummy1": (Count(84, 0, 84), 2),
        "dummy2": (Count(64, 60, 4), 1),
    }
    assert len(view.queue) == 3
