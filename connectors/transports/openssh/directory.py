"""The private directory of the control sockets: another user who could write there could take
the place of a login node."""

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping

from dssr.errors import ConnectFailed

# A socket's path has at most 107 bytes on Linux and 103 elsewhere (unix(7)); ssh first makes it
# under a name that is 17 bytes longer.
_LONGEST_PATH = 103 - 17
OWN = "own-"  # the beginning of the names of directories for one process alone
_LOOK = 0.02  # seconds between two looks at a lock that another process holds


def default_directory(environ: Mapping[str, str] = os.environ) -> str:
    """``dssr`` in the user's runtime directory, or ``dssr-UID`` in that for temporary files."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    with contextlib.suppress(OSError):
        if runtime and os.stat(runtime).st_uid == os.getuid():
            return os.path.join(runtime, "dssr")
    return os.path.join(tempfile.gettempdir(), f"dssr-{os.getuid()}")


class PrivateDirectory:
    """A directory that belongs to this user, and that only they can enter."""

    def __init__(self, path: str = "") -> None:
        """``path``: ``default_directory()``, if empty. It is made when it is first needed."""
        self._path = path or default_directory()

    def path(self, name: str) -> str:
        """The path of a file in it. Raises ``ConnectFailed`` for a directory that is not
        private, or a path that is too long for a socket."""
        self._make()
        path = os.path.join(self._path, name)
        if len(os.fsencode(path)) > _LONGEST_PATH:
            raise ConnectFailed(
                f"{self._path} is too long for the path of a control socket: set XDG_RUNTIME_DIR "
                "or TMPDIR to a shorter one."
            )
        return path

    def fresh(self) -> str:
        """A new private directory in it. Raises ``ConnectFailed`` as ``path`` does."""
        return tempfile.mkdtemp(prefix=OWN, dir=os.path.dirname(self.path("")))

    def write(self, name: str, text: str) -> str:
        """Write a file of mode 600 as a whole; returns its path."""
        path = self.path(name)
        handle, fresh = tempfile.mkstemp(dir=self._path)  # of mode 600
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        os.replace(fresh, path)
        return path

    def keep(self, name: str, text: str) -> None:
        """Write that file, unless it holds just this: then it stays as old as it is."""
        try:
            with open(self.path(name), encoding="utf-8") as file:
                if file.read() == text:
                    return
        except FileNotFoundError:
            pass
        self.write(name, text)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self._path, name))

    def try_lock(self, name: str) -> int | None:
        """Take the lock of that name, or return ``None`` while another holder has it. Closing the
        descriptor gives it back, and so does the end of the process."""
        handle = os.open(self.path(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(self.path(name))):
                return handle
        os.close(handle)  # it was removed meanwhile: another file may have the name now
        return None

    @contextlib.contextmanager
    def locked(self, name: str, timeout: float) -> Iterator[None]:
        """Hold that lock. Raises ``ConnectFailed`` when another process holds it for so many
        seconds."""
        deadline = time.monotonic() + timeout
        while (handle := self.try_lock(name)) is None:
            if time.monotonic() >= deadline:
                raise ConnectFailed(
                    "Another process of this user has been connecting to the same login node for "
                    f"{timeout:.0f} s; this command was not sent."
                )
            time.sleep(_LOOK)
        try:
            yield
        finally:
            os.close(handle)

    def _make(self) -> None:
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._path, 0o700)
            found = os.lstat(self._path)
        except OSError as error:
            raise ConnectFailed(
                f"The directory of the control sockets cannot be made: {error}. Set "
                "XDG_RUNTIME_DIR or TMPDIR to a directory of this user."
            ) from error
        is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if not is_own or stat.S_IMODE(found.st_mode) & 0o077:
            raise ConnectFailed(
                f"{self._path} is not a directory that this user alone can enter, so no control "
                "socket there is used: remove it, or set its mode to 700 if it is your own."
            )
