"""The ``ssh`` program of this machine."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence

from connectors.transports.environment import without_settings
from connectors.transports.framing import LOGIN_COMMAND
from connectors.transports.openssh.configuration import SESSION, Resolved, resolved
from connectors.transports.openssh.failures import failure
from dssr.errors import ConnectFailed

_PROGRAM = "ssh"
SESSION_OPENED = "master session id:"
_LOCAL = 5.0  # seconds for what asks no other machine
_HOST = "dssr"  # where a control socket is given, the host's name has no meaning


class Unanswered(Exception):
    """ssh has not ended in time; it was killed."""


def configuration_of(words: Sequence[str], host: str) -> Resolved:
    """What ssh makes of these words. Raises ``ConnectFailed``."""
    try:
        done = _run([*words, "-G", "--", host], _LOCAL)
    except Unanswered:
        raise ConnectFailed(
            f"`ssh -G {host}` does not end: check `Match exec` in ssh's configuration."
        ) from None
    if done.returncode != 0:
        raise failure(done.stderr, host)
    return resolved(done.stdout)


def keyscan(host: str, port: int, timeout: float) -> str:
    """The lines of ``ssh-keyscan``, which logs in nowhere; none where the host does not answer."""
    seconds = max(1, round(timeout))
    words = ["-T", str(seconds), "-p", str(port), "--", host]
    try:
        return _run(words, seconds + _LOCAL, "ssh-keyscan").stdout
    except Unanswered:
        return ""


def control(socket: str, command: str, timeout: float = 2.0) -> tuple[int, str]:
    """Ask the master on a control socket (``ssh -O``): the exit code and its words. Raises
    ``Unanswered``."""
    done = _run(["-F", "none", "-S", socket, "-O", command, _HOST], timeout)
    return done.returncode, done.stderr


def session(socket: str, *words: str) -> list[str]:
    """The words that start a session on the master of a control socket."""
    return [_PROGRAM, *SESSION, "-S", socket, *words]


def shell(socket: str) -> list[str]:
    """The words that start a remote shell."""
    return session(socket, _HOST, LOGIN_COMMAND)


def probe(socket: str) -> list[str]:
    """The words that open a session for nothing; ``SESSION_OPENED`` is on stderr once the host
    has granted it."""
    return session(socket, "-v", _HOST, LOGIN_COMMAND)


def forward(socket: str, place: str) -> list[str]:
    """The words that connect stdin and stdout to a place that the host can reach;
    ``SESSION_OPENED`` is on stderr once it has."""
    return session(socket, "-v", "-W", place, _HOST)


def start(words: Sequence[str], log: str, on_terminal: bool) -> subprocess.Popen[bytes]:
    """Start ssh; what it and its children say is added to the file ``log``.

    ``on_terminal``: it may ask on this process's terminal. Raises ``ConnectFailed``.
    """
    with open(log, "ab") as said:
        try:
            return subprocess.Popen(  # noqa: S603
                [_PROGRAM, "-E", log, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=not on_terminal,
                env=environment(),
            )
        except OSError as error:
            raise _missing(error) from error


def end(process: subprocess.Popen[bytes]) -> None:
    """End ssh and, unless it is on the terminal, its children."""
    if process.poll() is None and os.getpgid(process.pid) == process.pid:
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _run(
    words: Sequence[str], timeout: float, name: str = _PROGRAM
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603
            [name, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            start_new_session=True,
            env=environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unanswered from None
    except OSError as error:
        raise _missing(error) from error


def environment() -> Mapping[str, str]:
    """ssh runs commands of its configuration with the user's shell, which may be tcsh."""
    return {**without_settings(), "SHELL": "/bin/sh"}


def _missing(error: OSError) -> ConnectFailed:
    return ConnectFailed(
        f"OpenSSH's program 'ssh' cannot be started on this machine: {error}. Install it "
        "(openssh-client), or set JARVICE_SLURM_SSH_CLIENT=paramiko."
    )
