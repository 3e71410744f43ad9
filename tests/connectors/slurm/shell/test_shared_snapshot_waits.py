"""How long a caller waits for a query, and the error when there is no answer."""

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from dssr.errors import ConnectFailed, Unavailable
from dssr.job import JobStatus
from tests.connectors.slurm.queried_cluster import MAX_AGE, SOON, Cluster, ref, together


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def snapshot(cluster: Cluster) -> SharedSnapshot:
    return SharedSnapshot(cluster.query, MAX_AGE, SOON, cluster.now)


def failing(cluster: Cluster, error: Exception, seconds: float = 0.0) -> Callable[[], None]:
    """What happens in a query that takes so long and fails."""

    def fail() -> None:
        cluster.time += seconds
        raise error

    return fail


def error_of(snapshot: SharedSnapshot) -> str:
    """The error that a caller gets instead of the jobs."""
    with pytest.raises(Unavailable) as raised:
        snapshot.get()
    return raised.value.message


def test_many_callers_share_one_look(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """64 callers at once cost the login node one query."""
    answers = together(cluster, 64, snapshot.get)
    assert cluster.queries == 1
    assert len({id(answer) for answer in answers}) == 1


class TestDeadlines:
    """A query may hang; its callers do not."""

    def test_no_caller_waits_longer_than_it_may(self, cluster: Cluster) -> None:
        """A caller waits no longer than the patience, whether it began the query or another did."""
        snapshot, go_on = (
            SharedSnapshot(cluster.query, MAX_AGE, 0.1, cluster.now),
            threading.Event(),
        )
        cluster.during = lambda: waited(go_on)
        with ThreadPoolExecutor(2) as pool:
            callers = [pool.submit(snapshot.get) for _ in range(2)]
            for caller in callers:
                with pytest.raises(Unavailable, match="did not answer in time"):
                    caller.result(SOON)
        assert cluster.queries == 1
        go_on.set()

    def test_a_caller_in_haste(self, snapshot: SharedSnapshot, cluster: Cluster) -> None:
        """A caller's own deadline takes effect where it is earlier; the query goes on for callers
        with more time."""
        go_on = threading.Event()
        cluster.during = lambda: waited(go_on)
        with pytest.raises(Unavailable, match="did not answer in time"):
            snapshot.get(until=cluster.time + 0.05)
        with ThreadPoolExecutor(1) as pool:
            patient = pool.submit(snapshot.get)
            go_on.set()
            assert patient.result(SOON) == {}
        assert cluster.queries == 1


class TestChanges:
    """Changes that only a query that begins after them can show."""

    def test_an_answer_from_before_a_change_does_not_serve(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """An answer from before a change does not serve, however young it is; the next one does."""
        snapshot.get()
        cluster.time += 0.1
        snapshot.changed()
        cluster.time += 0.1
        assert snapshot.get() is snapshot.get()
        assert cluster.queries == 2

    def test_changes_during_a_query_concern_later_callers(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """One query is enough for all callers that came before a change; a caller that comes after
        the change gets another."""

        def change() -> None:
            assert cluster.queries < 5, "queried again and again"
            cluster.time += 0.1
            snapshot.changed()
            cluster.time += 0.1

        cluster.during = change
        first = snapshot.get()
        assert cluster.queries == 1
        assert snapshot.get().taken > first.taken
        assert cluster.queries == 2

    def test_a_query_under_way_may_have_missed_a_change(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """Callers that come after a change wait for the next query, and for no more than that."""

        def ask() -> float:
            cluster.time += 0.1
            snapshot.changed()
            changed = cluster.time
            cluster.time += 0.1
            return snapshot.get().taken - changed

        assert min(together(cluster, 2, ask)[1:]) > 0
        assert cluster.queries == 2

    def test_who_needs_a_newer_look(self, snapshot: SharedSnapshot, cluster: Cluster) -> None:
        """A caller that needs a newer answer gets one, which serves other callers too."""
        first = snapshot.get()
        assert snapshot.get(newer_than=first.taken - 1) is first
        cluster.time += 1
        second = snapshot.get(newer_than=cluster.time - 0.1)
        assert second.taken > first.taken
        assert snapshot.get() is second
        assert cluster.queries == 2


class TestFailures:
    """A cluster that does not answer is asked once for many callers."""

    def test_an_error_costs_each_caller_one_wait(self, cluster: Cluster) -> None:
        """The callers that waited for a query share its error, and so does a caller that had to
        wait for a thread meanwhile."""

        def silent() -> dict[str, JobStatus]:
            cluster.query()
            raise Unavailable("silence")

        snapshot = SharedSnapshot(silent, MAX_AGE, SOON, cluster.now)
        assert together(cluster, 8, lambda: error_of(snapshot)) == ["silence"] * 8
        assert error_of(snapshot) == "silence"
        assert cluster.queries == 1

    def test_an_error_is_repeated_for_a_second(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """A failure is repeated for a second after its end and no longer, whatever this bridge
        changes meanwhile."""
        cluster.during = failing(cluster, Unavailable("silence"), 9.0)
        assert error_of(snapshot) == "silence"
        cluster.during = lambda: None
        cluster.time += 0.9
        snapshot.changed()
        snapshot.submitted(ref("1"))
        assert error_of(snapshot) == "silence"
        assert cluster.queries == 1
        cluster.time += 0.2
        assert snapshot.get().taken == cluster.time
        assert cluster.queries == 2

    def test_without_a_connection_nothing_was_run(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """A failure to connect is repeated only for as long as it took to find out: the transport
        itself decides when to try again."""
        cluster.during = failing(cluster, ConnectFailed("no route"), 0.25)
        assert error_of(snapshot) == "no route"
        cluster.during = lambda: None
        cluster.time += 0.2
        assert error_of(snapshot) == "no route"
        cluster.time += 0.1
        assert snapshot.get() == {}

    def test_an_old_answer_is_not_handed_out_instead(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """After a failure no older answer is returned, not even one that is young enough and has a
        change applied."""
        snapshot.get()
        cluster.during = failing(cluster, Unavailable("silence"))
        with pytest.raises(Unavailable, match="silence"):
            snapshot.get(newer_than=cluster.time)
        snapshot.submitted(ref("1"))
        cluster.time += 1
        assert error_of(snapshot) == "silence"
        assert cluster.queries == 3

    def test_a_repeated_error_does_not_grow(
        self, snapshot: SharedSnapshot, cluster: Cluster
    ) -> None:
        """An error that thousands of callers get in that second keeps its origin and none of the
        callers."""
        cluster.during = failing(cluster, Unavailable("silence"))
        lengths = []
        for _ in range(4):
            with pytest.raises(Unavailable) as raised:
                snapshot.get()
            frames = [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
            assert frames[-1] == "fail"
            lengths.append(len(frames))
        assert lengths[1] == lengths[2] == lengths[3]


def test_a_query_whose_answer_cannot_be_used(snapshot: SharedSnapshot, cluster: Cluster) -> None:
    """The callers of a query whose answer cannot be used get an error, and the next caller begins a
    new query."""
    snapshot.submitted(ref("1"))
    real, snapshot._query = snapshot._query, lambda: None  # type: ignore[assignment, return-value]
    with pytest.raises((TypeError, AttributeError)):
        snapshot.get(until=cluster.time + SOON)
    snapshot._query = real
    cluster.time += 2
    assert snapshot.get() == {}
    assert cluster.queries == 1


def test_a_system_without_threads(
    snapshot: SharedSnapshot, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller gets 'ask later' when there is no thread for a query, and the next caller begins a
    new one."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(Unavailable, match="cannot start a thread"):
            snapshot.get()
    assert snapshot.get() == {}


def waited(event: threading.Event) -> None:
    """What happens in a query that hangs until then."""
    assert event.wait(SOON)
