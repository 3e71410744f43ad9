"""A logged-in connection, and the remote shells on it."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import paramiko

from connectors.transports.counters import Tally
from connectors.transports.framing import LOGIN_COMMAND, Answer, Frame
from connectors.transports.pool import AllBusy, ChannelRefused, Pool
from connectors.transports.ssh.hop import Login
from connectors.transports.ssh.login import Session
from dssr.errors import CommandTimeout, ConnectFailed

_MAX_SHELLS = 8  # sshd's MaxSessions is 10 by default
_MAX_OUTPUT = 64 << 20  # bytes of one answer; nothing the bridge asks for is near it
_PIECE = 1 << 16  # bytes read or sent at once
_PROBE = 2.0  # seconds for a connection to show that it lives, after a command on it timed out


class NoChannel(ConnectFailed):
    """The connection gives no channel; no command was sent."""


@dataclass(frozen=True)
class Errand:
    """A framed command to be run until ``deadline``; the lowest ``rank`` is the most urgent. ``doubt``: when the connection
    must prove that it lives, should the command still be silent then. Times are ``time.monotonic``'s."""

    framed: Frame
    deadline: float
    doubt: float
    rank: int = 0


class Dead(CommandTimeout):
    """The connection does not answer; a command that was sent on it may or may not have run."""


class Connection:
    """An open, logged-in connection and its remote shells."""

    def __init__(self, session: Session, login: Login, prelude: bytes, tally: Tally) -> None:
        self._session, self._client, self._login, self._prelude = session, session.client, login, prelude
        self._tally = tally
        self._shells = Pool(self._open_shell, _MAX_SHELLS)
        self._suspect = False

    @property
    def usable(self) -> bool:
        """Whether commands can be sent. After one that timed out the other side must show that it still answers
        (``revived``): a connection may be dead though TCP does not know it yet."""
        return bool(self._client.is_active()) and not self._suspect

    def revived(self) -> bool:
        """Ask the other side whether it still answers, for two seconds at most."""
        if self._client.is_active():
            self._suspect = not self._answers(_PROBE)
        return self.usable

    def ask(self, errand: Errand) -> Answer:
        """Raises ``CommandTimeout``, ``ConnectFailed`` while all channels are busy, ``NoChannel`` when there are none, ``Dead``
        when a command has said nothing until ``doubt`` and the connection gives no sign of life either."""
        try:
            with self._shells.borrow(errand.deadline, errand.rank) as shell:
                self._tally.command()
                return shell.ask(errand, self._assert_alive)
        except CommandTimeout:
            self._suspect = True
            raise
        except AllBusy:
            raise ConnectFailed(
                f"Every channel to {self._login} was busy with other commands until the deadline; this one was not sent."
            ) from None
        except ChannelRefused:
            raise NoChannel(
                f"sshd on {self._login.host} opens no session for {self._login.user!r}, so no command was sent: check its "
                "MaxSessions (10 is OpenSSH's default), and for commands there that hang."
            ) from None

    def close(self) -> None:
        """Close all; commands under way end with ``CommandTimeout``."""
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            self._session.opened.close()
        self._shells.close()

    def _assert_alive(self) -> None:
        if not self._answers(_PROBE):
            raise Dead(f"{self._login} does not answer any more: a command there may or may not have run.")

    def _answers(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        self._tally.channel()
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            self._client.open_session(timeout=timeout).close()
        return self._client.is_active() and time.monotonic() < deadline  # a refusal is an answer too

    def _open_shell(self, deadline: float) -> "_Shell":
        self._tally.channel()
        try:
            channel = self._client.open_session(timeout=max(0.1, deadline - time.monotonic()))
            channel.event = _Until(deadline)
            channel.exec_command(LOGIN_COMMAND)
        except (paramiko.SSHException, OSError, EOFError) as error:
            # Not by its type: paramiko keeps one error for all threads, so that of two refusals one looks like a loss.
            if self._client.is_active() and time.monotonic() < deadline:
                raise ChannelRefused from error
            if self._client.is_active():
                self._suspect = True
                raise ConnectFailed(f"{self._login} opened no channel in time; this command was not sent.") from error
            raise NoChannel(
                f"The connection to {self._login} was lost ({error or type(error).__name__}); this command was not sent."
            ) from error
        return _Shell(channel, self._login, self._prelude)


class _Until(threading.Event):
    """paramiko waits for the answer to a channel's request without a limit; this is one."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._deadline = deadline

    def wait(self, timeout: float | None = None) -> bool:
        if not super().wait(max(0.1, self._deadline - time.monotonic())):
            raise TimeoutError("no answer")
        return True


class _News(threading.Event):
    """Set by paramiko when something arrived on either stream, and when the channel ended.

    Not its ``Channel.fileno``: there one stream, read empty, at times takes back what the other has just told, and then a
    reader waits for ever for what has come.
    """

    def clear(self) -> None:
        """Paramiko's, for a stream that is empty: of no interest."""

    def forget(self) -> None:
        """The reader is about to look."""
        super().clear()


class _Shell:
    """One long-lived remote ``/bin/sh`` on a channel of its own."""

    def __init__(self, channel: paramiko.Channel, login: Login, prelude: bytes) -> None:
        self._channel, self._login, self._unsent = channel, login, prelude
        self._news = _News()
        channel.in_buffer.set_event(self._news)
        channel.in_stderr_buffer.set_event(self._news)
        self.used = time.monotonic()

    @property
    def closed(self) -> bool:
        return bool(self._channel.closed or self._channel.eof_received)

    def close(self) -> None:
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            self._channel.close()

    def ask(self, errand: Errand, assert_alive: Callable[[], None]) -> Answer:
        """Send one framed command and read both streams to the frame's end. Raises ``CommandTimeout``."""
        answer, deadline, doubt = Answer(errand.framed), errand.deadline, errand.doubt
        with _foreign(self._login):
            self._send(self._unsent + errand.framed.text, deadline)
            self._unsent = b""
            while not answer.complete:
                until = min(doubt, deadline)
                if not self._news.wait(max(0.0, until - time.monotonic())) and until < deadline:
                    assert_alive()
                    doubt = deadline
                self._left(deadline)
                self._news.forget()  # before reading: what comes later is news again
                ended = self.closed  # if so, all that will ever come is there: nobody will tell of anything more
                self._read(answer)
                if ended and not answer.complete:
                    raise CommandTimeout(
                        f"{self._login} ended the session before a command had ended, which may or may not have run"
                        f"{answer.last_words}."
                    )
        return answer

    def _send(self, text: bytes, deadline: float) -> None:
        rest = memoryview(text)
        while rest:
            self._channel.settimeout(self._left(deadline))
            rest = rest[self._channel.send(bytes(rest[:_PIECE])) :]

    def _left(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CommandTimeout(f"{self._login} did not finish a command in time: it may or may not have run.")
        return left

    def _read(self, answer: Answer) -> None:
        """Take what is there from both streams at once: read one after the other, two large ones would hang."""
        while self._channel.recv_ready():
            piece = self._channel.recv(_PIECE)
            answer.stdout.feed(piece)
        while self._channel.recv_stderr_ready():
            piece = self._channel.recv_stderr(_PIECE)
            answer.stderr.feed(piece)
        if len(answer.stdout) + len(answer.stderr) > _MAX_OUTPUT:
            raise CommandTimeout(f"A command on {self._login} printed more than {_MAX_OUTPUT >> 20} MB and was given up.")


@contextlib.contextmanager
def _foreign(login: Login) -> Iterator[None]:
    """Turn paramiko's and the network's exceptions into ours: whatever happens in mid-command, nobody knows its outcome."""
    try:
        yield
    except (paramiko.SSHException, OSError, EOFError) as error:
        reason = "it took no more input" if isinstance(error, TimeoutError) else str(error) or "connection closed"
        raise CommandTimeout(
            f"The connection to {login} broke while a command ran ({reason}): it may or may not have run."
        ) from error
