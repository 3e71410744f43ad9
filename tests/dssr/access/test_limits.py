"""How much one caller may request."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from dssr.access import limits
from dssr.access.limits import AtOnce, Rate, network
from dssr.errors import TooMany


def wait(act: Callable[[str], None], key: str) -> int:
    """The seconds that a refusal names; 0 without one."""
    try:
        act(key)
    except TooMany as error:
        return error.retry_after
    return 0


def test_a_burst_is_taken_and_then_so_many_a_second(clock: Any) -> None:
    """A refusal says how long to wait, and after exactly that time one is taken."""
    rate = Rate(per_second=0.25, burst=3, refusal="Too many.", clock=clock)
    assert [wait(rate.take, "a") for _ in range(3)] == [0, 0, 0]
    assert wait(rate.take, "a") == wait(rate.check, "a") == 4
    clock.now += 4
    assert [wait(act, "a") for act in (rate.check, rate.take, rate.take)] == [0, 0, 4]
    clock.now += 1000
    assert [wait(rate.take, "a") for _ in range(4)] == [0, 0, 0, 4]


def test_one_key_takes_nothing_from_another(clock: Any) -> None:
    """Each key has its own bucket."""
    rate = Rate(1, 1, "Too many.", clock)
    assert [wait(rate.take, key) for key in "aba"] == [0, 0, 1]


@pytest.mark.parametrize("limit", [Rate(0.1, 1, "Slower."), AtOnce(1, "Slower.")])
def test_a_refusal_has_the_words_that_it_was_given(limit: Rate | AtOnce) -> None:
    """Callers read which limit they have reached."""
    act = limit.take if isinstance(limit, Rate) else limit.begin
    act("a")
    with pytest.raises(TooMany, match=r"^Slower\.$"):
        act("a")


def test_a_rate_of_zero_is_no_limit(clock: Any) -> None:
    """Any number is taken."""
    rate = Rate(0, 0, "Too many.", clock)
    assert {wait(act, "a") for _ in range(100) for act in (rate.check, rate.take)} == {0}


def test_many_keys_do_not_fill_the_memory(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of buckets stays limited, and the key that was used last is still remembered."""
    monkeypatch.setattr(limits, "MOST_KEYS", 100)
    rate = Rate(0.001, 1, "Too many.", clock)
    for i in range(1000):
        clock.now += 0.01
        rate.take(f"k{i}")
    assert len(rate._levels) <= 100
    assert wait(rate.take, "k999") > 0


def test_threads_take_no_more_than_there_is() -> None:
    """Threads that ask at once get exactly as many as the bucket has."""
    rate, waits = Rate(0.0001, 100, "Too many."), list[int]()
    threads = [
        threading.Thread(target=lambda: waits.extend(wait(rate.take, "a") for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (waits.count(0), len(waits)) == (100, 400)


def test_a_look_at_a_bucket_takes_nothing(clock: Any) -> None:
    """A bucket with one left has it after any number of looks."""
    rate = Rate(per_second=2, burst=2, refusal="Too many.", clock=clock)
    rate.take("a")
    assert {wait(rate.check, "a") for _ in range(10)} == {0}
    assert [wait(rate.take, "a") for _ in range(2)] == [0, 1]


def test_a_wait_ends_when_the_bucket_has_one_again(clock: Any) -> None:
    """The part of one that is there already shortens the wait, which is in whole seconds."""
    rate = Rate(per_second=0.25, burst=1, refusal="Too many.", clock=clock)
    rate.take("a")
    for passed, left in ((1.0, 3), (0.5, 3), (0.5, 2)):
        clock.now += passed
        assert wait(rate.take, "a") == wait(rate.check, "a") == left


def test_at_the_limit_full_buckets_and_the_oldest_are_forgotten(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full buckets go, however new; of the others, the half of the limit that was used last
    stays."""
    monkeypatch.setattr(limits, "MOST_KEYS", 6)
    rate = Rate(per_second=1, burst=5, refusal="Too many.", clock=clock)
    for key, times in (("a", 3), ("b", 3), ("c", 4), ("d", 4), ("e", 5)):
        for _ in range(times):
            rate.take(key)
        clock.now += 0.125
    rate.take("full")
    assert len(rate._levels) == 6, "the limit is reached, not exceeded"
    clock.now += 1
    rate.take("e")
    assert len(rate._levels) == 6, "a known key needs no room"
    rate.take("new")
    assert set(rate._levels) == {"c", "d", "e", "new"}


def test_each_end_makes_room_for_one() -> None:
    """When one of two under way ends, exactly one more may begin."""
    submissions = AtOnce(2, "Too many.")
    assert [wait(submissions.begin, "a") for _ in range(3)] == [0, 0, 1]
    submissions.end("a")
    assert [wait(submissions.begin, "a") for _ in range(2)] == [0, 1]


def test_so_many_at_once_and_no_more() -> None:
    """Each key has its own limit; 0 is no limit; a key with nothing under way takes no memory."""
    submissions = AtOnce(2, "Too many.")
    assert [wait(submissions.begin, key) for key in "aaab"] == [0, 0, 1, 0]
    submissions.end("a")
    submissions.begin("a")
    for key in "aab":
        submissions.end(key)
    assert dict(submissions._running) == {}
    unlimited = AtOnce(0, "Too many.")
    assert {wait(unlimited.begin, "a") for _ in range(100)} == {0}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("localhost", "localhost"),
    ],
)
def test_an_ipv6_network_is_one_key(address: str, place: str) -> None:
    """All IPv6 addresses of a /64 network share one key; other addresses are keys themselves."""
    assert network(address) == place
