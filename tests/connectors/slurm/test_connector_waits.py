"""What the connector does with the time that it has, on a login node or a controller that is slow
or hangs."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.deadline import answering
from dssr.errors import CommandTimeout, OutcomeUnknown, Unavailable
from dssr.job import JobRef, JobState
from dssr.seams import Completed, Purpose, Sink
from dssr.settings.reading import parse
from tests.cluster import Cluster
from tests.connectors.slurm.scripted_node import Node, submit
from tests.end_to_end.service import eventually


class TestQuerying:
    """A query of a controller that hangs."""

    @pytest.mark.parametrize(("answer_timeout", "limit"), [(1.0, "1"), (10.0, "9")])
    def test_squeue_has_a_limit_over_there(
        self, node: Node, answer_timeout: float, limit: str
    ) -> None:
        """squeue's limit on the login node is of whole seconds, no more than the bridge waits and
        never 0, which is no limit to timeout(1)."""
        SlurmConnector(SlurmSettings(answer_timeout=answer_timeout), node).snapshot()
        assert node.asked[0][2:5] == ("timeout", limit, "squeue")

    def test_a_squeue_that_was_ended(self, node: Node, connector: SlurmConnector) -> None:
        """The error says that the controller did not answer squeue, and how long the bridge
        waited."""
        node.squeue_code = 124
        with pytest.raises(
            Unavailable, match="Slurm's controller does not answer: squeue had no answer within 9 s"
        ):
            connector.snapshot()


def test_cleaning_that_failed_is_caught_up_on(node: Node, connector: SlurmConnector) -> None:
    """Files that could not be removed are removed with the next job, because upstream does not ask
    again; that never makes the next job's cleaning fail."""
    first, second, third = submit(connector, 3)
    node.refusing[first.native_id] = CommandTimeout
    with pytest.raises(CommandTimeout):
        connector.clean(first)
    connector.clean(second)
    node.refusing.clear()
    connector.clean(third)
    cleaned = [words[1] for words in node.asked if words[0] == "clean"]
    assert cleaned == [ref.native_id for ref in (first, second, first, third, first)]


class TestHaste:
    """A call whose turn came late: the time for an answer counts from the request."""

    @pytest.mark.parametrize(
        ("left", "result", "clean", "looking"),
        [(1000, 80, 20, 40), (50.5, 40, 20, 20), (10.5, 8, 10, 4)],
    )
    def test_what_is_left_is_shared(
        self, node: Node, left: float, result: float, clean: float, looking: float
    ) -> None:
        """Four fifths of the time say how the job ended, half of that by squeue and sacct; the rest
        is for cleaning up."""
        connector = SlurmConnector(SlurmSettings(answer_timeout=100.5), node)
        (ref,) = submit(connector, 1)
        with answering(time.monotonic() + left):
            connector.result(ref)
            connector.clean(ref)
        assert [*node.times["evidence"], *node.times["clean"]] == pytest.approx(
            [result, clean], abs=3
        )
        assert float(node.looking) == pytest.approx(looking, abs=1.5)

    def test_what_was_not_sent_is_not_in_doubt(self, node: Node, connector: SlurmConnector) -> None:
        """A submission for which no time is left is refused as one that did not happen."""
        with (
            answering(time.monotonic()),
            pytest.raises(Unavailable, match="nothing was changed") as raised,
        ):
            submit(connector, 1)
        assert not isinstance(raised.value, OutcomeUnknown)
        assert not node.times

    def test_a_query_serves_others_too(self, node: Node, connector: SlurmConnector) -> None:
        """A query has all its time, whichever caller began it."""
        with answering(time.monotonic() + 5):
            connector.snapshot()
        assert node.asked[0][2:5] == ("timeout", "9", "squeue")

    @pytest.mark.parametrize("call", [SlurmConnector.snapshot, SlurmConnector.ping])
    def test_no_caller_waits_for_it_longer_than_allowed(
        self, call: Callable[[SlurmConnector], object]
    ) -> None:
        """A caller whose time is over leaves the query, which goes on without it."""
        hanging = Hanging()
        connector = SlurmConnector(SlurmSettings(answer_timeout=90.0), hanging)
        with (
            answering(time.monotonic() + 1),
            pytest.raises(Unavailable, match="did not answer in time"),
        ):
            call(connector)
        assert not hanging.ended
        hanging.go.set()


class Hanging(Node):
    """A login node that answers when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.ended = threading.Event(), False

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        self.ended = self.go.wait(timeout)
        return super().run(argv, input=input, timeout=timeout, purpose=purpose)


class TestCancelling:
    """What a cancellation shows in the next list."""

    def test_what_was_cancelled_ends(self, node: Node, connector: SlurmConnector) -> None:
        """A job that was cancelled is ending at once, without another query."""
        ref = JobRef("name", 1, "5")
        node.listed = {ref: "RUNNING"}
        connector.snapshot()
        connector.cancel(ref)
        assert connector.snapshot()["5"].state is JobState.COMPLETING
        assert len(node.asked) == 2

    def test_what_was_not_cancelled_is_queried(self, node: Node, connector: SlurmConnector) -> None:
        """A job that could not be cancelled had ended before, and only a new query shows how."""
        ref = JobRef("name", 1, "5")
        node.listed, node.cancelled = {ref: "RUNNING"}, "scancel: error: Invalid job id 5\ncode 1"
        connector.snapshot()
        node.listed = {ref: "FAILED"}
        connector.cancel(ref)
        assert connector.snapshot()["5"].state is JobState.FAILED

    def test_an_id_that_is_another_jobs_now(self, node: Node, connector: SlurmConnector) -> None:
        """A job that now has the id of the cancelled one is not shown as ending."""
        old, new = JobRef("old", 1, "5"), JobRef("new", 1, "5")
        node.listed, node.cancelled = (
            {new: "RUNNING"},
            "Invalid job id: 5 is another job's now\ncode 1",
        )
        connector.snapshot()
        connector.cancel(old)
        assert connector.snapshot()["5"].state is JobState.RUNNING


@pytest.fixture
def paused(site: Cluster) -> Iterator[Cluster]:
    """A cluster whose controller holds its connections and says nothing."""
    site.pause("login", "slurmctld")
    yield site
    site.resume("login", "slurmctld")


@pytest.mark.cluster
@pytest.mark.timeout(240)
def test_a_controller_that_hangs(paused: Cluster) -> None:
    """Queries leave nothing behind on the login node; when the controller goes on, so does the
    bridge."""
    connector = SlurmConnector(
        parse(paused.settings() | {"JARVICE_ANSWER_TIMEOUT": "4"}, SlurmSettings)
    )
    try:
        with pytest.raises(Unavailable, match="Slurm's controller does not answer: squeue"):
            connector.snapshot()
        left = eventually(
            lambda: [p for p in paused.processes("login") if p.name == "squeue"],
            lambda found: not found,
        )
        assert left == []
        paused.resume("login", "slurmctld")
        assert eventually(lambda: answers(connector))
    finally:
        connector.close()


def answers(connector: SlurmConnector) -> bool:
    """Whether there is a list of jobs."""
    try:
        connector.snapshot()
    except Unavailable:
        return False
    return True
