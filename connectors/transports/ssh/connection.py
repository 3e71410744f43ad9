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
from connectors.transports.ssh.attempt import Session
from connectors.transports.ssh.handshake import ERRORS
from connectors.transports.ssh.login import Login
from dssr.errors import CommandTimeout, ConnectFailed
from dssr.seams import Purpose

_MAX_SHELLS = 8  # sshd's MaxSessions is 10 by default
_MAX_OUTPUT = 64 << 20  # bytes of one answer; nothing the bridge asks for is near it
_PIECE = 1 << 16  # bytes read or sent at once
_PROBE = 2.0  # seconds for a connection to show that it lives, after a command on it timed out


class NoChannel(ConnectFailed):
    """The connection gives no channel; no command was sent."""


class Mute(ConnectFailed):
    """The connection stands and opened no channel in time; no command was sent."""


class Dead(CommandTimeout):
    """The connection does not answer; a command that was sent on it may or may not have run."""


@dataclass(frozen=True)
class Errand:
    """A framed command to be run until ``deadline``, if there is a channel for it until ``patience``; times are
    ``time.monotonic``'s. ``silence``: seconds after which a connection on which it was sent must prove that it lives."""

    framed: Frame
    deadline: float
    patience: float
    silence: float = threading.TIMEOUT_MAX
    purpose: Purpose = Purpose.SUBMIT


class Connection:
    """An open, logged-in connection and its remote shells."""

    def __init__(self, session: Session, login: Login, prelude: bytes, tally: Tally) -> None:
        self._session, self._client, self._login, self._prelude = (
            session,
            session.client,
            login,
            prelude,
        )
        self._tally = tally
        self._shells = Pool(self._open_shell, _MAX_SHELLS)
        self._lock = threading.Lock()
        self._under_way: list[Errand] = []
        self._suspect = self._leaky = self._retired = False

    @property
    def usable(self) -> bool:
        """Whether commands can be sent. After one that timed out the other side must show that it still answers
        (``revived``): a connection may be dead though TCP does not know it yet. One that has lost channels for good is
        used until it is idle."""
        lost = self._retired or (self._leaky and not self._under_way)
        return bool(self._client.is_active()) and not self._suspect and not lost

    def revived(self, patience: float | None = None) -> bool:
        """Ask the other side whether it still answers, for so many seconds at most, or for two."""
        if self._client.is_active() and not self._retired:
            self._suspect = not self._answers(_PROBE if patience is None else patience)
            with self._lock:
                self._retired |= self._leaky and not self._under_way
        return self.usable

    def ask(self, errand: Errand) -> Answer:
        """Raises ``CommandTimeout``, ``ConnectFailed`` while all channels are busy, ``Mute`` when none was opened in time,
        ``NoChannel`` when there are none, ``Dead`` when a command says nothing and the connection gives no sign of life
        either."""
        try:
            with (
                self._counted(errand),
                self._shells.borrow(errand.patience, errand.purpose) as shell,
            ):
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

    def retire(self) -> None:
        """Take no more commands, and close as soon as none is under way that must not be sent twice: what others think of
        the connection does not cut off one that may be running well."""
        with self._lock:
            self._retired = True
            if not all(errand.purpose.repeatable for errand in self._under_way):
                return
        self.close()

    def close(self) -> None:
        """Close all; commands under way end with ``CommandTimeout``."""
        with self._lock:
            opened = self._session.opened.pop_all()  # whoever comes second finds nothing to close
        with contextlib.suppress(*ERRORS):
            opened.close()
        self._shells.close()

    @contextlib.contextmanager
    def _counted(self, errand: Errand) -> Iterator[None]:
        with self._lock:
            if self._retired:
                raise NoChannel(
                    f"The connection to {self._login} is being replaced; this command was not sent."
                )
            self._under_way.append(errand)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.remove(errand)
            if self._retired:
                self.retire()

    def _assert_alive(self, deadline: float) -> None:
        """Half of the time that is left is for others, who can still do what this one cannot; of too little nothing is
        learnt."""
        left = deadline - time.monotonic()
        if left >= _PROBE and not self._answers(min(_PROBE, left / 2)):
            raise Dead(
                f"{self._login} does not answer any more: a command there may or may not have run."
            )

    def _answers(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with contextlib.suppress(*ERRORS):
            self._new_channel(deadline).close()
        return (
            self._client.is_active() and time.monotonic() < deadline
        )  # a refusal is an answer too

    def _new_channel(self, deadline: float) -> paramiko.Channel:
        """One that sshd grants too late counts at its MaxSessions for ever: paramiko knows nothing of it any more, and
        cannot close it."""
        self._tally.channel()
        try:
            return self._client.open_session(timeout=max(0.1, deadline - time.monotonic()))
        except ERRORS:
            self._leaky |= self._client.is_active() and time.monotonic() >= deadline
            raise

    def _open_shell(self, deadline: float) -> "_Shell":
        try:
            channel = self._new_channel(deadline)
            channel.event = _Until(deadline)
            channel.exec_command(LOGIN_COMMAND)
        except ERRORS as error:
            # Not by its type: paramiko keeps one error for all threads, so that of two refusals one looks like a loss.
            if self._client.is_active() and time.monotonic() < deadline:
                raise ChannelRefused from error
            if self._client.is_active():
                self._suspect = True
                raise Mute(
                    f"{self._login} opened no channel in time; this command was not sent."
                ) from error
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
        with contextlib.suppress(*ERRORS):
            self._channel.close()

    def ask(self, errand: Errand, assert_alive: Callable[[float], None]) -> Answer:
        """Send one framed command and read both streams to the frame's end. Raises ``CommandTimeout``."""
        answer, deadline = Answer(errand.framed), errand.deadline
        with _foreign(self._login):
            self._send(self._unsent + errand.framed.text, deadline)
            self._unsent = b""
            doubt = time.monotonic() + errand.silence
            while not answer.complete:
                until = min(doubt, deadline)
                if not self._news.wait(max(0.0, until - time.monotonic())) and until < deadline:
                    assert_alive(deadline)
                    doubt = deadline
                self._left(deadline)
                self._news.forget()  # before reading: what comes later is news again
                ended = (
                    self.closed
                )  # if so, all that will ever come is there: nobody will tell of anything more
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
            raise CommandTimeout(
                f"{self._login} did not finish a command in time: it may or may not have run."
            )
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
            raise CommandTimeout(
                f"A command on {self._login} printed more than {_MAX_OUTPUT >> 20} MB and was given up."
            )


@contextlib.contextmanager
def _foreign(login: Login) -> Iterator[None]:
    """Turn paramiko's and the network's exceptions into ours: whatever happens in mid-command, nobody knows its outcome."""
    try:
        yield
    except ERRORS as error:
        reason = (
            "it took no more input"
            if isinstance(error, TimeoutError)
            else str(error) or "connection closed"
        )
        raise CommandTimeout(
            f"The connection to {login} broke while a command ran ({reason}): it may or may not have run."
        ) from error
