"""A connection of paramiko, and the remote shells on its channels."""

import contextlib
import time

import paramiko

from connectors.transports.connection import Connection
from connectors.transports.counters import UsageCounter
from connectors.transports.framing import LOGIN_COMMAND
from connectors.transports.pool import ChannelRefused
from connectors.transports.remote_shell import RemoteShell
from connectors.transports.request import ChannelTimeout, NoChannel
from connectors.transports.ssh.attempt import Session
from connectors.transports.ssh.channel_stream import ChannelStream
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.paramiko_internals import ERRORS, limit_request


class ParamikoConnection(Connection):
    """An open, logged-in connection and its remote shells. Safe to use from many threads."""

    def __init__(self, session: Session, login: Login, prelude: bytes, usage: UsageCounter) -> None:
        """``prelude``: shell text that each new shell runs first."""
        super().__init__(str(login), usage)
        self._session, self._client = session, session.client
        self._login, self._prelude = login, prelude

    def is_active(self) -> bool:
        """See ``Connection``."""
        return bool(self._client.is_active())

    def answers(self, timeout: float) -> bool:
        """See ``Connection``."""
        deadline = time.monotonic() + timeout
        with contextlib.suppress(*ERRORS):
            self._new_channel(deadline).close()
        return self._client.is_active() and time.monotonic() < deadline

    def end(self) -> None:
        """See ``Connection``."""
        with self._lock:
            opened = self._session.opened.pop_all()  # a second caller finds nothing to close
        with contextlib.suppress(*ERRORS):
            opened.close()

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

    def open_shell(self, deadline: float) -> RemoteShell:
        """See ``Connection``."""
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
        return RemoteShell(ChannelStream(channel), str(self._login), self._prelude)
