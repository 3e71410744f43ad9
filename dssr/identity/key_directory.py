"""A directory of private keys: one file for each local user, named as the user is."""

import logging
import os
import stat
import time
from collections.abc import Callable, Collection
from typing import TypeVar

from dssr.errors import Denied, SettingsError, Unavailable
from dssr.identity import local_users, private_files

log = logging.getLogger(__name__)
_Found = TypeVar("_Found")
_LIST_AGE = 1.0  # seconds
_SETTING = "JARVICE_SLURM_USER_KEYS_DIR"


class KeyDirectory:
    """Local users by the files of a directory. A ``dssr.seams.Users``.

    A new key can be used at once, and its user is listed within a second. ``never``: names that
    are no users, whatever files there are. While the directory cannot be read, all methods raise
    ``Unavailable``: no user becomes unknown by that.
    """

    def __init__(
        self, path: str, never: Collection[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._never = never
        self._clock = clock
        self._reported = ""
        self._listed: tuple[float, frozenset[str]] | None = None

    def check(self) -> None:
        """Raise ``SettingsError`` when the directory is missing or others can put keys into it."""
        try:
            found = os.stat(self._path)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise SettingsError([f"{_SETTING}: {self._path} cannot be read: {why}."]) from None
        if not stat.S_ISDIR(found.st_mode):
            raise SettingsError([f"{_SETTING}: {self._path} is no directory."])
        if found.st_mode & 0o022 or found.st_uid not in (0, os.geteuid()):
            raise SettingsError([
                f"{_SETTING}: others can put keys into {self._path}: 'chmod 700' it, and 'chown' "
                "it to the bridge's user."
            ])  # fmt: skip

    def names(self) -> Collection[str]:
        """The users who have a key in the directory."""
        now, listed = self._clock(), self._listed
        if listed is None or now - listed[0] >= _LIST_AGE:
            files = self._asked(os.listdir, self._path)
            listed = now, frozenset(name for name in files if self.local_user(name))
            self._listed = listed
        return listed[1]

    def local_user(self, name: str) -> str | None:
        """``name``, if that user has a key in the directory; else ``None``."""
        if not local_users.is_name(name) or name in self._never or name in local_users.NEVER:
            return None
        try:
            found = self._asked(os.stat, f"{self._path}/{name}")
        except FileNotFoundError:
            self._asked(os.listdir, self._path)  # raises where the directory itself is missing
            return None
        return None if stat.S_ISDIR(found.st_mode) else name

    def private_key(self, user: str) -> str:
        """The user's key as PEM.

        ``Denied``: the user has none here. ``Unavailable``: the file cannot be used; the log says
        why.
        """
        if self.local_user(user) is None:
            raise Denied(
                f"The bridge has no key of the local user {user[:64]!r}: ask its operator for one."
            )
        try:
            return self.read(user)
        except ValueError as error:
            raise self._unavailable(str(error)) from None

    def read(self, user: str) -> str:
        """The user's key as PEM. Raises ``ValueError`` with what is wrong with the file."""
        path = f"{self._path}/{user}"
        text = private_files.read(path, private_files.OWN)
        try:
            return local_users.check_key(text)
        except ValueError as error:
            raise ValueError(f"{path} {error}.") from None

    def _asked(self, call: Callable[[str], _Found], path: str) -> _Found:
        """What the file system says; ``FileNotFoundError`` passes for a file, not the directory."""
        try:
            return call(path)
        except FileNotFoundError:
            if path != self._path:
                raise
            raise self._unavailable(f"{path} is not there.") from None
        except OSError as error:
            raise self._unavailable(f"{path} cannot be read: {error.strerror}.") from None

    def _unavailable(self, why: str) -> Unavailable:
        level = logging.DEBUG if why == self._reported else logging.ERROR
        log.log(level, "A USER'S KEY CANNOT BE USED: %s", why)
        self._reported = why
        return Unavailable(
            "The local user's key cannot be used at the moment: the bridge's log says why.",
            60,
        )
