"""Forwards of paramiko, for machines without the ``ssh`` program: a connection of their own, a Unix
socket for each port, and a channel with two threads for each connection to it."""

import contextlib
import getpass
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import paramiko

from connectors.transports import keys
from connectors.transports.budget import HANDSHAKES, Budget
from connectors.transports.counters import UsageCounter
from connectors.transports.forwarding.keeper import Keeper
from connectors.transports.forwarding.refusals import forbidden, unreachable
from connectors.transports.forwarding.sockets import SocketForwards, checked
from connectors.transports.forwarding.words import Forward, ForwardSettings
from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_words import printable
from connectors.transports.ssh.attempt import Attempt, Session
from connectors.transports.ssh.handshake import PROHIBITED
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.paramiko_internals import ERRORS
from connectors.transports.trust import KnownHostsFile, Pinned, Trust
from dssr.errors import ConnectFailed, SettingsError
from dssr.settings.types import host_and_port

_LOGIN = 30.0  # seconds for a login, and for the answer to a new channel
_WINDOW = 8 << 20  # bytes that the login node may send on a channel before they are read
_PACKET = 255 << 10  # bytes: the largest that OpenSSH sends
_PART = 256 << 10
_BACKLOG = 512
_AGAIN = 0.1  # seconds after a connection that could not be taken
_PORT = 22
_PREFIX = "ssh://"


class ParamikoForwards(SocketForwards):
    """See ``dssr.seams.Forwards``."""

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        """Raises ``SettingsError``."""
        super().__init__(checked(folder), ParamikoKeeper(ForwardSettings.parse(settings)))


class ParamikoKeeper(Keeper):
    """The connection, or the attempts to have one. Safe to use from many threads."""

    def __init__(self, settings: ForwardSettings) -> None:
        """Raises ``SettingsError``."""
        super().__init__(settings.hosts, _LOGIN)
        self._logins_to = logins(settings)
        self._budget = Budget(HANDSHAKES, time.monotonic)
        self._session: Session | None = None
        self._listeners: dict[Forward, socket.socket] = {}
        self.start()

    def stay(self, host: str) -> str:
        """See ``Keeper``."""
        attempt = Attempt(self._logins_to[host], _LOGIN / 2, self._budget, UsageCounter())
        self._session = session = attempt.log_in()
        try:
            self.established()
            while session.client.is_active() and not self._stopping:
                session.client.join(1)
        finally:
            self._end(session)
        return str(session.client.get_exception() or "it was closed")

    def _end(self, session: Session) -> None:
        self.ended()
        with self._changed:
            for forward in list(self._listeners):
                self.drop(forward)
        with contextlib.suppress(*ERRORS):
            session.opened.close()

    def make(self, forwards: Sequence[Forward]) -> None:
        """See ``Keeper``."""
        session = self._session
        assert session is not None
        for forward in forwards:
            listener = self._listeners[forward] = _listener(Path(forward.path))
            words = (listener, session.client, forward)
            threading.Thread(target=self._accept, args=words, daemon=True).start()

    def drop(self, forward: Forward) -> None:
        """See ``Keeper``."""
        listener = self._listeners.pop(forward)
        Path(forward.path).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        listener.close()

    def cut(self) -> None:
        """See ``Keeper``."""
        if self._session:
            self._session.client.close()

    def _accept(
        self, listener: socket.socket, client: paramiko.Transport, forward: Forward
    ) -> None:
        while True:
            try:
                accepted = listener.accept()[0]
            except OSError:
                if self._listeners.get(forward) is not listener:
                    return
                time.sleep(_AGAIN)  # no more files can be opened now
                continue
            words = (accepted, client, forward)
            threading.Thread(target=self._carry, args=words, daemon=True).start()

    def _carry(self, accepted: socket.socket, client: paramiko.Transport, forward: Forward) -> None:
        """One connection, from its channel to its end."""
        with accepted:
            try:
                channel = client.open_channel(
                    "direct-tcpip",
                    (forward.host, forward.port),
                    ("127.0.0.1", 0),
                    window_size=_WINDOW,
                    max_packet_size=_PACKET,
                    timeout=_LOGIN,
                )
            except ERRORS as error:
                self._refusals.append((time.monotonic(), self._why(error)))
                return
            try:
                both_ways(accepted, channel)
            finally:
                _close(channel)

    def _why(self, error: Exception) -> str:
        code = error.code if isinstance(error, paramiko.ChannelException) else 0
        if code == PROHIBITED:
            return forbidden(self._host)
        return unreachable(self._host, printable(str(getattr(error, "text", error))))


def _listener(path: Path) -> socket.socket:
    """Raises ``ConnectFailed``, as when no more files can be opened."""
    with contextlib.ExitStack() as opened:
        try:
            path.unlink(missing_ok=True)
            listener = opened.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(_BACKLOG)
        except OSError as error:
            raise ConnectFailed(f"No socket can be made at {path}: {error.strerror}.") from error
        opened.pop_all()
        return listener


def both_ways(accepted: socket.socket, channel: paramiko.Channel) -> None:
    """Move bytes until both sides have ended. The end of one is passed on to the other; where one
    is broken, the other is closed."""

    def there() -> None:
        buffer = memoryview(bytearray(_PART))
        try:
            while count := accepted.recv_into(buffer):
                channel.sendall(buffer[:count])  # type: ignore[arg-type]  # takes any buffer
            channel.shutdown_write()
        except ERRORS:  # the other thread may wait for bytes that never come
            _close(channel)

    def back() -> None:
        while part := channel.recv(_PART):
            accepted.sendall(part)
        accepted.shutdown(socket.SHUT_WR)

    sending = threading.Thread(target=there, daemon=True)
    sending.start()
    try:
        back()
    except ERRORS:  # one of the two is broken
        _close(channel)
        with contextlib.suppress(OSError):
            accepted.shutdown(socket.SHUT_RDWR)
    sending.join()


def _close(channel: paramiko.Channel) -> None:
    with contextlib.suppress(*ERRORS):  # its connection may have ended
        channel.close()


def logins(settings: ForwardSettings) -> Mapping[str, Login]:
    """How to log in to each of the hosts. Raises ``SettingsError``."""
    if settings.user_configuration:
        raise SettingsError([
            "There is no program ssh, which alone reads ssh's configuration: install OpenSSH's "
            "client, or set JARVICE_SLURM_SSH_PKEY and JARVICE_SLURM_SSH_HOST_KEY."
        ])  # fmt: skip
    key, verifier = _key(settings), HostKeyVerifier(_trust(settings))
    user = settings.user or getpass.getuser()
    hops = settings.jump.split(",") if settings.jump else []
    of_hops = [keys.private_key(text) for text in settings.jump_keys]
    jumps = tuple(
        _login(hop, 0, user, own or key, verifier, is_jump=True)
        for hop, own in zip_longest(hops, of_hops[: len(hops)])
    )
    return {
        host: _login(host.removeprefix(_PREFIX), settings.port, user, key, verifier, jumps)
        for host in settings.hosts
    }


def _key(settings: ForwardSettings) -> keys.PrivateKey:
    try:
        return keys.private_key((*settings.keys, "")[0] or Path(settings.identity).read_text())
    except OSError as error:
        raise SettingsError([f"There is no key to log in with: {error}."]) from error


def _login(
    place: str,
    port: int,
    user: str,
    key: keys.PrivateKey,
    verifier: HostKeyVerifier,
    jumps: tuple[Login, ...] = (),
    *,
    is_jump: bool = False,
) -> Login:
    own, _, address = place.rpartition("@")
    host, given = host_and_port(address)
    return Login(host, given or port or _PORT, own or user, key, verifier, jumps, is_jump)


def _trust(settings: ForwardSettings) -> Trust:
    if settings.trusted:
        return Pinned(",".join(settings.trusted))
    return KnownHostsFile(settings.known_hosts)


plugin = ParamikoForwards
