"""The transport of a bridge that runs on the login node: commands are its child processes."""

import contextlib
import logging
import os
import pwd
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import IO

from connectors.transports.environment import without_settings
from connectors.transports.framing import check_words, exit_code, reading
from connectors.transports.pool import AllBusy, Pool
from dssr.errors import CommandTimeout, ConnectFailed
from dssr.seams import Completed, Purpose, Sink

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 8  # commands, as over SSH: the login node is shared
_PIECE = 1 << 18  # bytes of output that are passed on at a time
_MAX_OUTPUT = 64 << 20  # bytes of one answer; nothing that the bridge asks for comes near it


class _Slot:
    """What a command borrows from the pool while it runs."""

    closed, used, is_for_one = False, 0.0, False

    def close(self) -> None:
        self.closed = True


class LocalTransport:
    """Runs commands on this machine, as this user, in their home directory."""

    def __init__(self, *, prelude: str = "") -> None:
        """``prelude``: shell text that runs before each command."""
        self._prelude = prelude
        self._slots = Pool(lambda deadline: _Slot(), _MOST_AT_ONCE)
        self._given_up: list[subprocess.Popen[bytes]] = []
        self._closed = False

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        """See ``dssr.seams.Transport``. A command goes on after its deadline, as it would on
        another machine."""
        check_words(argv)
        deadline = time.monotonic() + timeout
        if self._closed:
            raise ConnectFailed("The transport was closed: the bridge is ending.")
        try:
            with (
                self._slots.borrow(deadline, purpose),
                self._started(argv, input) as (process, stdout, stderr),
            ):
                self._wait(process, argv[0], deadline)
                code = exit_code(process.returncode)
                return Completed(tuple(argv), code, _content(stdout, sink), _content(stderr))
        except AllBusy:
            raise ConnectFailed(
                f"{_MOST_AT_ONCE} other commands were running here until the deadline; this one "
                "was not started."
            ) from None

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""
        self._closed = True

    @contextlib.contextmanager
    def _started(
        self, argv: Sequence[str], data: bytes | None
    ) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
        # Files, not pipes: a process that the command leaves behind would hold a pipe open.
        with contextlib.ExitStack() as files:
            try:
                stdin, stdout, stderr, input = (
                    files.enter_context(tempfile.TemporaryFile()) for _ in range(4)
                )
                input.write(data or b"")
                input.flush()
                text = f"{self._prelude}\n{reading(argv, f'/dev/fd/{input.fileno()}')}exit $?\n"
                stdin.write(text.encode("utf-8", "surrogateescape"))
                stdin.seek(0)
                process = subprocess.Popen(
                    ["/bin/sh"],
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    cwd=_home(),
                    env=_environment(),
                    start_new_session=True,
                    pass_fds=[input.fileno()],
                )
            except OSError as error:
                raise ConnectFailed(
                    f"{argv[0]} could not be started on this machine: {error}."
                ) from error
            yield process, stdout, stderr

    def _wait(self, process: subprocess.Popen[bytes], name: str, deadline: float) -> None:
        # poll() reaps those that have ended.
        self._given_up = [other for other in self._given_up if other.poll() is None]
        try:
            _wait_for_end(process, deadline)
        except subprocess.TimeoutExpired:
            self._given_up.append(process)
            message = f"{name} did not end on this machine in time: it may go on."
            log.warning("%s", message)
            raise CommandTimeout(message) from None


def _wait_for_end(process: subprocess.Popen[bytes], deadline: float) -> None:
    """Raises ``subprocess.TimeoutExpired``."""
    if hasattr(os, "pidfd_open"):  # Linux; elsewhere ``Popen.wait`` polls, ever more rarely
        descriptor = os.pidfd_open(process.pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        finally:
            os.close(descriptor)
    process.wait(max(0.001, deadline - time.monotonic()))


def _content(file: IO[bytes], sink: Sink | None = None) -> bytes:
    """What was printed; nothing where a sink takes it."""
    if file.seek(0, os.SEEK_END) > _MAX_OUTPUT:
        raise CommandTimeout(
            f"A command on this machine printed more than {_MAX_OUTPUT >> 20} MB: that is no "
            "answer."
        )
    file.seek(0)
    if sink is None:
        return file.read()
    at = 0
    while piece := file.read(_PIECE):
        sink(at, piece)
        at += len(piece)
    return b""


def _environment() -> dict[str, str]:
    return without_settings() | _login()


def _home() -> str:
    home = _login().get("HOME", "/")
    return home if os.access(home, os.X_OK) else "/"


def _login() -> dict[str, str]:
    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:  # a container may run under a user id that has no name
        return {}
    return {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}
