"""/gc on the real cluster: OK means that a job can be submitted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import Unavailable
from dssr.settings.reading import parse
from tests.cluster import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

SMALL = "/home/jarvice/small"


@contextmanager
def bridge(cluster: Cluster, **changes: str) -> Iterator[SlurmConnector]:
    """A bridge's connector with these settings."""
    connector = SlurmConnector(parse(cluster.settings() | changes, SlurmSettings))
    yield connector
    connector.close()


@pytest.fixture
def small(cluster: Cluster) -> Iterator[str]:
    """A file system with room for a file's name, and for nothing in it."""
    mount = f"mkdir -p {SMALL} && mount -t tmpfs -o size=4k,mode=1777 tmpfs {SMALL}"
    cluster.run("login", ["sh", "-c", mount]).check_returncode()
    yield SMALL
    cluster.run("login", ["umount", "-l", SMALL]).check_returncode()


def test_a_cluster_that_takes_jobs(cluster: Cluster) -> None:
    """Slurm accepts the job that does nothing, and no job is submitted."""
    with bridge(cluster) as connector:
        connector.ping()
        before = connector.snapshot()
        connector.ping()
        assert connector.snapshot().keys() == before.keys()
        kinds = {f.labels: f.value for f in connector.figures() if "queries" in f.name}
    assert kinds[("kind", "trial"),] == 1


@pytest.mark.parametrize("setting", ["JARVICE_STATE_DIR", "JARVICE_JOB_SCRATCH_DIR"])
@pytest.mark.parametrize("place", ["/root/x", "/proc/x", SMALL])
def test_a_directory_that_cannot_be_written(
    setting: str, place: str, cluster: Cluster, small: str
) -> None:
    """The sentence names the directory and its setting; a full file system is found too."""
    cure = pytest.raises(Unavailable, match=f"{place}/.*set {setting}")
    with bridge(cluster, **{setting: place}) as connector, cure:
        connector.ping()


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("account=nope", "Invalid account .*defaultaccount"),
        ("partition=nope", "[Ii]nvalid partition .*default partition"),
        ("mem=999999999", "Requested node configuration .*sinfo -R"),
    ],
)
def test_a_job_that_slurm_refuses(option: str, words: str, cluster: Cluster) -> None:
    """The sentence has Slurm's words and the cure."""
    sentence = pytest.raises(Unavailable, match=f"even a job that does nothing .*{words}")
    with bridge(cluster, JARVICE_SLURM_CHECK_OPTIONS=option) as connector, sentence:
        connector.ping()
