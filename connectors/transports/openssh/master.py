"""The master: one ssh process for a login node and user, which all processes of this user share."""

import contextlib
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.transports.host_keys import SETTING
from connectors.transports.openssh import configuration, leftovers, program
from connectors.transports.openssh.configuration import Files, Resolved
from connectors.transports.openssh.directory import PrivateDirectory
from connectors.transports.openssh.failures import failure, last_words
from connectors.transports.openssh.target import HostKeys, Target, digest
from connectors.transports.own_ssh import user_configuration
from dssr.errors import ConnectFailed

_LOOK = 0.01  # seconds between two looks at an ssh that starts
_PERSON = 120.0  # seconds that a person has for passwords and codes: sshd's LoginGraceTime


@dataclass(frozen=True)
class Master:
    """A running master. ``name``: of its files in the private directory. ``identity``: of its
    socket, which another master under the same path does not have. ``log``: the file to which it
    adds what goes wrong."""

    name: str
    socket: str
    identity: tuple[int, int]
    pid: int
    log: str


class Masters:
    """Finds the master for one target, or starts it."""

    def __init__(
        self, target: Target, directory: PrivateDirectory, connect_timeout: float, persist: float
    ) -> None:
        """``connect_timeout``: seconds for the host to answer as SSH, and as long again for the
        login. ``persist``: seconds for which a master without sessions stays."""
        self.target, self._directory = target, directory
        self._connect_timeout, self._persist = connect_timeout, max(1, round(persist))
        self.said = ""  # by ssh, when a master was last started

    def resolve(self) -> Resolved:
        """What ssh makes of the target now. Raises ``ConnectFailed``."""
        words = configuration.words(self.target, self._files(), self._connect_timeout)
        self._write_configuration()
        words += configuration.jump_words(self.target)
        found = program.configuration_of(words, self.target.host)
        if self.target.by_key_alone:
            self._check_identities(found)
        if (own := self.target.host_keys) == HostKeys():
            return found
        return replace(found, known_hosts=(own.file or self._files().known_hosts,))

    def _check_identities(self, found: Resolved) -> None:
        """ssh has no option that leaves out the keys of its configuration."""
        if others := found.identities_besides(self._files().keys[self.target.key]):
            raise ConnectFailed(
                f"ssh's configuration adds a key of another user to the logins of {found.user} "
                f"({', '.join(others)}), so no one was logged in: put its IdentityFile for "
                f"{self.target.host} below `Match user NAME`, with the name of the user whose key "
                "it is."
            )

    def get(
        self,
        starting: Callable[[Resolved], AbstractContextManager[None]],
        unwanted: Master | None = None,
        on_terminal: bool = False,
    ) -> Master:
        """The running master, or a new one.

        ``starting``: what surrounds the start of a new one. ``unwanted``: a master that does not
        do any more, and is replaced. ``on_terminal``: ssh may ask for passwords and codes on the
        terminal. Raises ``ConnectFailed``, ``LoginRefused``, ``HostKeyRefused``.
        """
        way = self.resolve()
        name = digest(way.text)
        if (found := self._running(name)) and not _is_same(found, unwanted):
            return found
        patience = _PERSON if on_terminal else 2 * self._connect_timeout
        with self._directory.locked(f"{name}.lock", patience):
            if (found := self._running(name)) and not _is_same(found, unwanted):
                return found  # another process was faster
            self._remove(name)
            with starting(way):
                return self._start(name, way, on_terminal)

    def stop(self, master: Master) -> None:
        """Let this master take no more sessions, and end with the last one that it has."""
        with self._directory.locked(f"{master.name}.lock", self._connect_timeout):
            if _is_same(self._running(master.name), master):
                self._remove(master.name)

    def _running(self, name: str) -> Master | None:
        """The master that answers on our own socket of that name."""
        socket = self._directory.path(name)
        try:
            found = os.lstat(socket)
            if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.getuid():
                return None
            code, said = program.control(socket, "check")
        except (FileNotFoundError, program.Unanswered):
            return None
        running = re.search(r"pid=(\d+)", said)
        if code != 0 or running is None:
            return None
        identity = (found.st_ino, found.st_ctime_ns)
        return Master(name, socket, identity, int(running[1]), f"{socket}.log")

    def _remove(self, name: str) -> None:
        """Take the socket away from the master that may be there. Called under the lock."""
        socket = self._directory.path(name)
        if os.path.lexists(socket):
            with contextlib.suppress(program.Unanswered):  # it is as good as dead
                program.control(socket, "stop")
        self._directory.remove(name)

    def _start(self, name: str, way: Resolved, on_terminal: bool) -> Master:
        """Called under the lock."""
        with contextlib.suppress(OSError):
            leftovers.remove(self._directory)
        files = self._files()
        log = self._directory.write(f"{name}.log", "")
        words = configuration.words(self.target, files, self._connect_timeout)
        words += [] if on_terminal else ["-o", "BatchMode=yes"]
        words += configuration.host_key_words(way)
        words += configuration.through_jump(way, words, log)
        words += ["-o", "ControlMaster=yes", "-o", f"ControlPersist={self._persist}"]
        words += ["-S", self._directory.path(name), "-N", "-f", "--", self.target.host]
        self._write_keys(files)
        try:
            process = program.start(words, log, on_terminal)
            self._wait(process, log, on_terminal)
        finally:
            self.said = Path(log).read_text(encoding="utf-8", errors="replace")
            self._remove_keys(files)
        if process.returncode == 0 and (master := self._running(name)):
            return master
        # Pinned keys are those of the setting: their file is nothing that an operator changes.
        raise failure(self.said.replace(files.known_hosts, SETTING), str(self.target))

    def _wait(self, process: subprocess.Popen[bytes], log: str, on_terminal: bool) -> None:
        """Wait until ssh has logged in and gone to the background, or has failed."""
        deadline = time.monotonic() + (_PERSON if on_terminal else 2 * self._connect_timeout)
        shown = 0
        while process.poll() is None:
            if time.monotonic() >= deadline:
                program.end(process)
                said = last_words(Path(log).read_text(encoding="utf-8", errors="replace"))
                raise ConnectFailed(f"{self.target} did not let ssh in in time ({said}).")
            time.sleep(_LOOK)
            if on_terminal:
                shown = _show(log, shown)

    def _files(self) -> Files:
        name = self.target.digest
        keys = dict.fromkeys(hop.key for hop in (self.target, *self.target.jumps) if hop.key)
        paths = {key: self._directory.path(f"{name}.k{n}") for n, key in enumerate(keys)}
        known_hosts, config = (self._directory.path(f"{name}.{end}") for end in ("known", "conf"))
        return Files(paths, known_hosts, config, user_configuration())

    def _write_configuration(self) -> None:
        files, host_keys = self._files(), self.target.host_keys
        if self.target.jumps:
            text = configuration.config_file(self.target, files, self._connect_timeout)
            self._directory.keep(os.path.basename(files.config), text)
        if host_keys.pinned:
            text = configuration.known_hosts_text(host_keys)
            self._directory.keep(os.path.basename(files.known_hosts), text)

    def _write_keys(self, files: Files) -> None:
        for key, path in files.keys.items():
            self._directory.write(os.path.basename(path), key)

    def _remove_keys(self, files: Files) -> None:
        """Private keys are on disk only while ssh reads them."""
        for path in files.keys.values():
            self._directory.remove(os.path.basename(path))


def _is_same(master: Master | None, other: Master | None) -> bool:
    return master is not None and other is not None and master.identity == other.identity


def _show(log: str, shown: int) -> int:
    """Show what ssh has said since; returns how much of it has been shown."""
    text = Path(log).read_text(encoding="utf-8", errors="replace")
    print(text[shown:], end="", file=sys.stderr, flush=True)
    return len(text)
