"""What the connector does with the time that it has, on a login node or a controller that is slow or hangs."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from connectors.slurm.connector import SlurmConnector
from dssr.errors import CommandTimeout, LoginRefused, OutcomeUnknown, TransportError, Unavailable
from dssr.job import JobRef, JobState
from dssr.seams import Completed, Purpose, answering
from dssr.settings import Settings, load
from tests.cluster import Cluster
from tests.connectors.harness import LAUNCH
from tests.connectors.slurm.specs import spec
from tests.end_to_end.service import eventually


class Node:
    """A login node whose answers are set; it writes down what it was asked. Each submission is a new job."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []  # squeue's words, or a program and its native id
        self.listed: dict[JobRef, str] = {}  # and in which state
        self.squeue_code = 0
        self.cancelled = "code 0"
        self.ends: dict[str, str] = {}  # what gather says, by native id
        self.slow = 0.0  # seconds that it takes to gather
        self.refusing: dict[str, type[TransportError]] = {}  # by native id
        self.times: dict[str, list[float]] = defaultdict(list)  # that programs were given
        self.looking = ""  # seconds for squeue and sacct within one of them
        self._ids = 0

    def run(
        self, argv: Sequence[str], *, input: bytes | None = None, timeout: float, purpose: Purpose = Purpose.SUBMIT
    ) -> Completed:
        if argv[0] == "/bin/sh":
            self._note_time(argv, timeout)
            said = self._program(argv[2].split()[0].removeprefix("dssr_"), argv[6])
            return Completed(tuple(argv), 0, f"{said}\n\n".encode(), b"")
        self.asked.append(tuple(argv))
        mark = argv[-1].partition("|")[0]
        rows = (
            f"{mark}|{ref.native_id}|{state}|0:01|n1|None|{mark}jarvice_{ref.name}{mark}dssr:{ref.key}:{ref.number}{mark}\n"
            for ref, state in self.listed.items()
        )
        return Completed(tuple(argv), self.squeue_code, "".join(rows).encode(), b"")

    def _note_time(self, argv: Sequence[str], timeout: float) -> None:
        name = argv[2].split()[0].removeprefix("dssr_")
        self.times[name].append(timeout)
        if name == "gather":
            self.looking = argv[-1]

    def _program(self, name: str, native_id: str) -> str:
        if name == "submit":
            self._ids += 1
            return f"elected {self._ids}"
        self.asked.append((name, native_id))
        if native_id in self.refusing:
            raise self.refusing[native_id](f"no {native_id}")
        if name == "cancel":
            return self.cancelled
        time.sleep(self.slow)
        return self.ends.get(native_id, "final COMPLETED|1|\nsize 0")

    def close(self) -> None:
        """Nothing."""

    @property
    def gathered(self) -> list[str]:
        """The native ids whose ends were asked for."""
        return [words[1] for words in self.asked if words[0] == "gather"]


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def connector(node: Node) -> SlurmConnector:
    return SlurmConnector(Settings(answer_timeout=10.0), node)


def submit(connector: SlurmConnector, jobs: int) -> list[JobRef]:
    """Submit so many."""
    specs = [spec(number=n) for n in range(jobs)]
    return [replace(each.ref, native_id=connector.submit(each, LAUNCH).native_id) for each in specs]


class TestLooking:
    """A look at a controller that hangs."""

    @pytest.mark.parametrize(("answer_timeout", "limit"), [(1.0, "1"), (10.0, "9")])
    def test_squeue_has_a_limit_over_there(self, node: Node, answer_timeout: float, limit: str) -> None:
        """Of whole seconds, no more than the bridge waits and never none: 0 is no limit to timeout(1)."""
        SlurmConnector(Settings(answer_timeout=answer_timeout), node).snapshot()
        assert node.asked[0][:3] == ("timeout", limit, "squeue")

    def test_a_squeue_that_was_ended(self, node: Node, connector: SlurmConnector) -> None:
        """It is said who does not answer."""
        node.squeue_code = 124
        with pytest.raises(Unavailable, match="Slurm's controller does not answer: squeue had no answer within 9 s"):
            connector.snapshot()


def test_cleaning_that_failed_is_caught_up_on(node: Node, connector: SlurmConnector) -> None:
    """Upstream was told the end and asks no more: the next job's cleaning up does it, and its own never fails for that."""
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

    @pytest.mark.parametrize(("left", "result", "clean", "looking"), [(1000, 80, 20, 40), (50.5, 40, 20, 20), (10.5, 8, 10, 4)])
    def test_what_is_left_is_shared(self, node: Node, left: float, result: float, clean: float, looking: float) -> None:
        """Most of it says how the job ended, half of that by looking; what is over then is for cleaning up."""
        connector = SlurmConnector(Settings(answer_timeout=100.5), node)
        (ref,) = submit(connector, 1)
        with answering(time.monotonic() + left):
            connector.result(ref)
            connector.clean(ref)
        assert [*node.times["gather"], *node.times["clean"]] == pytest.approx([result, clean], abs=3)
        assert float(node.looking) == pytest.approx(looking, abs=1.5)

    def test_what_was_not_sent_is_not_in_doubt(self, node: Node, connector: SlurmConnector) -> None:
        """A submission for which no time is left is refused as one that did not happen."""
        with answering(time.monotonic()), pytest.raises(Unavailable, match="nothing was changed") as raised:
            submit(connector, 1)
        assert not isinstance(raised.value, OutcomeUnknown)
        assert not node.times

    def test_a_look_serves_others_too(self, node: Node, connector: SlurmConnector) -> None:
        """It has all its time, whoever began it."""
        with answering(time.monotonic() + 5):
            connector.snapshot()
        assert node.asked[0][:3] == ("timeout", "9", "squeue")

    @pytest.mark.parametrize("call", [SlurmConnector.snapshot, SlurmConnector.ping])
    def test_nobody_waits_for_it_longer_than_he_may(self, call: Callable[[SlurmConnector], object]) -> None:
        """It goes on without him."""
        hanging = Hanging()
        connector = SlurmConnector(Settings(answer_timeout=90.0), hanging)
        with answering(time.monotonic() + 1), pytest.raises(Unavailable, match="did not answer in time"):
            call(connector)
        assert not hanging.ended
        hanging.go.set()


class Hanging(Node):
    """A login node that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.ended = threading.Event(), False

    def run(
        self, argv: Sequence[str], *, input: bytes | None = None, timeout: float, purpose: Purpose = Purpose.SUBMIT
    ) -> Completed:
        self.ended = self.go.wait(timeout)
        return super().run(argv, input=input, timeout=timeout, purpose=purpose)


class TestUnseenJobs:
    """/gc asks after jobs that squeue has never shown."""

    def test_it_has_one_deadline_for_all(self, node: Node) -> None:
        """However many there are: what does not fit is left for the next time, and each is explained once."""
        connector = SlurmConnector(Settings(answer_timeout=1.0), node)
        refs = submit(connector, 30)
        node.slow = 0.05
        connector.ping()
        assert len(node.gathered) <= 10  # in half a second
        node.slow = 0.0
        eventually(lambda: connector.ping() or len(node.gathered), lambda asked: asked >= len(refs))  # type: ignore[func-returns-value]
        connector.ping()
        assert Counter(node.gathered) == Counter(ref.native_id for ref in refs)

    def test_one_whose_end_only_accounting_knows(self, node: Node, connector: SlurmConnector) -> None:
        """The controller, which answers, does not have it: nothing is hidden, and the cluster is well."""
        silent, other = submit(connector, 2)
        lost = "sacct error: Connection refused\naccounting 1\nmissing 1000\nnow 2000"
        node.ends[silent.native_id] = f"squeue slurm_load_jobs error: Invalid job id specified\n{lost}"
        connector.snapshot()
        connector.ping()
        assert node.gathered == [silent.native_id, other.native_id]
        with pytest.raises(Unavailable, match="accounting does not answer"):
            connector.result(silent)

    def test_one_whose_end_was_told(self, node: Node, connector: SlurmConnector) -> None:
        """Nobody needs to ask after it again."""
        told, other = submit(connector, 2)
        connector.snapshot()
        assert connector.result(told) is not None
        connector.ping()
        assert node.gathered == [told.native_id, other.native_id]

    def test_a_login_node_that_does_not_say(self, node: Node, connector: SlurmConnector) -> None:
        """It is not well when the first job cannot be asked after; when a later one cannot, it comes first the next time."""
        first, second = submit(connector, 2)
        node.refusing = {second.native_id: CommandTimeout}
        connector.ping()
        assert node.gathered == [first.native_id, second.native_id]
        with pytest.raises(CommandTimeout, match=f"no {second.native_id}"):
            connector.ping()

    def test_an_owner_who_is_not_let_in(self, node: Node, connector: SlurmConnector) -> None:
        """The cluster answers all the same; his job comes last the next time."""
        first, second, third = (ref.native_id for ref in submit(connector, 3))
        node.refusing = {first: LoginRefused, second: CommandTimeout}
        connector.ping()
        node.refusing = {first: LoginRefused}
        connector.ping()
        assert node.gathered == [first, second, second, third, first]


class TestCancelling:
    """What a cancellation shows in the next list."""

    def test_what_was_cancelled_ends(self, node: Node, connector: SlurmConnector) -> None:
        """At once, without another look."""
        ref = JobRef("name", 1, "5")
        node.listed = {ref: "RUNNING"}
        connector.snapshot()
        connector.cancel(ref)
        assert connector.snapshot()["5"].state is JobState.COMPLETING
        assert len(node.asked) == 2

    def test_what_was_not_is_looked_at(self, node: Node, connector: SlurmConnector) -> None:
        """It had ended before, however it did: only Slurm can tell."""
        ref = JobRef("name", 1, "5")
        node.listed, node.cancelled = {ref: "RUNNING"}, "scancel: error: Invalid job id 5\ncode 1"
        connector.snapshot()
        node.listed = {ref: "FAILED"}
        connector.cancel(ref)
        assert connector.snapshot()["5"].state is JobState.FAILED

    def test_an_id_that_is_another_jobs_now(self, node: Node, connector: SlurmConnector) -> None:
        """That one goes on."""
        old, new = JobRef("old", 1, "5"), JobRef("new", 1, "5")
        node.listed, node.cancelled = {new: "RUNNING"}, "Invalid job id: 5 is another job's now\ncode 1"
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
    """Looks leave nothing behind on the login node; when it goes on, so does the bridge."""
    connector = SlurmConnector(load(paused.settings() | {"JARVICE_ANSWER_TIMEOUT": "4"}))
    try:
        with pytest.raises(Unavailable, match="Slurm's controller does not answer: squeue"):
            connector.snapshot()
        left = eventually(lambda: [p for p in paused.processes("login") if p.name == "squeue"], lambda found: not found)
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
