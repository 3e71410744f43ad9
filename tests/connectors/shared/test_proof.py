"""A check whose success is remembered."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.shared.proof import Proof
from dssr.errors import LoginRefused, Unavailable


class Check:
    """A check that counts, and fails while it is given an error."""

    def __init__(self) -> None:
        self.made = 0
        self.error: Exception | None = None

    def __call__(self) -> None:
        self.made += 1
        if self.error:
            raise self.error


@pytest.fixture
def check() -> Check:
    """A check that succeeds."""
    return Check()


def proof_at(times: list[float]) -> Proof:
    """A proof whose clock shows the last of these times."""
    return Proof(lambda: times[-1])


def test_a_success_holds_until_there_is_a_doubt(check: Check) -> None:
    """The check is made once, and once more after any number of doubts."""
    proof = Proof()
    for _ in range(3):
        proof.hold(check, 1)
    assert check.made == 1
    proof.doubt()
    proof.doubt()
    for _ in range(3):
        proof.hold(check, 1)
    assert check.made == 2


def test_a_failure_is_repeated_for_a_moment(check: Check) -> None:
    """Callers that come together get the error of one check, of its kind; later ones check
    again."""
    times = [100.0]
    proof = proof_at(times)
    check.error = LoginRefused("no", retry_after=60)
    for _ in range(3):
        with pytest.raises(LoginRefused, match="no") as raised:
            proof.hold(check, 1)
        assert raised.value.retry_after == 60
    assert check.made == 1
    check.error = None
    times.append(103.0)
    proof.hold(check, 1)
    proof.hold(check, 1)
    assert check.made == 2


def test_a_fault_is_not_repeated(check: Check) -> None:
    """What is no error of the cluster is raised, and the next caller checks."""
    proof = Proof()
    check.error = ZeroDivisionError()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            proof.hold(check, 1)
    assert check.made == 2


def test_a_doubt_during_the_check_counts(check: Check) -> None:
    """A check that began before the doubt proves nothing about what came after it."""
    proof = Proof()

    def doubtful() -> None:
        check()
        if check.made == 1:
            proof.doubt()

    proof.hold(doubtful, 1)
    proof.hold(doubtful, 1)
    proof.hold(doubtful, 1)
    assert check.made == 2


def test_callers_that_come_together_wait_for_one_check(check: Check) -> None:
    """One caller checks; one that cannot wait that long gets an error, and the others its
    success."""
    proof, begun, go_on = Proof(), threading.Event(), threading.Event()

    def slow() -> None:
        check()
        begun.set()
        go_on.wait(30)

    hold: Callable[[float], None] = lambda patience: proof.hold(slow, patience)  # noqa: E731
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(hold, 30)
        assert begun.wait(30)
        others = [pool.submit(hold, 30) for _ in range(7)]
        with pytest.raises(Unavailable, match="takes too long"):
            pool.submit(hold, 0.01).result()
        go_on.set()
        for each in (first, *others):
            each.result()
    assert check.made == 1
