"""The view of a real cluster, for each generation of Slurm."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import Unavailable
from dssr.job import JobState
from dssr.seams import ShowsCluster
from dssr.settings.reading import parse
from tests.cluster import Cluster
from tests.cluster.fixtures import ClusterFactory

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]
HOSTILE = "x|y\nN0NCE|1|RUNNING'\""


def connect(cluster: Cluster) -> SlurmConnector:
    """A bridge's connector, that nothing has asked yet."""
    return SlurmConnector(parse(cluster.settings(), SlurmSettings))


def commands(connector: SlurmConnector) -> float:
    """How many commands it has sent."""
    (count,) = [f.value for f in connector.figures() if f.name == "dssr_ssh_commands_total"]
    return count


@pytest.fixture(scope="module")
def queued(any_cluster: Cluster) -> Iterator[str]:
    """The native id of another user's job that waits."""
    words = ["sbatch", "--parsable", "-H", "-N", "2", "-J", HOSTILE, "--wrap", "true"]
    done = any_cluster.run("login", words, user="bob")
    assert done.returncode == 0, done.stderr
    native_id = done.stdout.decode().strip()
    yield native_id
    any_cluster.run("login", ["scancel", native_id], user="bob")


def test_the_view_shows_a_real_cluster(any_cluster: Cluster, queued: str) -> None:
    """Partitions, nodes, other users' jobs and limits come from the controller, over SSH."""
    connector = connect(any_cluster)
    assert isinstance(connector, ShowsCluster)
    shown = connector.cluster()
    assert shown.version.startswith(any_cluster.generation)
    assert shown.host == "login"
    assert [p.name for p in shown.partitions] == ["batch", "short"]
    assert [(node.name, node.cores.total) for node in shown.nodes] == [("node1", 8), ("node2", 8)]
    assert all(node.memory_mb.total == 3000 and node.gpus.total == 2 for node in shown.nodes)
    (job,) = [job for job in shown.queue if job.native_id == queued]
    assert (job.name, job.user, job.state, job.reason, job.nodes) == (
        HOSTILE, "bob", JobState.PENDING, "JobHeldUser", 2,
    )  # fmt: skip
    assert set(shown.limits.accounts) == {"limited", "research"}
    connector.close()


def test_one_command_serves_all_callers(any_cluster: Cluster) -> None:
    """Callers at the same time and callers of the next seconds share one command; before the first
    caller there is none."""
    connector = connect(any_cluster)
    connector.snapshot()
    before = commands(connector)
    with ThreadPoolExecutor(16) as pool:
        views = list(pool.map(lambda _: connector.cluster(), range(64)))
    assert commands(connector) == before + 1
    assert len({id(view) for view in views}) == 1
    connector.close()


def test_a_controller_that_is_away_is_reported(cluster_factory: ClusterFactory) -> None:
    """While slurmctld is stopped there is an error that names it; nothing is left running on the
    login node."""
    cluster = cluster_factory()
    cluster.stop("login", "slurmctld")
    settings = parse(cluster.settings() | {"JARVICE_ANSWER_TIMEOUT": "5"}, SlurmSettings)
    connector = SlurmConnector(settings)
    with pytest.raises(Unavailable, match="Slurm's controller does not show the cluster"):
        connector.cluster()
    left = cluster.run("login", ["pgrep", "-u", "jarvice", "scontrol"]).stdout
    assert left == b""
    connector.close()
