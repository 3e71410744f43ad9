"""Stands at the door: which host keys are let in, what is said of the others, and when a host that presented another key
than the trusted one may be asked again. One guard watches over all connections to the same hosts, whoever logs in."""

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Sequence

from connectors.transports.backoff import Backoff
from connectors.transports.host_keys import KINDS, Host, HostKey, Known
from connectors.transports.trust import Trust
from dssr.errors import HostKeyChanged, HostKeyRefused
from dssr.seams import HostKeyState

log = logging.getLogger(__name__)
_NOT_ITS_OWN = HostKey("", b"")


class _Alarm:
    """A host that presented a wrong key when it was last heard of."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.backoff = Backoff(now)
        self.key: HostKey | None = None
        self.words = ""
        self.revision: Hashable = None


class Guard:
    """Checks host keys against what is trusted. May be used from many threads."""

    def __init__(self, trust: Trust, now: Callable[[], float] = time.monotonic) -> None:
        self.trust = trust
        self._now = now
        self._lock = threading.Lock()
        self._alarms: dict[Host, _Alarm] = {}
        self._seen: dict[Host, str] = {}  # the type of the key that was trusted

    def kinds(self, host: Host) -> tuple[str, ...]:
        """All types of host keys, those first of which a key is known: a host has several, and must be asked for the right one.
        Raises ``TrustUnreadable`` when what is known cannot be read."""
        first = [self._seen[host]] if host in self._seen else []
        return tuple(
            dict.fromkeys(
                [*first, *(k for k in self.trust.known(host).kinds if k in KINDS), *KINDS]
            )
        )

    def may_have_another(self, host: Host, keys: Sequence[HostKey]) -> bool:
        """Whether the last of the keys that a host has presented tells nothing yet: it may have a trusted one of another type,
        since known keys may be those of several hosts, and of a fingerprint nobody knows the type."""
        known, seen = self.trust.known(host), {key.kind for key in keys}
        left = set(KINDS if known.has_fingerprints else known.kinds) - seen
        return bool(left) and known.state(keys[-1]) is HostKeyState.CHANGED

    def state(self, host: Host, key: HostKey) -> HostKeyState:
        """What to think of the key; nothing comes of it."""
        return self.trust.known(host).state(key)

    def admit(self, host: Host, place: str, key: HostKey) -> None:
        """Return when the key is trusted. ``place``: the host, as errors name it.

        Raises ``HostKeyChanged`` for another key than the trusted one, which is an alarm until the host presents the right
        one; ``HostKeyRefused`` when nothing says which one is right. Nothing must be sent to the host then.
        """
        revision = self.trust.revision  # before looking: what changes meanwhile is seen next time
        known = self.trust.known(host)
        if known.state(key) is HostKeyState.UNKNOWN:
            known = self.trust.learn(host, key)
        state = known.state(key)
        if state is HostKeyState.TRUSTED:
            self._all_is_well(host, place, key)
        elif state is HostKeyState.UNKNOWN:
            raise HostKeyRefused(
                f"Nothing says which host key {place} has, so nothing was sent to it. It presents {key.fingerprint}; if its "
                f"administrator confirms that, {self.trust.cure(host, key)}. `dssr hostkey` shows all its keys."
            )
        else:
            self._raise_alarm(host, key, self._words(host, place, key, state, known), revision)

    def unproved(self, host: Host, place: str) -> None:
        """Raise the alarm about a host that presents a key and cannot prove that it owns it: a key is public."""
        self._raise_alarm(
            host,
            _NOT_ITS_OWN,
            f"{place} presents a host key and cannot prove that it is its own: somebody may be in between. Nothing was sent to "
            "it, and all work stops. Ask its administrator.",
            self.trust.revision,
        )

    def hold(self, hosts: Iterable[Host]) -> None:
        """Raise the alarm again about one of these hosts while it is too early to ask it once more, unless what is trusted has
        changed since."""
        with self._lock:
            for alarm in self._among(hosts):
                if alarm.revision == self.trust.revision and alarm.backoff.left > 0:
                    raise HostKeyChanged(alarm.words, max(1, round(alarm.backoff.left)))

    def alarm(self, hosts: Iterable[Host]) -> str:
        """The alarm about one of these hosts, in words, or an empty string."""
        if not self._alarms:  # nearly always, and asked before each command
            return ""
        with self._lock:
            return next((alarm.words for alarm in self._among(hosts)), "")

    def is_changed(self, host: Host) -> bool:
        """Whether a host presented another key than the trusted one when it was last heard of."""
        with self._lock:
            return host in self._alarms

    def _among(self, hosts: Iterable[Host]) -> Iterable[_Alarm]:
        return (self._alarms[host] for host in hosts if host in self._alarms)

    def _all_is_well(self, host: Host, place: str, key: HostKey) -> None:
        with self._lock:
            self._seen[host] = key.kind
            alarm = self._alarms.pop(host, None)
        if alarm is not None:
            log.warning(
                "%s presents a trusted host key again (%s): work goes on.", place, key.fingerprint
            )

    def _raise_alarm(self, host: Host, key: HostKey, words: str, revision: Hashable) -> None:
        with self._lock:
            alarm = self._alarms.setdefault(host, _Alarm(self._now))
            is_news = alarm.key != key
            alarm.key, alarm.words, alarm.revision = key, words, revision
            alarm.backoff.failed(HostKeyRefused(words))
            pause = max(1, round(alarm.backoff.left))
        if is_news:
            log.error("HOST KEY CHANGED, ALL WORK STOPS: %s", words)
        else:
            log.warning("still the same wrong host key; next look in %d s: %s", pause, words)
        raise HostKeyChanged(words, pause)

    def _words(
        self, host: Host, place: str, key: HostKey, state: HostKeyState, known: Known
    ) -> str:
        if state is HostKeyState.REVOKED:
            return (
                f"{place} presents a host key that {self.trust.source} revokes ({key.kind} {key.fingerprint}): nothing was "
                "sent to it. Its administrator must give it another."
            )
        return (
            f"{place} presents another host key ({key.kind} {key.fingerprint}) than is trusted ({self.trust.source}: "
            f"{', '.join(known.fingerprints[:5])}). Somebody may be in between, or the host was reinstalled: nothing was sent "
            f"to it, and all work stops. Ask its administrator; if it is the right one, {self.trust.cure(host, key)}."
        )
