"""The budget of many users on the same hosts: none of them may spoil it for the others. Pure but for its clock."""

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from connectors.transports.backoff import NotTried
from connectors.transports.budget import Budget
from dssr.errors import ConnectFailed

_AT_ONCE = 4  # sshd drops newcomers when ten have not logged in yet (sshd_config(5), MaxStartups)
_TURN = 8.0  # seconds after which one whose turn it is has had time enough to log in, or will not
_UNREACHABLE = (
    1.0  # seconds after which a host that could not be reached is tried again, by one of all users
)
# Of a minute's handshakes with a jump host one in so many is for finding out whether the host behind it is back: when it is,
# those who wait must be able to log in.
_SHARE = 2
_REFUSALS, _WITHIN = (
    4,
    600.0,
)  # fail2ban's usual ban, on all of this machine, follows the fifth within ten minutes
_NEVER = float("-inf")


class _Outage(NamedTuple):
    """A host out of reach: when somebody tried last, for how many seconds nobody else does, and how it ended."""

    tried: float
    pause: float
    error: ConnectFailed


class SharedBudget(Budget):
    """At most ``most`` handshakes a minute with each host for all users, and few at once. After some refused logins, whoever's
    they were, only those whom the host has let in before are tried until that is long ago: its ban would be for all."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        super().__init__(most, now)
        self._gate = threading.BoundedSemaphore(_AT_ONCE)
        self._welcome: set[tuple[str, str]] = set()
        self._ended: set[tuple[str, str]] = set()
        self._refused: dict[str, list[float]] = defaultdict(list)
        self._unreachable: dict[str, _Outage] = {}
        self._reached: dict[str, float] = {}

    def check(self, host: str, user: str = "") -> None:
        """Raise ``ConnectFailed`` or ``NotTried``, with the seconds to wait, when this user must not be tried now. When it
        returns for a host that was out of reach, it is this user who tries: others are not let through meanwhile."""
        super().check(host, user)
        with self._lock:
            now, outage = self._now(), self._unreachable.get(host)
            if outage is not None and (left := outage.tried + outage.pause - now) > 0:
                raise ConnectFailed(outage.error.message, max(1, round(left)))
            self._check_refusals(host, user, now - _WITHIN)
            if outage is not None:
                self._unreachable[host] = outage._replace(tried=now)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """See ``Budget``: waits while several others are at it."""
        mine = self._gate.acquire(timeout=_TURN)
        try:
            yield
        finally:
            if mine:
                self._gate.release()

    def unreachable(
        self, host: str, error: ConnectFailed, took: float = 0.0, handshakes: int = 0
    ) -> None:
        """See ``Budget``: what one user has found out is told to the others, who need not knock, too; unless somebody has
        reached the host while this one was trying."""
        pause = max(_UNREACHABLE, _SHARE * self.spacing * handshakes)
        with self._lock:
            now, known = self._now(), self._unreachable.get(host)
            if self._reached.get(host, _NEVER) <= now - took:
                self._unreachable[host] = _Outage(
                    now if known is None else known.tried, pause, error
                )

    def reached(self, host: str) -> None:
        """See ``Budget``: it is there for all."""
        with self._lock:
            self._reached[host] = self._now()
            self._unreachable.pop(host, None)

    def accepted(self, host: str, user: str) -> None:
        """See ``Budget``."""
        with self._lock:
            self._welcome.add((host, user))
            self._ended.discard((host, user))

    def refused(self, host: str, user: str) -> None:
        """See ``Budget``."""
        with self._lock:
            self._welcome.discard((host, user))
            self._refused[host].append(self._now())

    def ended(self, host: str, user: str) -> None:
        """See ``Budget``: once it may have been an sshd that was killed, twice in a row it is a way to refuse."""
        with self._lock:
            again = (host, user) in self._ended
            self._ended.add((host, user))
        if again:
            self.refused(host, user)

    def _check_refusals(self, host: str, user: str, since: float) -> None:
        recent = self._refused[host] = [when for when in self._refused[host] if when > since]
        if len(recent) >= _REFUSALS and (host, user) not in self._welcome:
            raise NotTried(
                f"{host} has refused {len(recent)} logins of users within ten minutes, and hosts ban clients that keep "
                f"failing: {user!r}, who was not let in before, is tried only after a pause. The log says whose keys "
                "were refused.",
                max(1, round(recent[0] - since)),
            )
