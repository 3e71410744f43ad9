"""One ``ssh`` process that is connected to a login node and takes forwards, and its successors.

A thread starts it, waits for its end, and starts the next one: on the first of the login nodes that
lets the user in, with all forwards at the paths that they had.
"""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.transports.backoff import Backoff
from connectors.transports.forwarding import words as ssh_words
from connectors.transports.forwarding.refusals import refusal
from connectors.transports.forwarding.words import Forward, ForwardSettings
from connectors.transports.openssh.failures import failure
from connectors.transports.openssh.program import environment
from dssr.errors import ConnectFailed, Refused, TransportError

log = logging.getLogger(__name__)
_LOGIN = 30.0  # seconds for a login without a person
_BY_PERSON = 180.0  # ... and with one
_LOOK = 0.005  # seconds between looks for the control socket
_ORDER = 15.0  # seconds for a master to make a forward
_APART = 1.0  # seconds between two logins at least
_SILENT = "not responding"  # what ssh says when a host does not answer any more
_LINES = 40  # of stderr that are kept


class Master:
    """The process, or the attempts to have one. Safe to use from many threads."""

    def __init__(self, settings: ForwardSettings, folder: Path, agent: Path) -> None:
        """``agent``: the socket of the agent that has the keys, if there are any."""
        self._settings, self._folder = settings, folder
        self._config = folder / "config"
        trusted = folder / "known_hosts"
        trusted.write_text("".join(f"* {key}\n" for key in settings.trusted), encoding="utf-8")
        lines = ssh_words.configuration(settings, str(agent), str(trusted))
        self._config.write_text(lines, encoding="utf-8")
        self._backoffs = {host: Backoff(time.monotonic) for host in settings.hosts}
        self._changed = threading.Condition()
        self._forwards: dict[tuple[str, int], Forward] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._control = ""  # of the connected one
        self._host = ""
        self._error: TransportError | None = None
        self._refusals: deque[tuple[float, str]] = deque(maxlen=_LINES)
        self._starts = 0
        self._since = 0.0
        self._stopping = False
        self._patience = _BY_PERSON if settings.interactive else _LOGIN
        # The thread that starts the processes lives as long as this one: see ``_start``.
        self._thread = threading.Thread(target=self._keep, name="ssh master", daemon=True)
        self._thread.start()

    def add(self, forward: Forward) -> None:
        """Have a forward from now on, as soon as there is a connection.

        Raises ``TransportError`` if no host lets the user in, ``Refused``.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._control or self._error or self._stopping, self._patience
            )
            if not self._control:
                hosts = ", ".join(self._settings.hosts)
                raise self._error or ConnectFailed(f"There is no login to {hosts}.")
            self._order("forward", [forward])
            self._forwards[forward.host, forward.port] = forward

    def remove(self, host: str, port: int) -> None:
        """Have it no more. Open connections go on."""
        with self._changed:
            forward = self._forwards.pop((host, port), None)
            if forward and self._control:
                with contextlib.suppress(Refused, TransportError):
                    self._order("cancel", [forward])
        if forward:
            Path(forward.path).unlink(missing_ok=True)

    def refusal(self, since: float) -> str:
        """See ``Forwards.refusal``."""
        known = reversed(self._refusals.copy())  # another thread adds to them
        return next((why for at, why in known if at >= since), "")

    def status(self) -> dict[str, Any]:
        """See ``Forwards.status``."""
        with self._changed:
            process = self._process
            return {
                "connected": bool(self._control),
                "login_node": self._host,
                "pid": process.pid if process else None,
                "since": self._since,
                "logins": self._starts,
                "forwards": [f"{host}:{port}" for host, port in self._forwards],
                "error": self._error.message if self._error else "",
            }

    def stop(self) -> None:
        """End the process, and start no other."""
        with self._changed:
            self._stopping = True
            if self._process:
                self._process.terminate()
            self._changed.notify_all()
        self._thread.join(10)

    def _keep(self) -> None:
        while not self._stopping:
            tried = ((host, b) for host, b in self._backoffs.items() if not b.remaining)
            error: TransportError | None = None
            while (one := next(tried, None)) and not self._stopping:
                if (error := self._serve(*one)) is None:
                    break  # the first host again
            with self._changed:
                self._error = error or self._error  # once no host lets the user in
                self._changed.notify_all()
                pause = min(backoff.remaining for backoff in self._backoffs.values())
                self._changed.wait_for(lambda: self._stopping, pause)

    def _serve(self, host: str, backoff: Backoff) -> TransportError | None:
        """Connect and stay until the end of the connection; the error if there was none."""
        began = time.monotonic()
        said: deque[str] = deque(maxlen=_LINES)
        try:
            process = self._start(host, said)
            try:
                self._connect(host, process, said)
                backoff.succeeded()
                process.wait()
                self._reader.join(1)  # for the last lines
            finally:
                self._end(process)
        except TransportError as error:
            log.warning("%s", error.message)
            return backoff.failed(error, began)
        if not self._stopping:
            self._lost(host, backoff, " ".join(said)[-300:], began + _APART - time.monotonic())
        return None

    def _lost(self, host: str, backoff: Backoff, words: str, pause: float) -> None:
        log.warning("The connection to %s has ended: %s", host, words)
        if _SILENT in words:  # the other login nodes first
            backoff.failed(ConnectFailed(f"{host} does not answer."))
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, max(0.0, pause))

    def _start(self, host: str, said: deque[str]) -> subprocess.Popen[bytes]:
        self._starts += 1
        control = str(self._folder / f"m{self._starts}")
        words = ssh_words.master(self._settings, host, str(self._config), control)
        if setpriv := shutil.which("setpriv"):
            # It ends with the thread that started it, also when this process is killed.
            words = [setpriv, "--pdeathsig", "TERM", *words]
        try:
            process = subprocess.Popen(  # noqa: S603
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=not self._settings.interactive,
                env=environment(),
            )
        except FileNotFoundError as error:
            raise ConnectFailed("There is no program ssh: install OpenSSH's client.") from error
        except OSError as error:
            raise ConnectFailed(f"ssh cannot be started: {error.strerror}.") from error
        with self._changed:
            self._process, self._host = process, host
        self._reader = threading.Thread(target=self._read, args=(process, host, said), daemon=True)
        self._reader.start()
        return process

    def _read(self, process: subprocess.Popen[bytes], host: str, said: deque[str]) -> None:
        assert process.stderr is not None
        for raw in process.stderr:
            line = raw.decode(errors="replace").strip()
            if why := refusal(line, host):
                self._refusals.append((time.monotonic(), why))
            elif line:
                said.append(line)

    def _connect(self, host: str, process: subprocess.Popen[bytes], said: Sequence[str]) -> None:
        """Wait for the login, and make the forwards that there are."""
        control = str(self._folder / f"m{self._starts}")
        deadline = time.monotonic() + self._patience
        while not _listens(control):
            if process.poll() is not None:
                self._reader.join(1)  # for the last lines
                raise failure("\n".join(said), host)
            if time.monotonic() > deadline:
                raise ConnectFailed(
                    f"{host} has not let the user in within {self._patience:g} seconds."
                )
            time.sleep(_LOOK)
        with self._changed:
            self._control, self._error, self._since = control, None, time.time()
            if self._forwards:
                self._again()
            self._changed.notify_all()

    def _again(self) -> None:
        """Make all forwards at a new connection."""
        try:
            self._order("forward", list(self._forwards.values()))
        except Refused as error:
            raise ConnectFailed(error.message) from error

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._changed:
            self._control, self._process = "", None
        process.terminate()
        if not self._settings.interactive:
            with contextlib.suppress(ProcessLookupError):  # the ssh that it started for a jump host
                os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
        process.kill()
        process.wait()
        (self._folder / f"m{self._starts}").unlink(missing_ok=True)

    def _order(self, what: str, forwards: Sequence[Forward]) -> None:
        try:
            done = subprocess.run(  # noqa: S603
                ssh_words.order(self._control, what, forwards),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=environment(),
                timeout=_ORDER,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ConnectFailed(f"The connection to {self._host} does not answer.") from error
        except OSError as error:
            raise ConnectFailed(f"ssh cannot be started: {error.strerror}.") from error
        if done.returncode != 0:
            words = " ".join(done.stderr.decode(errors="replace").split())
            if not _listens(self._control):
                raise ConnectFailed(f"The connection to {self._host} has ended: {words}")
            raise Refused(f"ssh does not {what} {forwards[0].host}:{forwards[0].port}: {words}")


def _listens(control: str) -> bool:
    with socket.socket(socket.AF_UNIX) as asked, contextlib.suppress(OSError):
        asked.connect(control)
        return True
    return False
