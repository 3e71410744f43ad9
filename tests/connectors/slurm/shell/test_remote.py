"""How much time a call of the connector has, and how a program's reply is read."""

import time
from collections.abc import Sequence

import pytest

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.remote import ANSWER_MARGIN, NotAsked, Remote, Reply
from dssr.deadline import answering
from dssr.errors import Unavailable
from dssr.job import JobRef
from dssr.seams import Completed, Purpose, Sink

REF = JobRef("name", 1, "5")


class Node:
    """A login node that answers at once; it counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.prints = b"done\n\n"

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        self.asked += 1
        return Completed(tuple(argv), 0, self.prints, b"")

    def close(self) -> None:
        """Nothing."""


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def remote(node: Node) -> Remote:
    return Remote(node, SlurmSettings(answer_timeout=100.5))


@pytest.mark.parametrize(
    ("share", "due", "seconds"), [(1.0, 900, 100), (0.5, 900, 50), (1.0, 60, 60), (0.2, 60, 20)]
)
def test_a_call_ends_before_its_answer_is_due(
    remote: Remote, share: float, due: float, seconds: float
) -> None:
    """A call takes no more than its share, and leaves the bridge the margin at the end."""
    began = time.monotonic()
    with answering(began + due + ANSWER_MARGIN):
        call = remote.call(share)
    assert (
        began + seconds
        <= call.deadline
        <= (began if seconds == due else time.monotonic()) + seconds
    )


def test_the_share_that_is_left(remote: Remote) -> None:
    """The share that is left ends with the response or with the given time; it is 1 where no
    response is due."""
    now = time.monotonic()
    assert remote.share_left() == 1
    assert 0.2 < remote.share_left(now + 50) <= 0.5
    with answering(now + 50):
        assert 0.1 < remote.share_left() < 0.5
        assert remote.share_left(now) == 0
    with answering(now):
        assert remote.share_left() == 0


def test_without_time_nothing_is_asked(remote: Remote, node: Node) -> None:
    """Without time nothing is sent, and the error says that the command has not run."""
    with answering(time.monotonic()):
        call = remote.call()
    with pytest.raises(NotAsked):
        call.run_program("cancel", REF, "5")
    with pytest.raises(NotAsked):
        call.run("files", ["true"])
    assert node.asked == 0
    remote.call().run("files", ["true"])
    assert node.asked == 1


@pytest.mark.parametrize("program", ["release", "journal", "submit"])
def test_a_program_that_prints_nothing_refuses_nothing(
    remote: Remote, node: Node, program: str
) -> None:
    """A program without any output did not run to its end: what came of it is not known, and the
    scheduler has refused nothing."""
    node.prints = b""
    with pytest.raises(Unavailable):
        remote.call().run_program(program, REF, "5")


def test_a_reply_is_read_by_its_lines() -> None:
    """The first line's word is the verdict; a word's value is that of its first line, and the bytes
    after the empty line are kept unchanged."""
    reply = Reply.read("refused\nsbatch: a\u2028b\nsbatch: c\nflag\n\n\xff\n\nmore".encode())
    assert (reply.verdict, reply.rest) == ("refused", "\xff\n\nmore".encode())
    assert (reply.value("sbatch:"), reply.value("flag"), reply.value("no")) == (
        "a\u2028b",
        "",
        None,
    )
    assert reply.text_without("refused") == "sbatch: a\u2028b\nsbatch: c\nflag "
    assert Reply.read(b"").verdict == ""
