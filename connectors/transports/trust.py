"""Which host keys are trusted: those of a setting, those of a file of known hosts, or those of a
file that the bridge writes when it connects to a host for the first time."""

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
from connectors.transports.known_hosts import KnownHosts, Line, known_hosts_line
from dssr.errors import HostKeyRefused

log = logging.getLogger(__name__)
# Seconds after which an unreadable file is read again if nothing shows that it has changed. No
# thread waits for that long (``LoginNode``), so the first command after a change reads it at once.
_UNREADABLE = 15


class Trust(Protocol):
    """The trusted host keys. Safe to use from many threads. ``source``: where they are, for
    errors."""

    source: str

    @property
    def revision(self) -> Hashable:
        """A value that changes when the trusted keys may have changed; cheap to get."""
        ...

    def known(self, host: Host) -> Known:
        """What is known of the host now. Raises ``TrustUnreadable``."""
        ...

    def learn(self, host: Host, key: HostKey) -> Known:
        """What is known of a host that was unknown, after it has presented ``key``. Raises
        ``HostKeyRefused`` when the key cannot be written down."""
        ...

    def cure(self, host: Host, key: HostKey) -> str:
        """What an operator does to have ``key`` trusted, as a part of a sentence: 'if it is the
        right one, ...'."""
        ...

    def read_only(self) -> "Trust":
        """The same keys for a reader: it learns none, and a missing file is no error."""
        ...


class Pinned:
    """The keys and fingerprints of ``JARVICE_SLURM_SSH_HOST_KEY``, trusted for all hosts."""

    source = SETTING
    revision = None

    def __init__(self, setting: str) -> None:
        """Raises ``SettingsError`` for an entry that is no host key."""
        self._known = Known(host_keys(setting))

    def known(self, host: Host) -> Known:
        """See ``Trust``."""
        return self._known

    def learn(self, host: Host, key: HostKey) -> Known:
        """See ``Trust``: learns nothing."""
        return self._known

    def cure(self, host: Host, key: HostKey) -> str:
        """See ``Trust``."""
        if self._known.keys:
            return f"put its key into {SETTING} and start the bridge again"
        return f"set {SETTING}='{key.text}'"

    def read_only(self) -> "Pinned":
        """See ``Trust``."""
        return self


class KnownHostsFile:
    """A file of known hosts that the operator maintains; read again after each change."""

    def __init__(self, path: str, optional: bool = False) -> None:
        """``optional``: a missing file is an empty one."""
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
        # ctime: a change of mode may have made it readable.
        return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino

    def known(self, host: Host) -> Known:
        """See ``Trust``."""
        return self._hosts().of(host)

    def learn(self, host: Host, key: HostKey) -> Known:
        """See ``Trust``: learns nothing."""
        return self.known(host)

    def cure(self, host: Host, key: HostKey) -> str:
        """See ``Trust``."""
        authority = (
            " (Its line with @cert-authority has no effect: host certificates are not checked.)"
        )
        note = authority if self._hosts().has_authority_for(host) else ""
        line = known_hosts_line(host, key).strip()
        return f"let its line in {self.source}, which takes effect at once, be '{line}'{note}"

    def read_only(self) -> "KnownHostsFile":
        """See ``Trust``: the same file, optional."""
        return KnownHostsFile(self.source, optional=True)

    def _hosts(self) -> KnownHosts:
        with self._lock:
            revision = self.revision  # before the read: a later change shows in the next one
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
                "JARVICE_SLURM_SSH_KNOWN_HOSTS cannot be read, so no host is trusted: "
                f"{error}. `dssr hostkey` prints lines for it.",
                _UNREADABLE,
            ) from error


class FirstUse(KnownHostsFile):
    """A file of known hosts in which the first key of an unknown host is trusted: the key is
    written to the file before it is used.

    Threads and replicas agree: the second one to come finds what the first has written. The file
    is replaced as a whole and has mode 600; a file beside it is the lock.
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
                f"The key of {host} ({key.fingerprint}) cannot be written to {self.source}, so the "
                f"host is not trusted: {error}. The bridge must be able to write that file's "
                "directory too."
            ) from error
        return known

    def _learn(self, host: Host, key: HostKey) -> Known:
        text = self._text()
        known = KnownHosts.read(text).of(host)
        if known.keys or key.text in known.revoked:
            return known
        self._check_that_it_is_new(text, host, known)
        self._replace(
            f"{text}\n" if text and not text.endswith("\n") else text, known_hosts_line(host, key)
        )
        log.warning(
            "SEEN FOR THE FIRST TIME AND TRUSTED FROM NOW ON: %s has the host key %s %s (%s). "
            "Compare it with what its administrator says.",
            host,
            key.kind,
            key.fingerprint,
            self.source,
        )
        return KnownHosts.read(self._text()).of(host)

    def _check_that_it_is_new(self, text: str, host: Host, known: Known) -> None:
        """Raise ``HostKeyRefused`` for a host that is not unknown: a key of it is revoked, or a
        line that cannot be read names it."""
        if known.revoked:
            raise HostKeyRefused(
                f"{self.source} revokes a key of {host} and names no other, so this is not the "
                "first time and its key is not believed: add a line with the right one (`dssr "
                "hostkey` prints it)."
            )
        for number in KnownHosts.read(text).broken:
            words = text.splitlines()[number - 1].split()
            if any(Line(word, "").is_about(host.pattern) for word in words):
                raise HostKeyRefused(
                    f"{self.source}, line {number}, names {host} and cannot be read, so its key is "
                    "not believed: mend or remove that line."
                )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        path = os.path.realpath(self._path) + ".lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with self._lock:  # over NFS a file's lock belongs to the process, not to the thread
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
        finally:
            os.close(handle)

    def _replace(self, *pieces: str) -> None:
        target = os.path.realpath(self._path)
        # mkstemp makes files of mode 600.
        handle, fresh = tempfile.mkstemp(prefix=".known_hosts.", dir=os.path.dirname(target))
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
