"""The owner of a job: what is queried, in which order, and the error when the owner is not
known."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import job_owners as module
from connectors.slurm.shell.job_owners import OwnerLookup
from connectors.slurm.shell.remote import Remote
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from dssr.errors import ConnectFailed, NotFound, Unavailable
from dssr.job import JobRef, JobState, JobStatus
from dssr.seams import Completed, Purpose, Sink

REF = JobRef("name", 7, "5")


class Node:
    """A login node's answers: what squeue lists, what sacct knows, what is hidden; it writes down
    what it was asked."""

    def __init__(self) -> None:
        self.listed: dict[str, JobStatus] = {}
        self.accounted = ""
        self.private = "none"
        self.asked: list[str] = []
        self.silent: type[Unavailable] | None = None
        self.later: Callable[[], None] = lambda: None  # happens after the first query

    def query(self) -> dict[str, JobStatus]:
        self.asked.append("squeue")
        if self.silent:
            raise self.silent("silence")
        found = dict(self.listed)
        self.later()
        return found

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        if "sacct" not in argv:
            self.asked.append("visibility")
            return Completed(
                tuple(argv), 0, f"visibility\ncontroller {self.private}\n".encode(), b""
            )
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
    return SharedSnapshot(node.query, 1000.0, 100.0)


@pytest.fixture
def find(node: Node, snapshot: SharedSnapshot) -> Callable[..., str]:
    """``find(ref)`` for one bridge."""
    owners, remote = OwnerLookup(snapshot, "svc"), Remote(node, SlurmSettings(answer_timeout=10.5))
    found: Callable[..., str] = lambda ref=REF: owners.find(ref, remote.call())  # noqa: E731
    found.note = owners.note  # type: ignore[attr-defined]
    return found


class TestTheOrder:
    """The source that costs least comes first, and an owner that was found is remembered."""

    def test_what_is_remembered_is_not_asked(self, node: Node, find: Callable[..., str]) -> None:
        """No command is sent for a job that was just submitted, or whose owner was found before."""
        find.note(REF, "alice")  # type: ignore[attr-defined]
        assert find() == "alice"
        assert node.asked == []

    def test_squeue_comes_before_sacct(self, node: Node, find: Callable[..., str]) -> None:
        """squeue is queried before sacct, and all callers share one query."""
        node.lists(REF, "alice")
        node.accounted = "bob"
        assert [find(), find()] == ["alice", "alice"]
        assert node.asked == ["squeue"]

    @pytest.mark.parametrize("other", [replace(REF, name="x"), replace(REF, number=8)])
    def test_what_squeue_shows_must_fit(
        self, node: Node, find: Callable[..., str], other: JobRef
    ) -> None:
        """A listed job of another name or number does not show the owner of this job."""
        node.lists(other, "mallory")
        node.accounted = "alice"
        assert find() == "alice"

    def test_a_job_submitted_after_the_last_query(
        self, node: Node, snapshot: SharedSnapshot, find: Callable[..., str]
    ) -> None:
        """A job that another bridge has submitted since the last query is found by another query,
        on a cluster without accounting."""
        snapshot.get()
        node.lists(REF, "alice")
        node.accounted = "disabled"
        assert find() == "alice"
        assert node.asked == ["squeue", "sacct", "squeue"]
        assert snapshot.get()[REF.native_id].owner == "alice"
        assert len(node.asked) == 3  # it serves all others, too

    def test_the_longest_ago_are_forgotten(
        self, node: Node, find: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The memory is bounded: the owner used longest ago is forgotten and asked for again."""
        monkeypatch.setattr(module, "_MOST", 2)
        node.accounted = "bob"
        for n in (1, 2, 3):
            find.note(JobRef("name", 7, str(n)), "alice")  # type: ignore[attr-defined]
        find.note(REF, "alice")  # type: ignore[attr-defined]
        assert [find(JobRef("name", 7, "3")), find()] == ["alice", "alice"]
        with pytest.raises(NotFound):
            find(JobRef("name", 7, "1"))


class TestUnknownOwner:
    """An unknown owner is not an unknown job."""

    def test_what_slurm_never_had(self, node: Node, find: Callable[..., str]) -> None:
        """A job that neither squeue nor sacct lists was not submitted, if Slurm hides nothing; that
        is queried once for many jobs."""
        for n in range(3):
            with pytest.raises(NotFound):
                find(JobRef("name", 7, str(1000 + n)))
        assert node.asked.count("visibility") == 1

    @pytest.mark.parametrize("native_id", ["", "nonsense", "../1", "-1", "٣", "5 6"])
    def test_what_is_no_id(self, node: Node, find: Callable[..., str], native_id: str) -> None:
        """No command is sent for what cannot be a native id."""
        with pytest.raises(NotFound):
            find(replace(REF, native_id=native_id))
        assert node.asked == []

    def test_without_accounting(self, node: Node, find: Callable[..., str]) -> None:
        """Without accounting the owner of a job that the controller has forgotten is not known."""
        node.accounted = "disabled"
        with pytest.raises(Unavailable, match="accounting storage is disabled") as raised:
            find()
        assert "MinJobAge" in raised.value.message

    def test_while_jobs_may_be_hidden(self, node: Node, find: Callable[..., str]) -> None:
        """While Slurm may hide the job the error has the cure; once that is applied, there is no
        such job."""
        node.private = "jobs"
        with pytest.raises(Unavailable, match="sacctmgr add coordinator"):
            find()
        node.private = "none"
        with pytest.raises(NotFound):
            find()

    def test_while_the_controller_is_silent(self, node: Node, find: Callable[..., str]) -> None:
        """Accounting may know the owner while the controller is silent; if it does not, that proves
        nothing."""
        node.silent = Unavailable
        with pytest.raises(Unavailable, match="silence"):
            find()
        node.accounted = "alice"
        assert find() == "alice"

    def test_while_the_login_node_is_away(self, node: Node, find: Callable[..., str]) -> None:
        """A login node that is away is asked once, and accounting is not asked after it."""
        node.silent = ConnectFailed
        with pytest.raises(ConnectFailed):
            find()
        assert node.asked == ["squeue"]


class TestTheDeadline:
    """A caller gets the error within its deadline while a query hangs."""

    @pytest.mark.parametrize("hanging", [1, 2])
    def test_a_query_that_hangs(self, node: Node, snapshot: SharedSnapshot, hanging: int) -> None:
        """A caller gets the error in time while the first query hangs, or the second, which is for
        jobs submitted since."""
        node.accounted, go_on = "disabled", threading.Event()

        def hang() -> None:
            assert node.asked.count("squeue") < hanging or go_on.wait(60)

        node.later = hang
        if hanging == 2:
            snapshot.get()
        with pytest.raises(Unavailable, match="in time"):
            OwnerLookup(snapshot, "svc").find(
                REF, Remote(node, SlurmSettings(answer_timeout=1.0)).call()
            )
        assert not go_on.is_set()
        go_on.set()
