"""Whether a process that is no child of ours lives."""

import contextlib
import os
import select
import threading


class Process:
    """Asked before each command, so cheap. Safe to use from many threads."""

    def __init__(self, pid: int) -> None:
        self._pid, self._lock = pid, threading.Lock()
        self._descriptor = -1
        if hasattr(os, "pidfd_open"):  # Linux; a zombie does not live then
            with contextlib.suppress(OSError):
                self._descriptor = os.pidfd_open(pid)
                self._ended = select.poll()
                self._ended.register(self._descriptor, select.POLLIN)
        self._is_followed = self._descriptor >= 0 or not hasattr(os, "pidfd_open")

    @property
    def lives(self) -> bool:
        """As of now; never after ``close``."""
        with self._lock:
            if not self._is_followed:
                return False
            if self._descriptor >= 0:
                return not self._ended.poll(0)
        try:
            os.kill(self._pid, 0)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Follow it no longer."""
        with self._lock:
            self._is_followed = False
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
