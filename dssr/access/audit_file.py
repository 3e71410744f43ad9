"""A file that only grows, one whole line a write. When it was moved away, as logrotate does, the
next line creates a new one.
"""

import logging
import os
import stat
import sys
import threading

from dssr.errors import SettingsError

log = logging.getLogger(__name__)
STDERR = "-"


class AuditFile:
    """Lines of JSON in a file, or on stderr."""

    def __init__(self, path: str) -> None:
        """Open the file, which is created with mode 600. Raises ``SettingsError`` when it cannot be
        written.
        """
        self._path = path
        self._lock = threading.Lock()
        self._lost = 0  # lines, since the last one that was written
        self._torn = False  # whether only a part of the last line was written
        self._file = -1
        try:
            self._open()
        except OSError as error:
            why = error.strerror or str(error)
            raise SettingsError(
                [f"JARVICE_SCHED_AUDIT_LOG is {path}, which cannot be written: {why}."]
            ) from error

    def write(self, line: str) -> None:
        """Append a line, which has no line break. Never raises: a line that cannot be written is an
        error in the log.

        A full disk must not keep users from their jobs, least of all from cancelling one. The
        scheduler records what was done, too.
        """
        with self._lock:
            try:
                self._reopen_if_moved()
                self._append(line)
            except OSError as error:
                self._complain(error)
            else:
                self._recover()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file > sys.stderr.fileno():
                os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        if self._path == STDERR:
            self._file = 2
            return
        # O_NONBLOCK: a pipe without a reader must not hang the start.
        # O_APPEND: each write goes to the end, behind those of other processes (open(2)).
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        opened = os.open(self._path, flags, 0o600)
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            os.close(opened)
            raise OSError("it is no file (for stderr write -)")
        self._file = opened

    def _reopen_if_moved(self) -> None:
        if self._path == STDERR:
            return
        if self._file >= 0 and self._is_in_place():
            return
        before = self._file
        self._open()
        self._torn = False
        if before >= 0:
            os.close(before)

    def _is_in_place(self) -> bool:
        try:
            named = os.stat(self._path)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self._file))

    def _append(self, line: str) -> None:
        data = ("\n" * self._torn + line + "\n").encode("ascii", "backslashreplace")
        written = os.write(self._file, data)
        if written < len(data):
            self._torn = True
            raise OSError("only a part of a line could be written")
        self._torn = False

    def _complain(self, error: OSError) -> None:
        self._lost += 1
        if self._lost == 1:
            why = error.strerror or str(error)
            log.error(
                "THE AUDIT LOG CANNOT BE WRITTEN, and calls go on without it: %s: %s",
                self._path,
                why,
            )

    def _recover(self) -> None:
        if self._lost:
            log.error("The audit log can be written again; %d lines are missing.", self._lost)
            self._lost = 0
