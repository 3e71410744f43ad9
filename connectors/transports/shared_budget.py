"""The budget of many users on the same hosts, so that no user's failures keep the others out.

Pure but for its clock.
"""

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from connectors.transports.backoff import LoginPostponed
from connectors.transports.budget import Budget
from dssr.errors import ConnectFailed

_AT_ONCE = 4  # logins; sshd drops new connections when ten have not logged in (MaxStartups)
_SLOT_WAIT = 8.0  # seconds to wait for a slot; by then a login has succeeded or never will
_UNREACHABLE = 1.0  # seconds after which one of all users tries an unreachable host again
# One in so many of a minute's handshakes with a jump host tests whether the host behind it is back.
# The others are for the users who log in then.
_SHARE = 2
# fail2ban usually bans a machine at the fifth refused login within ten minutes.
_REFUSALS, _WITHIN = 4, 600.0
_NEVER = float("-inf")


class _Outage(NamedTuple):
    """A host out of reach: when the last try was, the seconds until the next, and the error."""

    tried: float
    pause: float
    error: ConnectFailed


class SharedBudget(Budget):
    """At most ``most`` handshakes a minute with each host for all users, and few at once.

    After some refused logins, of any users, only users whom the host has let in before are tried
    for a while: the host's ban would concern all of them.
    """

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        super().__init__(most, now)
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._accepted: set[tuple[str, str]] = set()
        self._ended: set[tuple[str, str]] = set()
        self._refusals: dict[str, list[float]] = defaultdict(list)
        self._outages: dict[str, _Outage] = {}
        self._reached: dict[str, float] = {}

    def check(self, host: str, user: str = "") -> None:
        """Raise ``ConnectFailed`` or ``LoginPostponed``, with the seconds to wait, when this user
        must not be tried now. When it returns for a host that was out of reach, this user's
        attempt is the one that finds out: other users are refused meanwhile."""
        super().check(host, user)
        with self._lock:
            now, outage = self._now(), self._outages.get(host)
            if outage is not None and (left := outage.tried + outage.pause - now) > 0:
                raise ConnectFailed(outage.error.message, max(1, round(left)))
            self._check_refusals(host, user, now - _WITHIN)
            if outage is not None:
                self._outages[host] = outage._replace(tried=now)

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """See ``Budget``: waits while several other logins are under way."""
        taken = self._slots.acquire(timeout=_SLOT_WAIT)
        try:
            yield
        finally:
            if taken:
                self._slots.release()

    def unreachable(
        self, host: str, error: ConnectFailed, took: float = 0.0, handshakes: int = 0
    ) -> None:
        """See ``Budget``: other users get this error and do not try themselves, unless one has
        reached the host meanwhile."""
        pause = max(_UNREACHABLE, _SHARE * self.spacing * handshakes)
        with self._lock:
            now, known = self._now(), self._outages.get(host)
            if self._reached.get(host, _NEVER) <= now - took:
                tried = now if known is None else known.tried
                self._outages[host] = _Outage(tried, pause, error)

    def reached(self, host: str) -> None:
        """See ``Budget``: the host is back for all users."""
        with self._lock:
            self._reached[host] = self._now()
            self._outages.pop(host, None)

    def accepted(self, host: str, user: str) -> None:
        """See ``Budget``."""
        with self._lock:
            self._accepted.add((host, user))
            self._ended.discard((host, user))

    def refused(self, host: str, user: str) -> None:
        """See ``Budget``."""
        with self._lock:
            self._accepted.discard((host, user))
            self._refusals[host].append(self._now())

    def ended(self, host: str, user: str) -> None:
        """See ``Budget``: once may have been an sshd that was killed; twice is a refusal."""
        with self._lock:
            again = (host, user) in self._ended
            self._ended.add((host, user))
        if again:
            self.refused(host, user)

    def _check_refusals(self, host: str, user: str, since: float) -> None:
        recent = self._refusals[host] = [when for when in self._refusals[host] if when > since]
        if len(recent) >= _REFUSALS and (host, user) not in self._accepted:
            raise LoginPostponed(
                f"{host} has refused {len(recent)} logins of users within ten minutes, and hosts "
                f"ban clients that keep failing: {user!r}, who was not let in before, is tried "
                "only after a pause. The log says whose keys were refused.",
                max(1, round(recent[0] - since)),
            )
