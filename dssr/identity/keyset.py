"""An issuer's keys from its JWKS URL (RFC 7517, 5): kept for a while, fetched anew when one is new, kept on in its absence."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dssr.errors import Denied, Unavailable
from dssr.identity import fetch, strict_json
from dssr.identity.trusted import TrustedKey, from_jwk

log = logging.getLogger(__name__)
KEEP = 600.0  # seconds after which the keys are fetched again: so long does one that the issuer has withdrawn stay trusted
PAUSE = 30.0  # seconds between two attempts, whatever callers send: an unknown key's name must not make requests
FIRST_PAUSE = 5.0  # the same until the first set is there
DEADLINE = 2.0  # seconds that a caller waits at most: what he asked for needs its time too
_TIMEOUT = 10.0  # seconds for the issuer, who may be starting up; callers of that time are asked to come again
_LOST = 30.0  # seconds after which an attempt that does not end is given up
_MOST_UNDER_WAY = 3  # attempts that have been given up and not ended, and the one that counts
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
        clock: Callable[[], float] = time.monotonic,
        get: Callable[[str, float], bytes] = fetch.get,
    ) -> None:
        self._url = url
        self._clock = clock
        self._get = get
        self._lock = threading.Lock()
        self._keys: tuple[TrustedKey, ...] = ()
        self._fetched = 0.0
        self._attempt: _Attempt | None = None
        self._trouble = ""
        self._under_way = 0

    def matching(self, kid: str | None) -> Sequence[TrustedKey]:
        """The issuer's keys of that name, or all for a token that names none.

        Raises ``Denied`` when the issuer, asked now, has none of that name; ``Unavailable`` when it was asked too lately to
        be asked again, or no set has ever come. Returns or raises within ``DEADLINE``.
        """
        keys = self._keys
        if keys and self._clock() - self._fetched < KEEP and (found := _named(keys, kid)):
            return found
        asked = self._refresh()
        if not (keys := self._keys):
            raise Unavailable(
                "The bearer cannot be verified at the moment, because its issuer's keys cannot be had: send the same again.",
                self._wait(),
            )
        if found := _named(keys, kid):
            return found
        if asked:
            raise Denied(
                "The bearer is signed with a key that its issuer does not have ('kid'): have the user sign in again."
            )
        raise Unavailable(
            "The bearer is signed with a key that its issuer did not have lately, and it is not asked more often than every "
            f"{PAUSE:g} s: send the same again.",
            self._wait(),
        )

    def _refresh(self) -> bool:
        """Whether the issuer has answered now."""
        with self._lock:
            last = self._attempt
            running = (
                last is not None and not last.ended.is_set() and self._clock() - last.begun < _LOST
            )
            due = last is None or self._clock() - last.begun >= self._pause()
            if not running and due and self._under_way < _MOST_UNDER_WAY:
                self._attempt = _Attempt(self._clock())
                self._under_way += 1
                threading.Thread(
                    target=self._fetch, args=(self._attempt,), name="JWKS", daemon=True
                ).start()
                running = True
            attempt = self._attempt
        return (
            running and attempt is not None and attempt.ended.wait(DEADLINE) and attempt.succeeded
        )

    def _fetch(self, attempt: _Attempt) -> None:
        try:
            keys = read(self._get(self._url, _TIMEOUT))
        except ValueError as error:
            self._failed(str(error))
        except Exception as error:  # whatever a library raises, those who wait must be told
            self._failed(f"its answer cannot be read ({type(error).__name__})")
        else:
            self._succeeded(attempt, keys)
        finally:
            with self._lock:
                self._under_way -= 1
            attempt.ended.set()

    def _succeeded(self, attempt: _Attempt, keys: tuple[TrustedKey, ...]) -> None:
        with self._lock:
            if self._attempt is attempt:  # not one that was given up
                changed = {key.kid for key in keys} != {key.kid for key in self._keys} or bool(
                    self._trouble
                )
                self._keys, self._fetched, self._trouble = keys, attempt.begun, ""
                attempt.succeeded = True
                if changed:
                    log.info(
                        "The issuer's keys are there: %s",
                        ", ".join(ascii(key.kid) for key in keys)[:1000],
                    )

    def _failed(self, why: str) -> None:
        with self._lock:
            new, self._trouble = why != self._trouble, why
        left = (
            f"The {len(self._keys)} keys of last time stay in force."
            if self._keys
            else "No bearer can be verified."
        )
        log.log(
            logging.ERROR if new else logging.DEBUG, "NO KEYS FROM %s: %s. %s", self._url, why, left
        )

    def _pause(self) -> float:
        return PAUSE if self._keys else FIRST_PAUSE

    def _wait(self) -> int:
        begun = self._attempt.begun if self._attempt else self._clock()
        return max(1, round(begun + self._pause() - self._clock()))


def read(document: bytes) -> tuple[TrustedKey, ...]:
    """The keys for verifying tokens in a key set; what is for other purposes, weak or broken is left out and logged.

    Raises ``ValueError`` when none is left.
    """
    try:
        entries = strict_json.read(document).get("keys")
    except ValueError as error:
        raise ValueError(f"its answer is no key set: {error}") from None
    if not isinstance(entries, list):
        raise ValueError("its answer is no key set: it has no list 'keys'")
    keys = [
        key for entry in entries[:_MOST_KEYS] if isinstance(entry, dict) and (key := _usable(entry))
    ]
    if not keys:
        raise ValueError("its key set has no key for verifying signatures")
    return tuple(keys)


def _usable(entry: dict[str, object]) -> TrustedKey | None:
    try:
        return from_jwk(entry)
    except ValueError as error:
        log.debug("The issuer's key %s is left out: %s", ascii(entry.get("kid"))[:300], error)
        return None


def _named(keys: tuple[TrustedKey, ...], kid: str | None) -> tuple[TrustedKey, ...]:
    return keys if kid is None else tuple(key for key in keys if key.kid == kid)
