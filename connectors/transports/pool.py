"""Long-lived remote shells that callers borrow, one caller each at a time, the most urgent first. No I/O of its own."""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

_IDLE = 60.0  # seconds after which an unused shell is given back to the login node
# Seconds for which a login node that refused a channel is not asked for one more than are in use; each time twice as long.
_FULL, _LONG_FULL = 5.0, 60.0
# Seconds after which nobody is overtaken any more but by the most urgent. Commands take some hundredths of a second: who has
# waited for that long does so because there is steadily more work than shells, where the less urgent would never have a turn;
# most of his time is left. The most urgent are few, and when all wait that long they are needed most.
_LONG_WAIT = 1.0
_PATIENT = 1  # the rank of who has waited for that long, unless his own is lower
# The rank that comes in crowds: submissions, each of which may take seconds on a slow scheduler. Of this many shells and more
# they leave one to the others, or no look would be in time while dozens of them wait.
_CROWD, _ENOUGH_TO_SHARE = 1, 4
_REFUSED_PAUSE, _REFUSED_TRIES = (
    0.05,
    20,
)  # sshd frees a place later than the client thinks: a second of patience


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


class Ticket(NamedTuple):
    """What a caller waits with: ``rank``, 0 for the most urgent; ``number`` counts the callers; ``since``: when he came."""

    rank: int
    number: int
    since: float

    def turn(self, now: float) -> tuple[int, int]:
        """Whoever has the smallest is the next: who has waited for long comes right after the most urgent."""
        return (
            min(self.rank, _PATIENT) if now >= self.since + _LONG_WAIT else self.rank
        ), self.number


class Pool(Generic[S]):
    """At most ``most`` shells, or as many as the far side grants: then callers wait for each other."""

    def __init__(self, open: Callable[[float], S], most: int) -> None:
        """``open``: makes a shell until a deadline (``time.monotonic``), or raises ``ChannelRefused``."""
        self._open, self._most = open, most
        self._limit = most  # as learnt from refusals
        self._again, self._pause = (
            0.0,
            _FULL,
        )  # when to ask for one more than that, and how long to wait after the next refusal
        self._changed = threading.Condition()
        self._serial = itertools.count()
        self._waiting: list[Ticket] = []
        self._idle: list[S] = []
        self._busy = self._crowd = 0  # the latter: of those, lent to the rank that comes in crowds
        self._closed = False

    @contextlib.contextmanager
    def borrow(self, deadline: float, rank: int = 0) -> Iterator[S]:
        """A shell for one caller: when callers must wait the lowest ``rank`` (of 0 and more) goes first, and of one rank who
        came first; whoever has waited for a second goes like rank 1, if not before. Rank 1 leaves a shell to the others.

        A shell whose use failed is closed, since it may still be working. Raises ``AllBusy``, ``ChannelRefused`` when none is
        in use and still no channel is granted, and what ``open`` raises.
        """
        shell = self._get(deadline, rank)
        try:
            yield shell
        except BaseException:
            shell.close()
            self._leave(None, rank)
            raise
        self._leave(shell, rank)

    def close(self) -> None:
        """Close the idle shells now and the others when they come back."""
        with self._changed:
            self._closed, idle, self._idle = True, self._idle, []
        for shell in idle:
            shell.close()

    def _get(self, deadline: float, rank: int) -> S:
        ticket = Ticket(rank, next(self._serial), time.monotonic())
        for _ in range(_REFUSED_TRIES):
            if shell := self._take(deadline, ticket):
                return shell
            try:
                shell = self._open(deadline)
            except ChannelRefused:
                alone = self._leave(None, rank, refused=True)
                if alone:
                    time.sleep(_REFUSED_PAUSE)
            except BaseException:
                self._leave(None, rank)
                raise
            else:
                self._granted()
                return shell
        raise ChannelRefused

    def _take(self, deadline: float, ticket: Ticket) -> S | None:
        """An idle shell, or None: a place for a new one is reserved."""
        with self._changed:
            self._waiting.append(ticket)
            try:
                while not self._is_turn(ticket, now := time.monotonic()):
                    if now >= deadline:
                        raise AllBusy
                    self._changed.wait(
                        min(deadline - now, self._until_again(), self._until_urgent(ticket, now))
                    )
                self._busy += 1
                self._crowd += ticket.rank == _CROWD
                return self._idle.pop() if self._idle else None
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _is_turn(self, ticket: Ticket, now: float) -> bool:
        able = [other for other in self._waiting if other.rank != _CROWD or not self._is_crowded()]
        return ticket == min(
            able, default=None, key=lambda other: other.turn(now)
        ) and self._is_free(now)

    def _is_crowded(self) -> bool:
        return self._limit >= _ENOUGH_TO_SHARE and self._crowd >= self._limit - 1

    def _is_free(self, now: float) -> bool:
        self._close_stale(now)
        if self._idle or self._busy == 0 or self._busy < self._limit:
            return True
        if self._busy < self._most and now >= self._again:
            self._again = now + self._pause  # one caller tries, not all that wait
            return True
        return False

    def _until_again(self) -> float:
        return (
            max(0.01, self._again - time.monotonic())
            if self._limit <= self._busy < self._most
            else threading.TIMEOUT_MAX
        )

    def _until_urgent(self, ticket: Ticket, now: float) -> float:
        """Seconds after which a caller looks again: others, who look later, have left a shell to him by then."""
        left = ticket.since + _LONG_WAIT - now
        return left if left > 0 else threading.TIMEOUT_MAX

    def _granted(self) -> None:
        with self._changed:
            if self._busy > self._limit:
                self._limit, self._pause = self._busy, _FULL

    def _close_stale(self, now: float) -> None:
        stale = [shell for shell in self._idle if shell.closed or shell.used < now - _IDLE]
        self._idle = [shell for shell in self._idle if shell not in stale]
        for shell in stale:
            shell.close()

    def _leave(self, shell: S | None, rank: int, refused: bool = False) -> bool:
        """Give a place back, with its shell if that is good; says whether no other is in use."""
        with self._changed:
            self._busy -= 1
            self._crowd -= rank == _CROWD
            if refused and self._busy:
                self._limit, self._again = self._busy, time.monotonic() + self._pause
                self._pause = min(2 * self._pause, _LONG_FULL)
            if shell and not self._closed:
                shell.used = time.monotonic()
                self._idle.append(shell)
            elif shell:
                shell.close()
            self._changed.notify_all()
            return self._busy == 0
