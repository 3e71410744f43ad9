"""A directory of private keys: one file for each local user, named as he is, readable for the bridge's own user alone."""

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


class KeyDirectory:
    """Local users by the files of a directory: a key that is put there counts at once, and in the list within a second.

    It satisfies ``dssr.seams.Users``. ``never``: names that are no users, whatever lies there. Where the directory cannot be
    read at the moment, all methods raise ``Unavailable``: nobody becomes a stranger by that.
    """

    def __init__(
        self, path: str, never: Collection[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._never = never
        self._clock = clock
        self._told = ""
        self._listed: tuple[float, frozenset[str]] | None = None

    def check(self) -> None:
        """Return when the directory is there and others cannot put keys into it, else raise ``SettingsError``."""
        try:
            found = os.stat(self._path)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise SettingsError(
                [f"JARVICE_SLURM_USER_KEYS_DIR: {self._path} cannot be read: {why}."]
            ) from None
        if not stat.S_ISDIR(found.st_mode):
            raise SettingsError([f"JARVICE_SLURM_USER_KEYS_DIR: {self._path} is no directory."])
        if found.st_mode & 0o022 or found.st_uid not in (0, os.geteuid()):
            raise SettingsError([
                f"JARVICE_SLURM_USER_KEYS_DIR: others can put keys into {self._path}: 'chmod 700' it, and 'chown' it to the "
                "bridge's user."
            ])  # fmt: skip

    def names(self) -> Collection[str]:
        """The users whose keys lie there."""
        now, listed = self._clock(), self._listed
        if listed is None or now - listed[0] >= _LIST_AGE:
            self._listed = listed = (
                now,
                frozenset(
                    name for name in self._tried(os.listdir, self._path) if self.local_user(name)
                ),
            )
        return listed[1]

    def local_user(self, name: str) -> str | None:
        """``name``, if a key of his lies there; else ``None``."""
        if not self._is_user(name):
            return None
        try:
            found = self._tried(os.stat, f"{self._path}/{name}")
        except FileNotFoundError:
            self._tried(os.listdir, self._path)  # it is there, and he is not in it
            return None
        return None if stat.S_ISDIR(found.st_mode) else name

    def private_key(self, user: str) -> str:
        """The user's key as PEM. ``Denied``: he has none there. ``Unavailable``: it cannot be used as it lies there; the log
        says why."""
        if self.local_user(user) is None:
            raise Denied(
                f"The bridge has no key of the local user {user[:64]!r}: ask its operator for one."
            )
        try:
            return self.read(user)
        except ValueError as error:
            raise self._trouble(str(error)) from None

    def read(self, user: str) -> str:
        """The same; raises ``ValueError`` with what is wrong with the file."""
        path = f"{self._path}/{user}"
        text = private_files.read(path, private_files.OWN)
        try:
            return local_users.check_key(text)
        except ValueError as error:
            raise ValueError(f"{path} {error}.") from None

    def _tried(self, call: Callable[[str], _Found], path: str) -> _Found:
        try:
            return call(path)
        except FileNotFoundError:
            if path != self._path:
                raise
            raise self._trouble(f"{path} is not there.") from None
        except OSError as error:
            raise self._trouble(f"{path} cannot be read: {error.strerror}.") from None

    def _is_user(self, name: str) -> bool:
        return (
            local_users.is_name(name) and name not in self._never and name not in local_users.NEVER
        )

    def _trouble(self, why: str) -> Unavailable:
        log.log(
            logging.ERROR if why != self._told else logging.DEBUG,
            "A USER'S KEY CANNOT BE USED: %s",
            why,
        )
        self._told = why
        return Unavailable(
            "The local user's key cannot be used at the moment: the bridge's log tells its operator why.",
            60,
        )
