"""Where it is written down which host keys are trusted: in a setting, in a file of known hosts, or in one that the bridge
itself writes when it sees a host for the first time."""

import contextlib
import fcntl
import logging
import os
import tempfile
import threading
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Protocol

from connectors.transports.backoff import TrustUnreadable
from connectors.transports.host_keys import SETTING, Host, HostKey, Known, host_keys
from connectors.transports.known_hosts import KnownHosts, Line, written
from dssr.errors import HostKeyRefused

log = logging.getLogger(__name__)
# Seconds after which a file that could not be read is tried again though nothing tells that it has changed. So long that nobody
# tries meanwhile (``Node``): the next caller does, at once, when something tells it.
_UNREADABLE = 15


class Trust(Protocol):
    """Says what is known of a host; safe to ask from many threads. ``source``: where it stands, for errors."""

    source: str

    @property
    def revision(self) -> Hashable:
        """Another value than before when something else may be known since; cheap to ask."""
        ...

    def known(self, host: Host) -> Known:
        """What is known of that host now. Raises ``TrustUnreadable`` when that cannot be read."""
        ...

    def learn(self, host: Host, key: HostKey) -> Known:
        """What is known of the host once it has presented ``key`` and nothing was known of it before.
        Raises ``HostKeyRefused`` when that cannot be written down."""
        ...

    def cure(self, host: Host, key: HostKey) -> str:
        """What an operator has to do so that ``key`` is trusted, after 'if it is the right one, ' and before a full stop."""
        ...

    def unlearning(self) -> "Trust":
        """The same for somebody who only looks: nothing is learnt, and a file that is to be made is no error."""
        ...


class Pinned:
    """The keys and fingerprints of ``JARVICE_SLURM_SSH_HOST_KEY``, which stand for all hosts."""

    source = SETTING
    revision = None

    def __init__(self, setting: str) -> None:
        """Raises ``SettingsError`` for what is no host key."""
        self._known = Known(host_keys(setting))

    def known(self, host: Host) -> Known:
        """See ``Trust``."""
        return self._known

    def learn(self, host: Host, key: HostKey) -> Known:
        """See ``Trust``: nothing is."""
        return self._known

    def cure(self, host: Host, key: HostKey) -> str:
        """See ``Trust``."""
        if self._known.keys:
            return f"put its key into {SETTING} and start the bridge again"
        return f"set {SETTING}='{key.text}'"

    def unlearning(self) -> "Pinned":
        """See ``Trust``."""
        return self


class KnownHostsFile:
    """A file of known hosts that others look after; read anew when it has changed."""

    def __init__(self, path: str, optional: bool = False) -> None:
        """``optional``: a file that is not there is an empty one."""
        self.source, self._optional = path, optional
        self._path = Path(path)
        self._lock = threading.Lock()
        self._read: tuple[Hashable, KnownHosts] | None = None

    @property
    def revision(self) -> Hashable:
        """See ``Trust``."""
        try:
            seen = self._path.stat()
        except OSError as error:
            return error.errno
        return (
            seen.st_mtime_ns,
            seen.st_ctime_ns,
            seen.st_size,
            seen.st_ino,
        )  # ctime: it may be readable now

    def known(self, host: Host) -> Known:
        """See ``Trust``."""
        return self._hosts().of(host)

    def learn(self, host: Host, key: HostKey) -> Known:
        """See ``Trust``: nothing is."""
        return self.known(host)

    def cure(self, host: Host, key: HostKey) -> str:
        """See ``Trust``."""
        authority = (
            " (Its line with @cert-authority has no effect: host certificates are not checked.)"
        )
        note = authority if self._hosts().has_authority_for(host) else ""
        return f"let its line in {self.source}, which counts at once, be '{written(host, key).strip()}'{note}"

    def unlearning(self) -> "KnownHostsFile":
        """See ``Trust``: one that may not be there yet."""
        return KnownHostsFile(self.source, optional=True)

    def _hosts(self) -> KnownHosts:
        with self._lock:
            revision = self.revision  # before reading: what changes meanwhile is read next time
            if self._read is None or self._read[0] != revision:
                hosts = KnownHosts.read(self._text())
                for number in hosts.broken:
                    log.warning(
                        "%s, line %d, is no line of a known_hosts file and has no effect.",
                        self.source,
                        number,
                    )
                self._read = revision, hosts
            return self._read[1]

    def _text(self) -> str:
        try:
            return self._path.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            if self._optional and isinstance(error, FileNotFoundError):
                return ""
            raise TrustUnreadable(
                f"JARVICE_SLURM_SSH_KNOWN_HOSTS cannot be read, so no host is trusted: {error}. `dssr hostkey` prints lines "
                "for it.",
                _UNREADABLE,
            ) from error


class FirstUse(KnownHostsFile):
    """The same, but of a host of which nothing is known the first key is believed, and written down before it is used.

    Threads and replicas agree: who comes second finds what the first has written. The file is replaced as a whole and
    has mode 600; the lock is a file beside it.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, optional=True)

    def learn(self, host: Host, key: HostKey) -> Known:
        """See ``Trust``."""
        try:
            with self._locked():
                known = self._learn(host, key)
        except OSError as error:
            raise HostKeyRefused(
                f"The key of {host} ({key.fingerprint}) cannot be written to {self.source}, so the host is not trusted: "
                f"{error}. The bridge must be able to write that file's directory too."
            ) from error
        return known

    def _learn(self, host: Host, key: HostKey) -> Known:
        text = self._text()
        known = KnownHosts.read(text).of(host)
        if known.keys or key.text in known.revoked:
            return known
        self._check_that_it_is_new(text, host, known)
        self._replace(f"{text}\n" if text and not text.endswith("\n") else text, written(host, key))
        log.warning("SEEN FOR THE FIRST TIME AND TRUSTED FROM NOW ON: %s has the host key %s %s (%s). "
                    "Compare it with what its administrator says.", host, key.kind, key.fingerprint, self.source)  # fmt: skip
        return KnownHosts.read(self._text()).of(host)

    def _check_that_it_is_new(self, text: str, host: Host, known: Known) -> None:
        """Somebody has known a host of which a key is revoked, or that a line names which cannot be read."""
        if known.revoked:
            raise HostKeyRefused(
                f"{self.source} revokes a key of {host} and names no other, so this is not the first time and its key is not "
                "believed: add a line with the right one (`dssr hostkey` prints it)."
            )
        for number in KnownHosts.read(text).broken:
            if any(
                Line(word, "").is_about(host.pattern)
                for word in text.splitlines()[number - 1].split()
            ):
                raise HostKeyRefused(
                    f"{self.source}, line {number}, names {host} and cannot be read, so its key is not believed: mend or "
                    "remove that line."
                )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        path = os.path.realpath(self._path) + ".lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with self._lock:  # over NFS the lock of a file is that of a process
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
        finally:
            os.close(handle)

    def _replace(self, *pieces: str) -> None:
        target = os.path.realpath(self._path)
        handle, fresh = tempfile.mkstemp(
            prefix=".known_hosts.", dir=os.path.dirname(target)
        )  # mode 600
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(fresh)
            raise
