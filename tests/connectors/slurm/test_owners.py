"""Whose job it is: what is asked, in which order, and what is said when nobody can tell."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from connectors.slurm import owners as module
from connectors.slurm.connector import SlurmConnector
from connectors.slurm.owners import Owners
from connectors.slurm.remote import Remote
from connectors.slurm.snapshot import SharedSnapshot
from dssr.errors import ConnectFailed, NotFound, Unavailable
from dssr.job import JobRef, JobState, JobStatus
from dssr.seams import Completed, Purpose
from tests.cluster import Cluster, Options
from tests.connectors.harness import SUCCESS
from tests.connectors.slurm.owned import Bridges, ended, forgotten, job, printed, submit
from tests.end_to_end.service import eventually

REF = JobRef("name", 7, "5")


class Node:
    """A login node's answers: what squeue lists, what sacct knows, what is hidden; it writes down what it was asked."""

    def __init__(self) -> None:
        self.listed: dict[str, JobStatus] = {}
        self.accounted = ""
        self.private = "none"
        self.asked: list[str] = []
        self.silent: type[Unavailable] | None = None
        self.later: Callable[[], None] = lambda: None  # happens after the first look

    def look(self) -> dict[str, JobStatus]:
        self.asked.append("squeue")
        if self.silent:
            raise self.silent("silence")
        found = dict(self.listed)
        self.later()
        return found

    def run(
        self, argv: Sequence[str], *, input: bytes | None = None, timeout: float, purpose: Purpose = Purpose.SUBMIT
    ) -> Completed:
        if argv[0] != "sacct":
            self.asked.append("sight")
            return Completed(tuple(argv), 0, f"sight\ncontroller {self.private}\n".encode(), b"")
        self.asked.append("sacct")
        if self.accounted == "disabled":
            return Completed(tuple(argv), 1, b"", b"Slurm accounting storage is disabled")
        mark = next(word for word in argv if word.startswith("--delimiter=")).partition("=")[2]
        row = f"5{mark}{self.accounted}{mark}jarvice_name{mark}{mark}\n" if self.accounted else ""
        return Completed(tuple(argv), 0, row.encode(), b"")

    def close(self) -> None:
        """Nothing."""

    def lists(self, ref: JobRef, owner: str) -> None:
        """squeue shows this job from now on."""
        self.listed[ref.native_id] = JobStatus(ref, JobState.RUNNING, owner=owner)


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def snapshot(node: Node) -> SharedSnapshot:
    return SharedSnapshot(node.look, 1000.0, 10.0)


@pytest.fixture
def find(node: Node, snapshot: SharedSnapshot) -> Callable[..., str]:
    """``find(ref)`` for one bridge."""
    owners, remote = Owners(snapshot, "svc"), Remote(node, "", 10.0)
    found: Callable[..., str] = lambda ref=REF: owners.find(ref, remote.call())  # noqa: E731
    found.note = owners.note  # type: ignore[attr-defined]
    return found


class TestTheOrder:
    """What costs nothing first; what was found is remembered."""

    def test_what_is_remembered_is_not_asked(self, node: Node, find: Callable[..., str]) -> None:
        """A submission just made, or an owner found before."""
        find.note(REF, "alice")  # type: ignore[attr-defined]
        assert find() == "alice"
        assert node.asked == []

    def test_squeue_comes_before_sacct(self, node: Node, find: Callable[..., str]) -> None:
        """And is asked once for all."""
        node.lists(REF, "alice")
        node.accounted = "bob"
        assert [find(), find()] == ["alice", "alice"]
        assert node.asked == ["squeue"]

    @pytest.mark.parametrize("other", [replace(REF, name="x"), replace(REF, number=8)])
    def test_what_squeue_shows_must_fit(self, node: Node, find: Callable[..., str], other: JobRef) -> None:
        """Ids begin again from 1: a job of another name or number is not meant."""
        node.lists(other, "mallory")
        node.accounted = "alice"
        assert find() == "alice"

    def test_a_job_submitted_after_the_last_look(self, node: Node, snapshot: SharedSnapshot, find: Callable[..., str]) -> None:
        """Through another bridge, on a cluster without accounting: there is another look."""
        snapshot.get()
        node.lists(REF, "alice")
        node.accounted = "disabled"
        assert find() == "alice"
        assert node.asked == ["squeue", "sacct", "squeue"]

    def test_the_longest_ago_are_forgotten(self, node: Node, find: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
        """The memory is bounded; what was forgotten is asked again."""
        monkeypatch.setattr(module, "_MOST", 2)
        node.accounted = "bob"
        for n in (1, 2, 3):
            find.note(JobRef("name", 7, str(n)), "alice")  # type: ignore[attr-defined]
        find.note(REF, "alice")  # type: ignore[attr-defined]
        assert [find(JobRef("name", 7, "3")), find()] == ["alice", "alice"]
        with pytest.raises(NotFound):
            find(JobRef("name", 7, "1"))


class TestNobodyCanTell:
    """An unknown owner is not an unknown job."""

    def test_what_slurm_never_had(self, node: Node, find: Callable[..., str]) -> None:
        """Neither lists it, both answered, and nothing is hidden: it was not submitted. That nothing is hidden is not asked
        for each."""
        for n in range(3):
            with pytest.raises(NotFound):
                find(JobRef("name", 7, str(1000 + n)))
        assert node.asked.count("sight") == 1

    @pytest.mark.parametrize("native_id", ["", "nonsense", "../1", "-1", "٣", "5 6"])
    def test_what_is_no_id(self, node: Node, find: Callable[..., str], native_id: str) -> None:
        """Nobody is asked about it."""
        with pytest.raises(NotFound):
            find(replace(REF, native_id=native_id))
        assert node.asked == []

    def test_without_accounting(self, node: Node, find: Callable[..., str]) -> None:
        """A job that the controller has forgotten."""
        node.accounted = "disabled"
        with pytest.raises(Unavailable, match="accounting storage is disabled") as raised:
            find()
        assert "MinJobAge" in raised.value.message

    def test_while_jobs_may_be_hidden(self, node: Node, find: Callable[..., str]) -> None:
        """With the cure; and once that has been applied the answer is another."""
        node.private = "jobs"
        with pytest.raises(Unavailable, match="sacctmgr add coordinator"):
            find()
        node.private = "none"
        with pytest.raises(NotFound):
            find()

    def test_while_the_controller_is_silent(self, node: Node, find: Callable[..., str]) -> None:
        """Accounting may know; if it does not, that proves nothing."""
        node.silent = Unavailable
        with pytest.raises(Unavailable, match="silence"):
            find()
        node.accounted = "alice"
        assert find() == "alice"

    def test_while_the_login_node_is_away(self, node: Node, find: Callable[..., str]) -> None:
        """It is asked once: the next question would go the same way."""
        node.silent = ConnectFailed
        with pytest.raises(ConnectFailed):
            find()
        assert node.asked == ["squeue"]


@pytest.fixture(scope="module")
def private(cluster_possible: None) -> Iterator[Cluster]:
    """Jobs are hidden from others, and the service user is nobody special; a job is forgotten soon."""
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
    """Whether /gc says that all is well, soon: slurmctld takes a moment to read its configuration."""
    return eventually(lambda: complaint(connector), lambda words: not words) == ""


@pytest.mark.cluster
@pytest.mark.timeout(240)
class TestHiddenJobs:
    """PrivateData on a real cluster, and whether the cure that is told is one."""

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
    def test_each_cure_is_one(self, private: Cluster, bridges: Callable[[Cluster], Bridges], cure: str, undo: str) -> None:
        """The job is not in the list and /gc says what to type; when that was typed, the job is there and all is well, for
        a bridge that was started anew, too."""
        bridge = bridges(private)
        connector = bridge.begin()
        ref = submit(connector, job("alice"))
        assert printed(connector, ref, b"begun by alice")
        told = complaint(connector)
        assert ref.native_id in told
        assert cure in told
        with pytest.raises(Unavailable, match=rf"whose job {ref.native_id} is.*{re.escape(cure)}"):
            bridge.begin().result(ref)
        as_root(private, cure.replace("ACCOUNT", "research").replace("sacctmgr", "sacctmgr -i"))
        try:
            assert content(connector)
            assert connector.snapshot()[ref.native_id].owner == "alice"
            assert bridge.begin().output(ref, 10).data == b"begun by alice\n"
            bridge.begin().cancel(ref)
            assert ended(bridge.begin(), ref)[0] is JobState.CANCELLED
        finally:
            as_root(private, undo.replace("ACCOUNT", "research").replace("sacctmgr", "sacctmgr -i"))

    def test_hidden_jobs_are_cancelled_and_told_by_their_owner(
        self, private: Cluster, bridges: Callable[[Cluster], Bridges]
    ) -> None:
        """Who submitted the job remembers whose it is; hidden or not, its owner sees it."""
        connector = bridges(private).begin()
        ref = submit(connector, job("bob"))
        assert printed(connector, ref, b"begun by bob")
        connector.cancel(ref)
        assert ended(connector, ref)[0] is JobState.CANCELLED

    def test_without_accounting(self, unaccounted: Cluster, bridges: Callable[[Cluster], Bridges]) -> None:
        """The cure is slurm.conf; a job that the controller has forgotten is nobody's for a bridge that was started since."""
        bridge = bridges(unaccounted)
        connector = bridge.begin()
        ref, short = submit(connector, job("alice")), submit(connector, job("alice", SUCCESS))
        assert printed(connector, ref, b"begun by alice")
        assert "scontrol reconfigure" in complaint(connector)
        as_root(unaccounted, "sed -i /PrivateData/d /etc/slurm/slurm.conf; scontrol reconfigure")
        assert content(connector)
        assert bridge.begin().snapshot()[ref.native_id].owner == "alice"
        forgotten(unaccounted, short)
        for call in (SlurmConnector.result, SlurmConnector.cancel, SlurmConnector.describe):
            with pytest.raises(Unavailable, match=f"whose job {short.native_id} is"):
                call(bridge.begin(), short)
        assert ended(connector, short)[0] is JobState.COMPLETED
