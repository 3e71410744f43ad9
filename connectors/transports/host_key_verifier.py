"""Verifies host keys, and stops all work while a host presents a wrong one.

One verifier serves all connections to the same hosts, of all users.
"""

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
_UNPROVEN = HostKey("", b"")


class _Mismatch:
    """A host presented a wrong key when it was last connected to."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.backoff = Backoff(now)
        self.key: HostKey | None = None
        self.words = ""
        self.revision: Hashable = None  # of the trusted keys


class HostKeyVerifier:
    """Compares host keys with the trusted ones. Safe to use from many threads."""

    def __init__(self, trust: Trust, now: Callable[[], float] = time.monotonic) -> None:
        """``now``: a clock, in seconds."""
        self.trust = trust
        self._now = now
        self._lock = threading.Lock()
        self._mismatches: dict[Host, _Mismatch] = {}
        self._seen: dict[Host, str] = {}  # the type of the key that was verified

    def kinds(self, host: Host) -> tuple[str, ...]:
        """All types of host keys, those of known keys first: a host has several keys, and is asked
        for one. Raises ``TrustUnreadable`` when the known keys cannot be read."""
        seen = [self._seen[host]] if host in self._seen else []
        known = [kind for kind in self.trust.known(host).kinds if kind in KINDS]
        return tuple(dict.fromkeys([*seen, *known, *KINDS]))

    def may_have_a_trusted_key(self, host: Host, keys: Sequence[HostKey]) -> bool:
        """Whether a host that has presented these keys may still have a trusted one, of another
        type: the known keys may be those of several hosts, and a fingerprint has no type."""
        known, seen = self.trust.known(host), {key.kind for key in keys}
        left = set(KINDS if known.has_fingerprints else known.kinds) - seen
        return bool(left) and known.state(keys[-1]) is HostKeyState.CHANGED

    def state(self, host: Host, key: HostKey) -> HostKeyState:
        """How the key compares with the trusted ones; has no effect."""
        return self.trust.known(host).state(key)

    def verify(self, host: Host, label: str, key: HostKey) -> None:
        """Return if the key is trusted. ``label``: the host as errors name it.

        Raises ``HostKeyChanged`` for another key than the trusted one: a mismatch, which lasts
        until the host presents the right key. Raises ``HostKeyRefused`` when no key is known for
        the host. In both cases nothing must be sent to it.
        """
        revision = self.trust.revision  # read first: a later change shows in the next one
        known = self.trust.known(host)
        if known.state(key) is HostKeyState.UNKNOWN:
            known = self.trust.learn(host, key)
        state = known.state(key)
        if state is HostKeyState.TRUSTED:
            self._note_verified(host, label, key)
        elif state is HostKeyState.UNKNOWN:
            raise HostKeyRefused(
                f"No trusted host key is known for {label}, so nothing was sent to it. It presents "
                f"{key.fingerprint}; if its administrator confirms that, "
                f"{self.trust.cure(host, key)}. `dssr hostkey` shows all its keys."
            )
        else:
            words = self._words(host, label, key, state, known)
            self._raise_mismatch(host, key, words, revision)

    def report_unproven(self, host: Host, label: str) -> None:
        """Raise ``HostKeyChanged`` about a host that cannot prove that it owns the key that it
        presents: host keys are public."""
        words = (
            f"{label} presents a host key and cannot prove that it is its own: another machine may "
            "be in between. Nothing was sent to it, and all work stops. Ask its administrator."
        )
        self._raise_mismatch(host, _UNPROVEN, words, self.trust.revision)

    def raise_recent_mismatch(self, hosts: Iterable[Host]) -> None:
        """Raise ``HostKeyChanged`` again during the pause after a mismatch of one of these hosts,
        unless the trusted keys have changed."""
        with self._lock:
            for mismatch in self._of(hosts):
                left = mismatch.backoff.remaining
                if mismatch.revision == self.trust.revision and left > 0:
                    raise HostKeyChanged(mismatch.words, max(1, round(left)))

    def mismatch(self, hosts: Iterable[Host]) -> str:
        """What is wrong with the key of one of these hosts, or an empty string."""
        if not self._mismatches:  # nearly always, and asked before each command
            return ""
        with self._lock:
            return next((mismatch.words for mismatch in self._of(hosts)), "")

    def is_changed(self, host: Host) -> bool:
        """Whether the host presented a wrong key when it was last connected to."""
        with self._lock:
            return host in self._mismatches

    def _of(self, hosts: Iterable[Host]) -> Iterable[_Mismatch]:
        return (self._mismatches[host] for host in hosts if host in self._mismatches)

    def _note_verified(self, host: Host, label: str, key: HostKey) -> None:
        with self._lock:
            self._seen[host] = key.kind
            mismatch = self._mismatches.pop(host, None)
        if mismatch is not None:
            log.warning(
                "%s presents a trusted host key again (%s): work goes on.", label, key.fingerprint
            )

    def _raise_mismatch(self, host: Host, key: HostKey, words: str, revision: Hashable) -> None:
        with self._lock:
            mismatch = self._mismatches.setdefault(host, _Mismatch(self._now))
            is_new = mismatch.key != key
            mismatch.key, mismatch.words, mismatch.revision = key, words, revision
            mismatch.backoff.failed(HostKeyRefused(words))
            pause = max(1, round(mismatch.backoff.remaining))
        if is_new:
            log.error("HOST KEY CHANGED, ALL WORK STOPS: %s", words)
        else:
            log.warning("still the same wrong host key; next look in %d s: %s", pause, words)
        raise HostKeyChanged(words, pause)

    def _words(
        self, host: Host, label: str, key: HostKey, state: HostKeyState, known: Known
    ) -> str:
        if state is HostKeyState.REVOKED:
            return (
                f"{label} presents a host key that {self.trust.source} revokes ({key.kind} "
                f"{key.fingerprint}): nothing was sent to it. Its administrator must give it "
                "another."
            )
        return (
            f"{label} presents another host key ({key.kind} {key.fingerprint}) than is trusted "
            f"({self.trust.source}: {', '.join(known.fingerprints[:5])}). Another machine may "
            "be in between, or the host was reinstalled: nothing was sent to it, and all work "
            f"stops. Ask its administrator; if it is the right one, {self.trust.cure(host, key)}."
        )
