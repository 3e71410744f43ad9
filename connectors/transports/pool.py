"""Long-lived remote shells that callers borrow, one caller each at a time. No I/O of its own."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

_IDLE = 60.0  # seconds after which an unused shell is given back to the login node
_FULL = 5.0  # seconds for which a login node that refused a channel is not asked for another while some are in use
_REFUSED_PAUSE, _REFUSED_TRIES = 0.05, 20  # sshd frees a place later than the client thinks: a second of patience


class Pooled(Protocol):
    """What can be borrowed. ``used``: when it was last given back."""

    used: float

    @property
    def closed(self) -> bool:
        """Whether it cannot be used any more."""
        ...

    def close(self) -> None:
        """Give it back to the far side."""
        ...


class ChannelRefused(Exception):
    """The far side opens no further channel; raised by what a pool opens its shells with."""


class AllBusy(Exception):
    """The deadline passed while all shells were in use; nothing was borrowed."""


S = TypeVar("S", bound=Pooled)


class Pool(Generic[S]):
    """At most ``most`` shells, or as many as the far side grants: then callers wait for each other."""

    def __init__(self, open: Callable[[float], S], most: int) -> None:
        """``open``: makes a shell until a deadline (``time.monotonic``), or raises ``ChannelRefused``."""
        self._open, self._most = open, most
        self._changed = threading.Condition()
        self._idle: list[S] = []
        self._busy = 0
        self._full_until = 0.0
        self._closed = False

    @contextlib.contextmanager
    def borrow(self, deadline: float) -> Iterator[S]:
        """A shell for one caller; one whose use failed is closed, since it may still be working.

        Raises ``AllBusy``, ``ChannelRefused`` when none is in use and still no channel is granted, and what ``open`` raises.
        """
        shell = self._get(deadline)
        try:
            yield shell
        except BaseException:
            shell.close()
            self._leave(None)
            raise
        self._leave(shell)

    def close(self) -> None:
        """Close the idle shells now and the others when they come back."""
        with self._changed:
            self._closed, idle, self._idle = True, self._idle, []
        for shell in idle:
            shell.close()

    def _get(self, deadline: float) -> S:
        for _ in range(_REFUSED_TRIES):
            if shell := self._take(deadline):
                return shell
            try:
                return self._open(deadline)
            except ChannelRefused:
                alone = self._leave(None, refused=True)
                if alone:
                    time.sleep(_REFUSED_PAUSE)
            except BaseException:
                self._leave(None)
                raise
        raise ChannelRefused

    def _take(self, deadline: float) -> S | None:
        """An idle shell, or None: a place for a new one is reserved."""
        with self._changed:
            while True:
                now = time.monotonic()
                self._close_stale(now)
                if self._idle or self._busy == 0 or (self._busy < self._most and now >= self._full_until):
                    self._busy += 1
                    return self._idle.pop() if self._idle else None
                if now >= deadline:
                    raise AllBusy
                again = self._full_until if self._busy < self._most else deadline
                self._changed.wait(min(again, deadline) - now)

    def _close_stale(self, now: float) -> None:
        stale = [shell for shell in self._idle if shell.closed or shell.used < now - _IDLE]
        self._idle = [shell for shell in self._idle if shell not in stale]
        for shell in stale:
            shell.close()

    def _leave(self, shell: S | None, refused: bool = False) -> bool:
        """Give a place back, with its shell if that is good; says whether no other is in use."""
        with self._changed:
            self._busy -= 1
            if refused and self._busy:
                self._full_until = time.monotonic() + _FULL
            if shell and not self._closed:
                shell.used = time.monotonic()
                self._idle.append(shell)
            elif shell:
                shell.close()
            self._changed.notify()
            return self._busy == 0
