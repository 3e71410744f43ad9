"""How much one caller may request: how many requests a second, how many at once. More is refused
with ``TooMany``, which HTTP knows as 429 with ``Retry-After`` (RFC 6585).

A token bucket is a page of code and costs a microsecond. A library for it brings stores, strategies
and four packages, and costs ten times as much for each request.
"""

import functools
import ipaddress
import math
import threading
import time
from collections import Counter
from collections.abc import Callable

from dssr.errors import TooMany

MOST_KEYS = 10_000  # callers or addresses that are remembered


class Rate:
    """Token buckets, one for each key: ``burst`` at once, then ``per_second``."""

    def __init__(
        self,
        per_second: float,
        burst: float,
        refusal: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``per_second``: 0 is no limit. ``refusal``: what callers read who send more."""
        self._per_second, self._burst = per_second, burst
        self._refusal, self._clock = refusal, clock
        # what was left in a bucket, and when
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Take one from a key's bucket. Raises ``TooMany``, with the seconds until it has one, when
        it is empty.
        """
        if not self._per_second:
            return
        with self._lock:
            now = self._clock()
            level = self._level(key, now)
            if level < 1:
                raise self._too_many(level)
            if len(self._levels) >= MOST_KEYS and key not in self._levels:
                self._forget(now)
            self._levels[key] = (level - 1, now)

    def check(self, key: str) -> None:
        """Raise what ``take`` would raise, and take none."""
        with self._lock:
            level = self._level(key, self._clock())
        if self._per_second and level < 1:
            raise self._too_many(level)

    def _too_many(self, level: float) -> TooMany:
        return TooMany(self._refusal, math.ceil((1 - level) / self._per_second))

    def _level(self, key: str, now: float) -> float:
        left, since = self._levels.get(key, (self._burst, now))
        return min(left + (now - since) * self._per_second, self._burst)

    def _forget(self, now: float) -> None:
        """Forget full buckets, and of the others all but the half of ``MOST_KEYS`` that was used
        last.
        """
        kept = [
            (key, at) for key, at in self._levels.items() if self._level(key, now) < self._burst
        ]
        kept.sort(key=lambda item: item[1][1])
        self._levels = dict(kept[-MOST_KEYS // 2 :])


class AtOnce:
    """How much each key has under way at once: at most ``most``, or any number when that is 0."""

    def __init__(self, most: int, refusal: str) -> None:
        """``refusal``: what callers read who have as many under way."""
        self._most, self._refusal = most, refusal
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def begin(self, key: str) -> None:
        """Begin one more, which must ``end``. Raises ``TooMany`` when as many are under way."""
        with self._lock:
            if self._most and self._running[key] >= self._most:
                raise TooMany(self._refusal, 1)
            self._running[key] += 1

    def end(self, key: str) -> None:
        """End one that began."""
        with self._lock:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]


@functools.lru_cache(maxsize=1024)
def network(address: str) -> str:
    """The key of an address: itself, or the /64 network of an IPv6 address, since one host may have
    all of that.
    """
    try:
        version6 = ipaddress.ip_address(address).version == 6
    except ValueError:
        return address
    return (
        str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
        if version6
        else address
    )
