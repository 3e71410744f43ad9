"""An issuer's keys from its JWKS URL (RFC 7517, section 5).

They are kept for a while, fetched again when a token names a new one, and kept in force while the
issuer does not answer.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dssr.errors import Denied, Unavailable
from dssr.identity import fetch, strict_json
from dssr.identity.trusted import TrustedKey, from_jwk

log = logging.getLogger(__name__)
# Seconds after which the keys are fetched again; so long a key that the issuer has withdrawn stays
# trusted.
KEEP = 600.0
# Seconds between two attempts, whatever callers send: unknown key names must not cause requests.
PAUSE = 30.0
FIRST_PAUSE = 5.0  # the same until the first set is there
DEADLINE = 2.0  # seconds that a caller waits at most: the rest of the call needs time too
_TIMEOUT = 10.0  # seconds for the issuer, which may be starting up; callers try again meanwhile
_LOST = 30.0  # seconds after which an attempt that does not end is given up
_MOST_UNDER_WAY = 3  # attempts: the current one, and those that were given up and have not ended
_MOST_KEYS = 64


@dataclass
class _Attempt:
    begun: float
    ended: threading.Event = field(default_factory=threading.Event)
    succeeded: bool = False


class FetchedKeys:
    """The keys at one URL. May be used by many threads, which share one attempt to fetch them."""

    def __init__(
        self,
        url: str,
        *,
        pause: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        get: Callable[[str, float], bytes] = fetch.get,
    ) -> None:
        """``pause``: another one than ``PAUSE``."""
        self._url = url
        self._given_pause = pause
        self._clock = clock
        self._get = get
        self._lock = threading.Lock()
        self._keys: tuple[TrustedKey, ...] = ()
        self._fetched = 0.0
        self._attempt: _Attempt | None = None
        self._problem = ""
        self._under_way = 0

    def matching(self, kid: str | None) -> Sequence[TrustedKey]:
        """The issuer's keys of that name, or all for a token that names none.

        Raises ``Denied`` when the issuer, asked now, has none of that name; ``Unavailable`` when it
        was asked less than ``PAUSE`` ago, or has never answered. Takes ``DEADLINE`` at most.
        """
        keys = self._keys
        if keys and self._clock() - self._fetched < KEEP and (found := _with_kid(keys, kid)):
            return found
        asked = self._refresh()
        if not (keys := self._keys):
            raise Unavailable(
                "The bearer cannot be verified at the moment, because its issuer's keys cannot be "
                "had: send the same again.",
                self._wait(),
            )
        if found := _with_kid(keys, kid):
            return found
        if asked:
            raise Denied(
                "The bearer is signed with a key that its issuer does not have ('kid'): have the "
                "user sign in again."
            )
        raise Unavailable(
            "The bearer is signed with a key that its issuer did not publish when it was last "
            f"asked; the bridge asks at most every {self._least:g} s: send the same again.",
            self._wait(),
        )

    def _refresh(self) -> bool:
        """Whether the issuer has answered now, to this caller's attempt or one under way."""
        with self._lock:
            attempt = self._current_attempt()
        return attempt is not None and attempt.ended.wait(DEADLINE) and attempt.succeeded

    def _current_attempt(self) -> _Attempt | None:
        """The attempt under way, or a new one; ``None`` while none may begin."""
        now, last = self._clock(), self._attempt
        if last is not None and not last.ended.is_set() and now - last.begun < _LOST:
            return last
        is_due = last is None or now - last.begun >= self._pause()
        if not is_due or self._under_way >= _MOST_UNDER_WAY:
            return None
        self._attempt = attempt = _Attempt(now)
        self._under_way += 1
        threading.Thread(target=self._fetch, args=(attempt,), name="JWKS", daemon=True).start()
        return attempt

    def _fetch(self, attempt: _Attempt) -> None:
        try:
            keys = read(self._get(self._url, _TIMEOUT))
        except ValueError as error:
            self._failed(str(error))
        except Exception as error:  # whatever a library raises, those who wait must get an answer
            self._failed(f"its answer cannot be read ({type(error).__name__})")
        else:
            self._succeeded(attempt, keys)
        finally:
            with self._lock:
                self._under_way -= 1
            attempt.ended.set()

    def _succeeded(self, attempt: _Attempt, keys: tuple[TrustedKey, ...]) -> None:
        with self._lock:
            if self._attempt is not attempt:  # it was given up
                return
            before = {key.kid for key in self._keys}
            news = bool(self._problem) or {key.kid for key in keys} != before
            self._keys, self._fetched, self._problem = keys, attempt.begun, ""
            attempt.succeeded = True
        if news:
            names = ", ".join(ascii(key.kid) for key in keys)[:1000]
            log.info("The issuer's keys have been fetched: %s", names)

    def _failed(self, why: str) -> None:
        with self._lock:
            level = logging.DEBUG if why == self._problem else logging.ERROR
            self._problem = why
        left = (
            f"The {len(self._keys)} keys fetched last stay in force."
            if self._keys
            else "No bearer can be verified."
        )
        log.log(level, "NO KEYS FROM %s: %s. %s", self._url, why, left)

    @property
    def _least(self) -> float:
        return PAUSE if self._given_pause is None else self._given_pause

    def _pause(self) -> float:
        return self._least if self._keys else min(self._least, FIRST_PAUSE)

    def _wait(self) -> int:
        begun = self._attempt.begun if self._attempt else self._clock()
        return max(1, round(begun + self._pause() - self._clock()))


def read(document: bytes) -> tuple[TrustedKey, ...]:
    """The keys for verifying tokens in a key set.

    Keys for other purposes, weak ones and broken ones are left out and logged. Raises
    ``ValueError`` when none is left.
    """
    try:
        entries = strict_json.read(document).get("keys")
    except ValueError as error:
        raise ValueError(f"its answer is no key set: {error}") from None
    if not isinstance(entries, list):
        raise ValueError("its answer is no key set: it has no list 'keys'")
    groups = (entry for entry in entries[:_MOST_KEYS] if isinstance(entry, dict))
    keys = [key for entry in groups if (key := _usable(entry))]
    if not keys:
        raise ValueError("its key set has no key for verifying signatures")
    return tuple(keys)


def _usable(entry: dict[str, object]) -> TrustedKey | None:
    try:
        return from_jwk(entry)
    except ValueError as error:
        log.debug("The issuer's key %s is left out: %s", ascii(entry.get("kid"))[:300], error)
        return None


def _with_kid(keys: tuple[TrustedKey, ...], kid: str | None) -> tuple[TrustedKey, ...]:
    return keys if kid is None else tuple(key for key in keys if key.kid == kid)
