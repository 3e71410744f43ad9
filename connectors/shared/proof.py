"""A check that is made once, and again after a doubt: its success is remembered."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from dssr.errors import Unavailable

# Seconds for which a failure is repeated: callers that came together wait for one check. Answers
# must be right within two seconds of the cluster's return.
_REPEATED = 1.0


class Proof:
    """What has been proved holds until there is a doubt. May be used from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._lock = now, threading.Lock()
        self._doubts = 1
        self._proved = 0  # the number of doubts that the last success has seen
        self._failure: Unavailable | None = None
        self._failed = 0.0

    def doubt(self) -> None:
        """Have the next caller check again: what was proved may hold no more."""
        self._doubts += 1

    @contextlib.contextmanager
    def doubted_after(self, *kinds: type[Exception]) -> Iterator[None]:
        """Where the block raises one of these, there is a doubt."""
        try:
            yield
        except kinds:
            self.doubt()
            raise

    def hold(self, check: Callable[[], None], patience: float) -> None:
        """Return when ``check`` has succeeded since the last doubt.

        Raises what ``check`` raises, and ``Unavailable`` when another caller's check takes longer
        than ``patience`` (seconds).
        """
        if self._proved == self._doubts:
            return
        if not self._lock.acquire(timeout=max(0.0, patience)):
            raise Unavailable("The check whether jobs can be submitted takes too long: ask again.")
        try:
            self._check(check)
        finally:
            self._lock.release()

    def _check(self, check: Callable[[], None]) -> None:
        doubts = self._doubts
        if self._proved == doubts:
            return  # another caller's check has succeeded meanwhile
        if self._failure is not None and self._now() - self._failed < _REPEATED:
            raise type(self._failure)(self._failure.message, self._failure.retry_after)
        self._failure = None
        try:
            check()
        except Unavailable as error:
            self._failure, self._failed = error, self._now()
            raise
        self._proved = doubts
