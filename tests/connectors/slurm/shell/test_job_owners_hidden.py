"""Whose job it is where Slurm hides jobs (PrivateData), on a real cluster."""

import re
from collections.abc import Callable, Iterator

import pytest

from connectors.slurm.connector import SlurmConnector
from dssr.errors import Unavailable
from dssr.job import JobState
from dssr.testing.harness import SUCCESS
from tests.cluster import Cluster, Options
from tests.connectors.slurm.owned import Bridges, ended, forgotten, job, printed, submit
from tests.end_to_end.service import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def private(cluster_possible: None) -> Iterator[Cluster]:
    """Jobs are hidden from other users, the service user has no special rights, and the controller
    forgets jobs soon."""
    booted = Cluster.up(options=Options(private_data=True, min_job_age=2))
    as_root(booted, "sacctmgr -i delete coordinator account=research,limited names=jarvice")
    yield booted
    booted.down()


@pytest.fixture(scope="module")
def unaccounted(cluster_possible: None) -> Iterator[Cluster]:
    """The same without accounting."""
    booted = Cluster.up(options=Options(private_data=True, min_job_age=2, accounting=False))
    yield booted
    booted.down()


@pytest.fixture
def bridges() -> Iterator[Callable[[Cluster], Bridges]]:
    """``bridges(cluster)``: bridges there, which end with the test."""
    made: list[Bridges] = []

    def new(cluster: Cluster) -> Bridges:
        made.append(Bridges(cluster))
        return made[-1]

    yield new
    for each in made:
        each.end()


def as_root(cluster: Cluster, script: str) -> None:
    """Run this on the login node."""
    cluster.run("login", ["sh", "-euc", script]).check_returncode()


def complaint(connector: SlurmConnector) -> str:
    """What /gc would say is wrong."""
    try:
        connector.ping()
    except Unavailable as error:
        return error.message
    return ""


def content(connector: SlurmConnector) -> bool:
    """Whether /gc says that all is well, soon: slurmctld takes a moment to read its
    configuration."""
    return eventually(lambda: complaint(connector), lambda words: not words) == ""


class TestHiddenJobs:
    """PrivateData on a real cluster, and whether the cure in the error works."""

    @pytest.mark.parametrize(
        ("cure", "undo"),
        [
            (
                "sacctmgr add coordinator account=ACCOUNT names=jarvice",
                "sacctmgr delete coordinator account=ACCOUNT names=jarvice",
            ),
            (
                "sacctmgr modify user name=jarvice set adminlevel=Operator",
                "sacctmgr modify user name=jarvice set adminlevel=None",
            ),
        ],
    )
    def test_each_cure_is_one(
        self, private: Cluster, bridges: Callable[[Cluster], Bridges], cure: str, undo: str
    ) -> None:
        """While a job is hidden from the list, /gc says what to type; once that is typed, the job
        is listed and all is well, for a bridge that was started since, too."""
        bridge = bridges(private)
        connector = bridge.begin()
        ref = submit(connector, job("alice"))
        assert printed(connector, ref, b"begun by alice")
        told = complaint(connector)
        assert ref.native_id in told
        assert cure in told
        with pytest.raises(
            Unavailable, match=rf"owner of job {ref.native_id} is.*{re.escape(cure)}"
        ):
            bridge.begin().result(ref)
        assert cure in complaint(bridge.begin()), (
            "a bridge that submitted none of them says so, too"
        )
        as_root(private, cure.replace("ACCOUNT", "research").replace("sacctmgr", "sacctmgr -i"))
        try:
            assert content(connector)
            assert content(bridge.begin())
            assert connector.snapshot()[ref.native_id].owner == "alice"
            assert bridge.begin().output(ref, 10).data == b"begun by alice\n"
            bridge.begin().cancel(ref)
            assert ended(bridge.begin(), ref)[0] is JobState.CANCELLED
        finally:
            as_root(private, undo.replace("ACCOUNT", "research").replace("sacctmgr", "sacctmgr -i"))

    def test_hidden_jobs_are_cancelled_and_reported_as_their_owner(
        self, private: Cluster, bridges: Callable[[Cluster], Bridges]
    ) -> None:
        """The bridge that submitted a hidden job remembers its owner, who can cancel it and see its
        end."""
        connector = bridges(private).begin()
        ref = submit(connector, job("bob"))
        assert printed(connector, ref, b"begun by bob")
        connector.cancel(ref)
        assert ended(connector, ref)[0] is JobState.CANCELLED

    def test_without_accounting(
        self, unaccounted: Cluster, bridges: Callable[[Cluster], Bridges]
    ) -> None:
        """The cure is in slurm.conf; the owner of a job that the controller has forgotten is not
        known to a bridge that was started since."""
        bridge = bridges(unaccounted)
        connector = bridge.begin()
        ref, short = submit(connector, job("alice")), submit(connector, job("alice", SUCCESS))
        assert printed(connector, ref, b"begun by alice")
        assert "scontrol reconfigure" in complaint(connector)
        assert "scontrol reconfigure" in complaint(bridge.begin())
        as_root(unaccounted, "sed -i /PrivateData/d /etc/slurm/slurm.conf; scontrol reconfigure")
        assert content(connector)
        assert bridge.begin().snapshot()[ref.native_id].owner == "alice"
        forgotten(unaccounted, short)
        for call in (SlurmConnector.result, SlurmConnector.cancel, SlurmConnector.describe):
            with pytest.raises(Unavailable, match=f"owner of job {short.native_id} is"):
                call(bridge.begin(), short)
        assert ended(connector, short)[0] is JobState.COMPLETED
