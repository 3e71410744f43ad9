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
    """Whoever's they were."""
    budget = SharedBudget(2, clock)
    for user in ("alice", "bob"):
        budget.check(HOST, user)
        budget.count_handshake(HOST)
    with pytest.raises(ConnectFailed):
        budget.check(HOST, "carol")


def test_one_user_whose_key_is_refused_stops_nobody(clock: Clock, budget: SharedBudget) -> None:
    """His own pauses (1, 5, 15 minutes) keep him below what hosts ban for."""
    for pause in (60, 300, 900, 900):
        budget.refused(HOST, "mallory")
        assert not refused(budget, "alice")
        clock.time += pause


def test_many_refused_keys_do_not_get_all_banned(clock: Clock, budget: SharedBudget) -> None:
    """After the fourth in ten minutes only those who were let in before are tried there, until the first is long ago."""
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


def test_who_is_kept_back_for_others_is_tried_as_soon_as_that_is_over(
    clock: Clock, budget: SharedBudget
) -> None:
    """He was never refused himself: no pauses of his own are added."""
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
    """One may have been an sshd that was killed; some hosts refuse keys by the second."""
    for user in ("alice", "bob", "carol", "dora"):
        budget.ended(HOST, user)
        budget.accepted(HOST, user)
        budget.ended(HOST, user)
    assert not refused(budget, "eve")
    for user in ("alice", "bob", "carol", "dora"):
        budget.ended(HOST, user)
    assert refused(budget, "eve")


def test_who_is_refused_is_not_welcome_any_more(budget: SharedBudget) -> None:
    """A key that was taken out of the cluster was good once."""
    budget.accepted(HOST, "alice")
    for _ in range(4):
        budget.refused(HOST, "alice")
    assert refused(budget, "alice")


def test_one_knock_tells_all(clock: Clock, budget: SharedBudget) -> None:
    """A host that could not be reached is tried again after a second; once somebody has reached it, it is there for all."""
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


def test_who_has_reached_a_host_knows_better(clock: Clock, budget: SharedBudget) -> None:
    """Than one who began before him, and whose attempt fails only now; not than one who began after him."""
    budget.reached(HOST)
    clock.time += 1
    budget.unreachable(HOST, ConnectFailed("no answer"), took=2)
    budget.check(HOST, "alice")
    budget.unreachable(HOST, ConnectFailed("no answer"), took=0.5)
    with pytest.raises(ConnectFailed, match="no answer"):
        budget.check(HOST, "alice")


def probes(budget: SharedBudget, clock: Clock, handshakes: int) -> list[float]:
    """When one of twenty users tries within a minute, who all ask ten times a second; each try takes four seconds and fails."""
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
    """Once a second, however many of them ask, and however long each try takes."""
    spaces = [b - a for a, b in pairwise(probes(budget, clock, 0))]
    assert len(spaces) > 50
    assert all(0.9 < space < 1.2 for space in spaces)


def test_trying_through_a_jump_host_leaves_handshakes_for_the_hosts_return(clock: Clock) -> None:
    """Each try is a login at the jump host: they take half of what a minute allows there, and the users have the rest."""
    assert 10 <= len(probes(SharedBudget(32, clock), clock, 1)) <= 16


def test_who_is_not_to_be_tried_is_not_the_one_who_tries(
    clock: Clock, budget: SharedBudget
) -> None:
    """Somebody else does so at the same moment."""
    budget.accepted(HOST, "alice")
    budget.unreachable(HOST, ConnectFailed("no route"))
    for n in range(4):
        budget.refused(HOST, f"user{n}")
    clock.time += 1
    assert refused(budget, "bob")
    budget.check(HOST, "alice")


def test_few_log_in_at_once(budget: SharedBudget) -> None:
    """sshd drops newcomers when too many of them wait."""
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
