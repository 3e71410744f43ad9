"""The tokens that are valid now: a change of their file takes effect by itself; a broken file
changes nothing.
"""

import logging
import os
import threading
import time
from collections.abc import Callable

from dssr.access import token_file
from dssr.access.token_file import Tokens
from dssr.errors import SettingsError

log = logging.getLogger(__name__)
LOOK_EVERY = 1.0  # seconds: for so long a revoked token may still be valid
_Signature = tuple[int, ...]


class WatchedTokens:
    """The tokens in a file, as last read."""

    def __init__(self, path: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the file. Raises ``SettingsError`` when it cannot be used."""
        self._path, self._clock = path, clock
        self._signature = self._sign()
        self._tokens = token_file.read(path)
        self._next_look = clock() + LOOK_EVERY
        self._reported = ""
        self._lock = threading.Lock()

    def current(self) -> Tokens:
        """The valid tokens: the same object until the file has changed and can be read. Never
        raises.
        """
        if self._clock() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._tokens

    def _look(self) -> None:
        self._next_look = self._clock() + LOOK_EVERY
        signature = self._sign()  # before reading: what is written in between is read again
        if signature == self._signature and not self._reported:
            return
        try:
            self._tokens = token_file.read(self._path)
        except (SettingsError, OSError) as error:
            self._report(str(error))
        else:
            self._signature, self._reported = signature, ""
            log.warning(
                "The file of tokens has changed: it contains %s now.", _counted(len(self._tokens))
            )

    def _report(self, problem: str) -> None:
        if problem != self._reported:
            log.error(
                "THE FILE OF TOKENS CANNOT BE USED."
                " The tokens that were read before stay valid until it can. %s",
                problem,
            )
        self._reported = problem

    def _sign(self) -> _Signature:
        try:
            status = os.stat(self._path)
        except OSError:
            return ()
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _counted(tokens: int) -> str:
    return "1 token" if tokens == 1 else f"{tokens} tokens"
