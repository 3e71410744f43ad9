"""The mapping file as it is now: a change takes effect, a broken one leaves the last state."""

import logging
import threading
import time
from collections.abc import Callable, Collection

from dssr.errors import Denied, SettingsError
from dssr.identity import private_files
from dssr.identity.key_directory import KeyDirectory
from dssr.identity.mapping import UserMap, read

log = logging.getLogger(__name__)
LOOK = 1.0  # seconds between two looks at the file


class MappedUsers:
    """Local users by the mapping file. A ``dssr.seams.Users``.

    A user's key is in the file, or else in a directory. May be used by many threads: while one
    reads a changed file, the others see the last state.
    """

    def __init__(
        self,
        path: str,
        directory: KeyDirectory | None = None,
        never: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads the file. Raises ``SettingsError`` when it is missing, others may read it, or it is
        broken."""
        self._path = path
        self._directory = directory
        self._never = never
        self._clock = clock
        self._looking = threading.Lock()
        self._looked = clock()
        self._stamp = private_files.stamp(path)
        self._reported: tuple[str, ...] = ()
        try:
            self._map = self._parsed(self._text())
        except SettingsError as error:
            raise SettingsError(
                [f"JARVICE_SLURM_USERS_MAPPING_FILE: {problem}" for problem in error.problems]
            ) from None

    def log_users(self) -> None:
        """Log how many users the file maps, loudly when it maps none."""
        count = len(self._map.users)
        if count:
            log.info("The mapping file names %s.", _users(count))
        else:
            log.warning(
                "THE MAPPING FILE %s NAMES NO USER: every submission is refused.", self._path
            )

    def names(self) -> Collection[str]:
        """All local users to whom an upstream user is mapped."""
        return frozenset(self._current().users.values())

    def private_key(self, user: str) -> str:
        """The user's key as PEM.

        ``Denied``: no upstream user is mapped to this one, or there is no key. ``Unavailable``: the
        key in the directory cannot be used; the log says why.
        """
        found = self._current()
        if user not in found.users.values():
            raise Denied(
                f"No upstream user is mapped to the local user {user[:64]!r} any more: ask the "
                "bridge's "
                "operator."
            )
        key = found.keys.get(user)
        if key is None and self._directory is not None:
            return self._directory.private_key(user)
        if key is None:
            raise Denied(
                f"The bridge has no key of the local user {user[:64]!r}: ask its operator for one."
            )
        return key

    def local_user(self, mail: str) -> str | None:
        """The local user of the upstream user with exactly this ``mail``; ``None``: not mapped."""
        return self._current().users.get(mail)

    def _current(self) -> UserMap:
        if self._clock() - self._looked >= LOOK and self._looking.acquire(blocking=False):
            try:
                self._looked = self._clock()
                self._look()
            finally:
                self._looking.release()
        return self._map

    def _look(self) -> None:
        stamp = private_files.stamp(self._path)
        if stamp == self._stamp:
            self._reported = ()
            return
        try:
            text = self._text()
            self._stamp = (
                stamp  # whatever the text is; a file that could not be read is tried again
            )
            self._map = self._parsed(text)
        except SettingsError as error:
            self._report(error.problems)
        else:
            self._reported = ()
            log.info("The mapping file has changed.")
            self.log_users()

    def _report(self, problems: tuple[str, ...]) -> None:
        if problems != self._reported:
            log.error(
                "THE CHANGED MAPPING FILE IS BROKEN; its last state stays in force (%s).",
                _users(len(self._map.users)),
            )
            for problem in problems:
                log.error("  %s", problem)
        self._reported = problems

    def _text(self) -> str:
        try:
            return private_files.read(self._path, private_files.OTHERS)
        except ValueError as error:
            raise SettingsError([str(error)]) from None

    def _parsed(self, text: str) -> UserMap:
        try:
            return read(text, keys_elsewhere=self._directory is not None, never=self._never)
        except SettingsError as error:
            raise SettingsError(
                [f"{self._path}: {problem}" for problem in error.problems]
            ) from None


def _users(count: int) -> str:
    return f"{count} upstream user{'' if count == 1 else 's'}"
