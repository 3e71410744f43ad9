"""Long-lived remote shells that callers borrow, the most urgent caller first. Does no I/O."""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

_IDLE = 60.0  # seconds after which an unused shell is closed
# Seconds for which a login node that refused a channel is not asked for another; doubled each time.
_FULL, _LONG_FULL = 5.0, 60.0
# Seconds after which only rank 0 goes before a caller. Commands take some hundredths of a second,
# so a wait of a second means that there is always more work than shells, and the less urgent
# would wait for ever. Rank 0 (cancel) is rare, and needed most when all callers wait.
_LONG_WAIT = 1.0
_PATIENT = 1  # the rank of a caller that has waited for that long, unless its own is lower
# Submissions and uploads can come by the dozen and take seconds each, on a slow scheduler or over a
# slow network. Where there are so many shells, they leave one to the others, or no status query
# would be in time.
_LONG_RANKS, _ENOUGH_TO_SHARE = frozenset({1, 4}), 4
# sshd frees a session later than the client thinks, so a refusal is repeated for a second.
_REFUSED_PAUSE, _REFUSED_TRIES = 0.05, 20


class Pooled(Protocol):
    """What can be borrowed. ``used``: when it was last given back (``time.monotonic``).
    ``is_for_one``: it is closed after one loan, because others than this pool need its place."""

    used: float
    is_for_one: bool

    @property
    def closed(self) -> bool:
        """Whether it cannot be used any more."""
        ...

    def close(self) -> None:
        """Give it back to the host."""
        ...


class ChannelRefused(Exception):
    """The host opens no further channel; raised by a pool's ``open``."""


class AllBusy(Exception):
    """The deadline passed while all shells were in use; nothing was borrowed."""


S = TypeVar("S", bound=Pooled)


class Waiter(NamedTuple):
    """A caller that waits: its ``rank`` (0 is the most urgent), its ``number`` in the order of
    arrival, and when it came."""

    rank: int
    number: int
    since: float

    def priority(self, now: float) -> tuple[int, int]:
        """The caller with the smallest is next."""
        has_waited_long = now >= self.since + _LONG_WAIT
        return min(self.rank, _PATIENT) if has_waited_long else self.rank, self.number


class Pool(Generic[S]):
    """At most ``most`` shells, or as many as the host grants. Safe to use from many threads."""

    def __init__(self, open: Callable[[float], S], most: int) -> None:
        """``open(deadline)`` makes a shell, or raises ``ChannelRefused``."""
        self._open, self._most = open, most
        self._limit = most  # lower after a refusal
        self._retry_at, self._pause = 0.0, _FULL  # when to ask for more than the limit
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[Waiter] = []
        self._idle: list[S] = []
        self._busy = self._long = 0  # shells lent; and those of them lent to long ranks
        self._closed = False

    @contextlib.contextmanager
    def borrow(self, deadline: float, rank: int = 0) -> Iterator[S]:
        """A shell for one caller until the block ends.

        When callers must wait, the lowest ``rank`` (0 or more) goes first, and within a rank the
        first to come. After a second of waiting a caller has rank 1 at most. Ranks 1 and 4 leave
        one shell to the other ranks. A shell whose block raised is closed: it may still be working.

        Raises ``AllBusy``; ``ChannelRefused`` when no shell is in use and the host opens none;
        and what ``open`` raises.
        """
        shell = self._get(deadline, rank)
        try:
            yield shell
        except BaseException:
            shell.close()
            self._give_back(None, rank)
            raise
        if shell.is_for_one:
            shell.close()
        self._give_back(None if shell.is_for_one else shell, rank)

    def close(self) -> None:
        """Close the idle shells now, and the others when they are given back."""
        with self._changed:
            self._closed, idle, self._idle = True, self._idle, []
        for shell in idle:
            shell.close()

    def _get(self, deadline: float, rank: int) -> S:
        waiter = Waiter(rank, next(self._numbers), time.monotonic())
        for _ in range(_REFUSED_TRIES):
            if shell := self._take(deadline, waiter):
                return shell
            try:
                shell = self._open(deadline)
            except ChannelRefused:
                if self._give_back(None, rank, refused=True):
                    time.sleep(_REFUSED_PAUSE)
            except BaseException:
                self._give_back(None, rank)
                raise
            else:
                self._note_granted()
                return shell
        raise ChannelRefused

    def _take(self, deadline: float, waiter: Waiter) -> S | None:
        """An idle shell, or ``None`` if the caller is to open a new one."""
        with self._changed:
            self._waiting.append(waiter)
            try:
                while not self._may_take(waiter, now := time.monotonic()):
                    if now >= deadline:
                        raise AllBusy
                    self._changed.wait(min(deadline - now, self._until_change(waiter, now)))
                self._busy += 1
                self._long += waiter.rank in _LONG_RANKS
                return self._idle.pop() if self._idle else None
            finally:
                self._waiting.remove(waiter)
                self._changed.notify_all()

    def _may_take(self, waiter: Waiter, now: float) -> bool:
        """Whether it is this caller's turn, and a shell is idle or may be opened."""
        is_crowded = self._limit >= _ENOUGH_TO_SHARE and self._long >= self._limit - 1
        able = [other for other in self._waiting if other.rank not in _LONG_RANKS or not is_crowded]
        if waiter != min(able, default=None, key=lambda other: other.priority(now)):
            return False
        self._close_stale(now)
        if self._idle or self._busy == 0 or self._busy < self._limit:
            return True
        if self._busy < self._most and now >= self._retry_at:
            self._retry_at = now + self._pause  # for one caller, not for all that wait
            return True
        return False

    def _until_change(self, waiter: Waiter, now: float) -> float:
        """Seconds until a waiting caller may be next although no shell was given back: when the
        host may be asked for one more, and when the caller has waited long."""
        limits = [threading.TIMEOUT_MAX]
        if self._limit <= self._busy < self._most:
            limits.append(max(0.01, self._retry_at - time.monotonic()))
        if (left := waiter.since + _LONG_WAIT - now) > 0:
            limits.append(left)
        return min(limits)

    def _note_granted(self) -> None:
        with self._changed:
            if self._busy > self._limit:
                self._limit, self._pause = self._busy, _FULL

    def _close_stale(self, now: float) -> None:
        stale = [shell for shell in self._idle if shell.closed or shell.used < now - _IDLE]
        self._idle = [shell for shell in self._idle if shell not in stale]
        for shell in stale:
            shell.close()

    def _give_back(self, shell: S | None, rank: int, refused: bool = False) -> bool:
        """End a loan, with the shell if it is still good; returns whether no other is in use."""
        with self._changed:
            self._busy -= 1
            self._long -= rank in _LONG_RANKS
            if refused and self._busy:
                self._limit, self._retry_at = self._busy, time.monotonic() + self._pause
                self._pause = min(2 * self._pause, _LONG_FULL)
            if shell and not self._closed:
                shell.used = time.monotonic()
                self._idle.append(shell)
            elif shell:
                shell.close()
            self._changed.notify_all()
            return self._busy == 0
