"""How much one caller may request."""

import threading
from typing import Any

import pytest

from dssr.access import limits
from dssr.access.limits import AtOnce, Rate, network


def test_a_burst_is_taken_and_then_so_many_a_second(clock: Any) -> None:
    """A refusal says how long to wait, and after exactly that time one is taken."""
    rate = Rate(per_second=2, burst=3, clock=clock)
    assert [rate.take("a") for _ in range(3)] == [0, 0, 0]
    assert rate.take("a") == rate.wait("a") == 0.5
    clock.now += 0.5
    assert rate.wait("a") == 0
    assert rate.take("a") == 0
    assert rate.take("a") == 0.5
    clock.now += 1000
    assert [rate.take("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_one_key_takes_nothing_from_another(clock: Any) -> None:
    """Each key has its own bucket."""
    rate = Rate(1, 1, clock)
    assert rate.take("a") == 0
    assert rate.take("b") == 0
    assert rate.take("a") > 0


def test_many_keys_do_not_fill_the_memory(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of buckets stays limited, and the key that was used last is still remembered."""
    monkeypatch.setattr(limits, "MOST_KEYS", 100)
    rate = Rate(0.001, 1, clock)
    for i in range(1000):
        clock.now += 0.01
        rate.take(f"k{i}")
    assert len(rate._levels) <= 100
    assert rate.take("k999") > 0


def test_threads_take_no_more_than_there_is() -> None:
    """Threads that ask at once get exactly as many as the bucket has."""
    rate, taken = Rate(0.0001, 100), list[bool]()
    threads = [
        threading.Thread(target=lambda: taken.extend(rate.take("a") == 0 for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 100


def test_a_full_bucket_needs_no_wait(clock: Any) -> None:
    """The wait is 0, not less, when the bucket has more than one."""
    rate = Rate(per_second=2, burst=3, clock=clock)
    assert rate.wait("a") == 0
    rate.take("a")
    assert rate.wait("a") == 0


def test_a_wait_ends_when_the_bucket_has_one_again(clock: Any) -> None:
    """The part of one that is there already shortens the wait."""
    rate = Rate(per_second=2, burst=1, clock=clock)
    rate.take("a")
    clock.now += 0.125
    assert rate.take("a") == rate.wait("a") == 0.375


def test_at_the_limit_full_buckets_and_the_oldest_are_forgotten(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full buckets go, however new; of the others, the half of the limit that was used last
    stays."""
    monkeypatch.setattr(limits, "MOST_KEYS", 6)
    rate = Rate(per_second=1, burst=5, clock=clock)
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


def test_each_end_makes_room_for_one(clock: Any) -> None:
    """When one of two under way ends, exactly one more may begin."""
    cap = AtOnce(2)
    assert [cap.begin("a") for _ in range(3)] == [True, True, False]
    cap.end("a")
    assert [cap.begin("a") for _ in range(2)] == [True, False]


def test_so_many_at_once_and_no_more() -> None:
    """Each key has its own limit; 0 is no limit; a key with nothing under way takes no memory."""
    cap = AtOnce(2)
    assert [cap.begin(key) for key in "aaab"] == [True, True, False, True]
    cap.end("a")
    assert cap.begin("a")
    for key in "aab":
        cap.end(key)
    assert dict(cap._running) == {}
    assert all(AtOnce(0).begin("a") for _ in range(100))


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
