"""A logged-in connection, and the remote shells on it."""

import contextlib
import threading
import time
from collections.abc import Iterator

import paramiko

from connectors.transports.counters import UsageCounter
from connectors.transports.framing import LOGIN_COMMAND, Answer
from connectors.transports.pool import AllBusy, ChannelRefused, Pool
from connectors.transports.ssh.attempt import Session
from connectors.transports.ssh.handshake import CONNECT_FAILED, printable
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.paramiko_internals import ERRORS, limit_request
from connectors.transports.ssh.remote_shell import RemoteShell, Request
from dssr.errors import CommandTimeout, ConnectFailed
from dssr.seams import REPEATABLE

_MAX_SHELLS = 8  # sshd's MaxSessions is 10 by default
_PROBE = 2.0  # seconds in which a connection must show that it is alive, after a timeout on it


class NoChannel(ConnectFailed):
    """The connection gives no channel; no command was sent."""


class ChannelTimeout(ConnectFailed):
    """The connection is open, but gave no channel in time; no command was sent."""


class ConnectionLost(CommandTimeout):
    """The connection does not answer; a command that was sent on it may or may not have run."""


class Connection:
    """An open, logged-in connection and its remote shells. Safe to use from many threads."""

    def __init__(self, session: Session, login: Login, prelude: bytes, usage: UsageCounter) -> None:
        """``prelude``: shell text that each new shell runs first."""
        self._session, self._client = session, session.client
        self._login, self._prelude, self._usage = login, prelude, usage
        self._shells = Pool(self._open_shell, _MAX_SHELLS)
        self._lock = threading.Lock()
        self._running: list[Request] = []
        self._suspect = self._lost_channels = self._retired = False

    @property
    def usable(self) -> bool:
        """Whether commands can be sent.

        After a command that timed out the host must first show that it still answers
        (``check_alive``): a connection may be dead before TCP notices. A connection that has lost
        channels for good is used until it is idle.
        """
        worn_out = self._retired or (self._lost_channels and not self._running)
        return bool(self._client.is_active()) and not self._suspect and not worn_out

    def check_alive(self, timeout: float | None = None) -> bool:
        """Ask the host for a sign of life, for so many seconds (two by default); returns
        ``usable``."""
        if self._client.is_active() and not self._retired:
            self._suspect = not self._answers(_PROBE if timeout is None else timeout)
            with self._lock:
                self._retired |= self._lost_channels and not self._running
        return self.usable

    def ask(self, request: Request) -> Answer:
        """Run one command.

        Raises ``ConnectFailed`` while all channels are busy, ``ChannelTimeout`` or ``NoChannel``
        when none was opened (nothing was sent); ``CommandTimeout``, or ``ConnectionLost`` when
        the host gives no sign of life either (the command may or may not have run).
        """
        try:
            with (
                self._registered(request),
                self._shells.borrow(request.patience, request.purpose) as shell,
            ):
                with self._usage.lock:
                    self._usage.commands += 1
                return shell.ask(request, self._assert_alive)
        except CommandTimeout:
            self._suspect = True
            raise
        except AllBusy:
            raise ConnectFailed(
                f"Every channel to {self._login} was busy with other commands until the deadline; "
                "this one was not sent."
            ) from None
        except ChannelRefused:
            raise NoChannel(
                f"sshd on {self._login.host} opens no session for {self._login.user!r}, so no "
                "command was sent: check its MaxSessions (10 is OpenSSH's default), and for "
                "commands there that hang."
            ) from None

    def probe_forward(self, host: str, port: int, timeout: float) -> str:
        """See ``ProbesForwards``."""
        destination, origin = (host, port), ("127.0.0.1", 0)
        try:
            self._client.open_channel("direct-tcpip", destination, origin, timeout=timeout).close()
        except paramiko.ChannelException as error:
            return "" if error.code == CONNECT_FAILED else printable(error.text)
        except ERRORS as error:
            raise ConnectFailed(
                f"{self._login} did not say whether it forwards connections "
                f"({error or type(error).__name__})."
            ) from error
        return ""

    def retire(self) -> None:
        """Take no more commands, and close once none runs that must not be sent twice."""
        with self._lock:
            self._retired = True
            if not all(request.purpose in REPEATABLE for request in self._running):
                return
        self.close()

    def close(self) -> None:
        """Close the connection; commands that are running end with ``CommandTimeout``."""
        with self._lock:
            opened = self._session.opened.pop_all()  # a second caller finds nothing to close
        with contextlib.suppress(*ERRORS):
            opened.close()
        self._shells.close()

    @contextlib.contextmanager
    def _registered(self, request: Request) -> Iterator[None]:
        with self._lock:
            if self._retired:
                raise NoChannel(
                    f"The connection to {self._login} is being replaced; this command was not sent."
                )
            self._running.append(request)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(request)
            if self._retired:
                self.retire()

    def _assert_alive(self, deadline: float) -> None:
        """Raises ``ConnectionLost``. Takes half of the time that is left at most, so that another
        node can still do the work; less than two seconds would prove nothing."""
        left = deadline - time.monotonic()
        if left >= _PROBE and not self._answers(min(_PROBE, left / 2)):
            raise ConnectionLost(
                f"{self._login} does not answer any more: a command there may or may not have run."
            )

    def _answers(self, timeout: float) -> bool:
        """Whether the host answers a request for a channel in time; a refusal is an answer too."""
        deadline = time.monotonic() + timeout
        with contextlib.suppress(*ERRORS):
            self._new_channel(deadline).close()
        return self._client.is_active() and time.monotonic() < deadline

    def _new_channel(self, deadline: float) -> paramiko.Channel:
        """A channel that sshd grants too late uses up one of its MaxSessions for good: paramiko
        has forgotten it and cannot close it."""
        with self._usage.lock:
            self._usage.channels += 1
        try:
            return self._client.open_session(timeout=max(0.1, deadline - time.monotonic()))
        except ERRORS:
            self._lost_channels |= self._client.is_active() and time.monotonic() >= deadline
            raise

    def _open_shell(self, deadline: float) -> RemoteShell:
        try:
            channel = self._new_channel(deadline)
            limit_request(channel, deadline)
            channel.exec_command(LOGIN_COMMAND)
        except ERRORS as error:
            # The error's type says little: paramiko keeps one error for all threads, so that the
            # second of two refusals looks like a lost connection.
            if self._client.is_active() and time.monotonic() < deadline:
                raise ChannelRefused from error
            if self._client.is_active():
                self._suspect = True
                raise ChannelTimeout(
                    f"{self._login} opened no channel in time; this command was not sent."
                ) from error
            raise NoChannel(
                f"The connection to {self._login} was lost ({error or type(error).__name__}); "
                "this command was not sent."
            ) from error
        return RemoteShell(channel, self._login, self._prelude)
