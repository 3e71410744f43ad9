"""How much one caller may ask for: so many requests a second, so many at once.

A token bucket is a page of code and costs a microsecond; a library for it would bring stores, strategies and four packages,
and costs ten times as much with each request.
"""

import functools
import ipaddress
import threading
import time
from collections import Counter
from collections.abc import Callable

MOST_KEYS = 10_000  # of callers or addresses that are remembered at once


class Rate:
    """Token buckets, one for each key: ``burst`` at once, then ``per_second``."""

    def __init__(
        self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._levels: dict[str, tuple[float, float]] = {}  # what was left in a bucket, and when
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take one out of a key's bucket. 0 when there was one, else the seconds until there is, and none is taken."""
        with self._lock:
            now = self._clock()
            level = self._level(key, now)
            if level < 1:
                return (1 - level) / self._per_second
            if len(self._levels) >= MOST_KEYS:
                self._forget(now)
            self._levels[key] = (level - 1, now)
            return 0.0

    def wait(self, key: str) -> float:
        """The seconds until there is one to take, 0 when there is."""
        with self._lock:
            return max(1 - self._level(key, self._clock()), 0) / self._per_second

    def _level(self, key: str, now: float) -> float:
        left, since = self._levels.get(key, (self._burst, now))
        return min(left + (now - since) * self._per_second, self._burst)

    def _forget(self, now: float) -> None:
        """Full buckets need no memory; when too many are not full, the half that was used longest ago goes as well."""
        kept = [
            (key, at) for key, at in self._levels.items() if self._level(key, now) < self._burst
        ]
        kept.sort(key=lambda item: item[1][1])
        self._levels = dict(kept[-MOST_KEYS // 2 :])


class AtOnce:
    """How many of something each key has in work, at most ``most``; 0: as many as come."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def begin(self, key: str) -> bool:
        """Whether one more may begin; if so, it has to be ended."""
        with self._lock:
            if self._most and self._running[key] >= self._most:
                return False
            self._running[key] += 1
            return True

    def end(self, key: str) -> None:
        """One that began is over."""
        with self._lock:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]


@functools.lru_cache(maxsize=1024)  # an upstream's address comes with each of its requests
def network(address: str) -> str:
    """What stands for an address: itself, or an IPv6 address's /64 network, all of which one host may have."""
    try:
        version6 = ipaddress.ip_address(address).version == 6
    except ValueError:
        return address
    return (
        str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
        if version6
        else address
    )
