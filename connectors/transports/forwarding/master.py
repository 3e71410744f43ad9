"""The ``ssh`` process that is connected to a login node and takes forwards, and its successors."""

import contextlib
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

from connectors.transports.forwarding import ask
from connectors.transports.forwarding import words as ssh_words
from connectors.transports.forwarding.keeper import Keeper
from connectors.transports.forwarding.refusals import refusal
from connectors.transports.forwarding.words import Forward, ForwardSettings
from connectors.transports.openssh.failures import failure
from connectors.transports.openssh.program import environment
from connectors.transports.own_ssh import user_configuration
from dssr.errors import ConnectFailed, LoginRefused, Refused

_LOGIN = 30.0  # seconds for a login without a person
_BY_PERSON = 180.0  # ... and with one
_LOOK = 0.005  # seconds between looks for the control socket
_ORDER = 15.0  # seconds for a master to make a forward
_LINES = 40  # of stderr that are kept


class Master(Keeper):
    """The process, or the attempts to have one. Safe to use from many threads."""

    def __init__(self, settings: ForwardSettings, folder: Path, agent: Path) -> None:
        """``agent``: the socket of the agent that has the keys, if there are any."""
        super().__init__(settings.hosts, _BY_PERSON if settings.ask else _LOGIN)
        self._settings, self._folder = settings, folder
        self._config = folder / "config"
        self._agent, self._trusted = agent, folder / "known_hosts"
        lines = "".join(f"* {key}\n" for key in settings.trusted)
        self._trusted.write_text(lines, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None
        self._control = ""
        self._asks = self._needs_person = False
        # The thread that starts the processes lives as long as this one: see ``_started``.
        self.start()

    def status(self) -> dict[str, Any]:
        """See ``Forwards.status``."""
        process = self._process
        pid = process.pid if process else None
        return {**super().status(), "pid": pid, "needs_person": self._needs_person}

    def make(self, forwards: Sequence[Forward]) -> None:
        """See ``Keeper``."""
        self._order("forward", forwards)

    def drop(self, forward: Forward) -> None:
        """See ``Keeper``."""
        self._order("cancel", [forward])

    def cut(self) -> None:
        """See ``Keeper``."""
        if self._process:
            self._process.terminate()

    def stay(self, host: str) -> str:
        """See ``Keeper``."""
        said: deque[str] = deque(maxlen=_LINES)
        self._asks = self._has_person()
        process = self._started(host, said)
        try:
            self._log_in(host, process, said)
            self.established()
            process.wait()
            self._reader.join(1)  # for the last lines
        finally:
            self._end(process)
        return " ".join(said)

    def _has_person(self) -> bool:
        return bool(self._settings.ask) and ask.is_answered(self._settings.ask)

    def is_worth_a_try(self) -> bool:
        """See ``Keeper``."""
        return self._needs_person and not self._asks and self._has_person()

    def _log_in(self, host: str, process: subprocess.Popen[bytes], said: Sequence[str]) -> None:
        try:
            self._wait_for_login(host, process, said)
        except LoginRefused:
            self._needs_person = bool(self._settings.ask)
            raise
        self._needs_person = False

    def _started(self, host: str, said: deque[str]) -> subprocess.Popen[bytes]:
        self._control = str(self._folder / f"m{self._logins}")
        settings, config = self._settings, str(self._config)
        words = ssh_words.master(settings, host, config, self._control)
        places = str(self._agent), str(self._trusted)
        if setpriv := shutil.which("setpriv"):
            # It ends with the thread that started it, also when this process is killed.
            words = [setpriv, "--pdeathsig", "TERM", *words]
        try:
            asking = ask.environment(self._folder, settings.ask) if self._asks else {}
            self._config.write_text(
                ssh_words.configuration(settings, user_configuration(), *places, self._asks)
            )
            process = subprocess.Popen(  # noqa: S603
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env={**environment(), **asking},
            )
        except FileNotFoundError as error:
            raise ConnectFailed("There is no program ssh: install OpenSSH's client.") from error
        except OSError as error:
            raise ConnectFailed(f"ssh cannot be started: {error.strerror}.") from error
        with self._changed:
            self._process = process
            if self._stopping:
                process.terminate()
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

    def _wait_for_login(
        self, host: str, process: subprocess.Popen[bytes], said: Sequence[str]
    ) -> None:
        deadline = time.monotonic() + self._patience
        while not _listens(self._control):
            if process.poll() is not None:
                self._reader.join(1)  # for the last lines
                raise failure("\n".join(said), host)
            if time.monotonic() > deadline:
                raise ConnectFailed(
                    f"{host} has not let the user in within {self._patience:g} seconds."
                )
            time.sleep(_LOOK)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self.ended()
        self._process = None
        process.terminate()
        with contextlib.suppress(ProcessLookupError):  # the ssh that it started for a jump host
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
        process.kill()
        process.wait()
        Path(self._control).unlink(missing_ok=True)

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
