"""The budget of handshakes that many users share."""

import threading
from itertools import pairwise

import pytest

from connectors.transports.backoff import Backoff
from connectors.transports.shared_budget import SharedBudget
from dssr.errors import ConnectFailed, LoginRefused
from tests.connectors.transports.test_backoff import Clock

HOST = "login:22"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(clock: Clock) -> SharedBudget:
    return SharedBudget(100, clock)


def refused(budget: SharedBudget, user: str) -> bool:
    """Whether this user must not be tried."""
    try:
        budget.check(HOST, user)
    except LoginRefused:
        return True
    return False


def test_all_users_share_the_handshakes_of_a_minute(clock: Clock) -> None:
    """The handshakes of all users with a host are counted together."""
    budget = SharedBudget(2, clock)
    for user in ("alice", "bob"):
        budget.check(HOST, user)
        budget.count_handshake(HOST)
    with pytest.raises(ConnectFailed):
        budget.check(HOST, "carol")


def test_one_user_whose_key_is_refused_stops_no_other(clock: Clock, budget: SharedBudget) -> None:
    """One user's refused logins, with the pauses between them, keep no other user out."""
    for pause in (60, 300, 900, 900):
        budget.refused(HOST, "mallory")
        assert not refused(budget, "alice")
        clock.time += pause


def test_many_refused_keys_do_not_get_all_banned(clock: Clock, budget: SharedBudget) -> None:
    """After four refusals in ten minutes only users who were let in before are tried."""
    budget.accepted(HOST, "alice")
    for n in range(4):
        assert not refused(budget, f"user{n}")
        budget.refused(HOST, f"user{n}")
        clock.time += 10
    with pytest.raises(LoginRefused, match="user9") as raised:
        budget.check(HOST, "user9")
    assert raised.value.retry_after == 600 - 40
    assert not refused(budget, "alice")
    budget.check("other:22", "user9")
    clock.time += 600 - 40 + 1
    assert not refused(budget, "user9")


def test_a_postponed_user_is_tried_when_the_pause_is_over(
    clock: Clock, budget: SharedBudget
) -> None:
    """A postponed user is tried as soon as the pause is over."""
    for n in range(4):
        budget.refused(HOST, f"user{n}")
    clock.time += 10
    backoff = Backoff(clock)
    with pytest.raises(LoginRefused) as raised:
        budget.check(HOST, "innocent")
    backoff.failed(raised.value, clock())
    assert backoff.remaining == 590
    clock.time += backoff.remaining
    assert not refused(budget, "innocent")


def test_logins_that_end_again_and_again_are_refused(clock: Clock, budget: SharedBudget) -> None:
    """A user's second ended login in a row is a refused one."""
    for user in ("alice", "bob", "carol", "dora"):
        budget.ended(HOST, user)
        budget.accepted(HOST, user)
        budget.ended(HOST, user)
    assert not refused(budget, "eve")
    for user in ("alice", "bob", "carol", "dora"):
        budget.ended(HOST, user)
    assert refused(budget, "eve")


def test_a_refusal_ends_an_acceptance(budget: SharedBudget) -> None:
    """A user who is refused is no longer one who was let in before."""
    budget.accepted(HOST, "alice")
    for _ in range(4):
        budget.refused(HOST, "alice")
    assert refused(budget, "alice")


def test_one_attempt_finds_out_for_all(clock: Clock, budget: SharedBudget) -> None:
    """An unreachable host is tried once a second by one user, and is back for all once reached."""
    budget.unreachable(HOST, ConnectFailed("no route"))
    for user in ("alice", "bob"):
        with pytest.raises(ConnectFailed, match="no route"):
            budget.check(HOST, user)
    budget.check("other:22", "bob")
    clock.time += 1
    budget.check(HOST, "alice")
    budget.unreachable(HOST, ConnectFailed("no route"))
    budget.reached(HOST)
    budget.check(HOST, "alice")
    budget.check(HOST, "bob")


def test_a_later_success_outweighs_a_failure(clock: Clock, budget: SharedBudget) -> None:
    """A failure has no effect if another user has reached the host since the attempt began."""
    budget.reached(HOST)
    clock.time += 1
    budget.unreachable(HOST, ConnectFailed("no answer"), took=2)
    budget.check(HOST, "alice")
    budget.unreachable(HOST, ConnectFailed("no answer"), took=0.5)
    with pytest.raises(ConnectFailed, match="no answer"):
        budget.check(HOST, "alice")


def probes(budget: SharedBudget, clock: Clock, handshakes: int) -> list[float]:
    """The times of tries within a minute, of twenty users who ask ten times a second; each try
    takes four seconds and fails."""
    budget.unreachable(HOST, ConnectFailed("no route"), handshakes=handshakes)
    began, tried, ends = clock.time, list[float](), list[float]()
    for tenth in range(600):
        clock.time = began + tenth / 10
        while ends and ends[0] <= clock.time:
            ends.pop(0)
            budget.unreachable(HOST, ConnectFailed("no route"), 4.0, handshakes)
        for user in range(20):
            try:
                budget.check(HOST, f"user{user}")
            except ConnectFailed:
                continue
            tried.append(clock.time)
            ends.append(clock.time + 4)
    return tried


def test_one_of_all_users_tries(clock: Clock, budget: SharedBudget) -> None:
    """One user tries each second, however many ask and however long each try takes."""
    spaces = [b - a for a, b in pairwise(probes(budget, clock, 0))]
    assert len(spaces) > 50
    assert all(0.9 < space < 1.2 for space in spaces)


def test_trying_through_a_jump_host_leaves_handshakes_for_the_hosts_return(clock: Clock) -> None:
    """Tries through a jump host use half of its handshakes."""
    assert 10 <= len(probes(SharedBudget(32, clock), clock, 1)) <= 16


def test_a_postponed_user_does_not_take_the_try(clock: Clock, budget: SharedBudget) -> None:
    """A postponed user does not take the turn of a user who may try."""
    budget.accepted(HOST, "alice")
    budget.unreachable(HOST, ConnectFailed("no route"))
    for n in range(4):
        budget.refused(HOST, f"user{n}")
    clock.time += 1
    assert refused(budget, "bob")
    budget.check(HOST, "alice")


def test_few_log_in_at_once(budget: SharedBudget) -> None:
    """Four logins are under way at once at most."""
    inside, most, lock, full, leave = 0, 0, threading.Lock(), threading.Event(), threading.Event()

    def log_in() -> None:
        nonlocal inside, most
        with budget.slot():
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == 4:
                    full.set()
            leave.wait(30)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=log_in) for _ in range(10)]
    for thread in threads:
        thread.start()
    assert full.wait(30)
    leave.set()
    for thread in threads:
        thread.join(30)
    assert (inside, most) == (0, 4)
