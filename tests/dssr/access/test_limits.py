"""How much one caller may ask for."""

import threading
from typing import Any

import pytest

from dssr.access import limits
from dssr.access.limits import AtOnce, Rate, network


def test_a_burst_is_taken_and_then_so_many_a_second(clock: Any) -> None:
    """What is refused is told how long to wait, and after exactly that it is taken."""
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
    """Each has a bucket of its own."""
    rate = Rate(1, 1, clock)
    assert rate.take("a") == 0
    assert rate.take("b") == 0
    assert rate.take("a") > 0


def test_many_keys_do_not_fill_the_memory(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full buckets are forgotten, then the oldest; who was refused a moment ago is still known."""
    monkeypatch.setattr(limits, "MOST_KEYS", 100)
    rate = Rate(0.001, 1, clock)
    for i in range(1000):
        clock.now += 0.01
        rate.take(f"k{i}")
    assert len(rate._levels) <= 100
    assert rate.take("k999") > 0


def test_threads_take_no_more_than_there_is() -> None:
    """Not one more, however many ask at once."""
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


def test_so_many_at_once_and_no_more() -> None:
    """One that ends makes room for one; 0 is no limit; nothing is kept of who has nothing in work."""
    cap = AtOnce(2)
    assert [cap.begin("a"), cap.begin("a"), cap.begin("a"), cap.begin("b")] == [
        True,
        True,
        False,
        True,
    ]
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
def test_a_host_cannot_have_many_places(address: str, place: str) -> None:
    """A /64 of IPv6 addresses is one host's."""
    assert network(address) == place
