"""One question for all callers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.slurm.shell.shared_answer import SharedAnswer
from dssr.errors import DssrError, Unavailable

SOON = 30.0  # seconds; no test waits for it to pass


class Question:
    """Counts how often it was asked, and answers with that number. Its clock goes by what a test
    adds."""

    def __init__(self) -> None:
        self.asked, self.time = 0, 1000.0
        self.error: DssrError | None = None
        self.began, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def ask(self) -> int:
        self.asked += 1
        self.began.set()
        assert self.go_on.wait(SOON)
        if self.error is not None:
            raise self.error
        return self.asked

    def shared(self) -> SharedAnswer[int]:
        return SharedAnswer(self.ask, 15.0, lambda: self.time)


@pytest.fixture
def question() -> Question:
    return Question()


def test_an_answer_serves_until_it_is_too_old(question: Question) -> None:
    """Nothing is asked before a caller comes, nor while the answer is young."""
    shared = question.shared()
    assert question.asked == 0
    assert [shared.get(question.time + SOON) for _ in range(100)] == [1] * 100
    question.time += 15.0
    assert shared.get(question.time + SOON) == 1
    question.time += 0.1
    assert shared.get(question.time + SOON) == 2


def test_callers_who_come_together_share_one_question(question: Question) -> None:
    """The cluster is asked once, whatever the number of callers that wait."""
    shared = question.shared()
    question.go_on.clear()
    with ThreadPoolExecutor(16) as pool:
        answers = [pool.submit(shared.get, question.time + SOON) for _ in range(16)]
        assert question.began.wait(SOON)
        question.go_on.set()
        assert [answer.result() for answer in answers] == [1] * 16
    assert question.asked == 1


def test_a_failure_is_shared_and_soon_forgotten(question: Question) -> None:
    """A failure serves the callers of one second; then the cluster is asked again."""
    shared = question.shared()
    question.error = Unavailable("no")
    for _ in range(3):
        with pytest.raises(Unavailable, match="no"):
            shared.get(question.time + SOON)
    assert question.asked == 1
    question.time, question.error = question.time + 1.1, None
    assert shared.get(question.time + SOON) == 2


def test_a_failure_after_an_answer_is_no_old_answer(question: Question) -> None:
    """An answer that is too old is not shown in place of an error."""
    shared = question.shared()
    shared.get(question.time + SOON)
    question.time, question.error = question.time + 16.0, Unavailable("away")
    with pytest.raises(Unavailable, match="away"):
        shared.get(question.time + SOON)


def test_a_caller_in_a_hurry_does_not_wait_for_another(question: Question) -> None:
    """A caller whose time is over gets an error; the question goes on for the others."""
    shared = question.shared()
    question.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shared.get, question.time + SOON)
        assert question.began.wait(SOON)
        with pytest.raises(Unavailable, match="in time"):
            shared.get(question.time)
        question.go_on.set()
        assert first.result() == 1
