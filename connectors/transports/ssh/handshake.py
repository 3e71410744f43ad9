"""From connecting to a host until it has proved its host key.

Nothing of the bridge's has been sent by then, not even a user name.
"""

import socket
import time
from collections.abc import Sequence
from typing import Any

import paramiko

from connectors.transports.addresses import Addresses, cause
from connectors.transports.host_keys import HostKey
from connectors.transports.host_words import FORWARDS_NOTHING, printable
from connectors.transports.ssh.arrivals import ReadAheadSocket
from connectors.transports.ssh.login import Login
from connectors.transports.ssh.paramiko_internals import (
    ERRORS,
    handshake_is_done,
    is_no_greeting,
    is_unproven_key,
    limit_handshake,
)
from dssr.errors import ConnectFailed, HostKeyRefused, TransportError

# Seconds after which a connection that takes no data is given up; paramiko's writes have no limit.
# TCP repeats a packet after twice the length of the outage, so a larger value would be felt after
# the network's return.
_UNACKNOWLEDGED = 4
PROHIBITED, CONNECT_FAILED = 1, 2  # reasons for a channel not opened (RFC 4254, 5.1)
_CONNECT_TIMEOUT = 2.0  # seconds; the next attempt follows, so SYNs go out each second (tcp(7))
_ADDRESSES = Addresses()  # shared by all connections
_WINDOW = 2 << 20  # bytes that a host may send on a channel before they are read
_PACKET = 128 << 10  # bytes; with paramiko's 32 KB, a file takes as long again
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # the signatures of an ssh-rsa key (RFC 8332)


class NoCommonAlgorithm(HostKeyRefused):
    """The host has no key of the accepted types, or shares no cipher or key exchange with us."""


class HostKeyUnproven(HostKeyRefused):
    """The host presents a key and cannot prove that it owns it."""


class ForwardedConnection:
    """A connection through a jump host, used as a socket.

    It ends when it takes no data for some seconds, as our TCP connections do. Without that,
    paramiko's writes and all callers with something to send would wait for ever.
    """

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel
        self._stuck_since = 0.0  # ``time.monotonic``; 0 while data is taken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def send(self, data: bytes) -> int:
        """As a socket's. Raises ``TimeoutError``, after which paramiko calls it again, and
        ``EOFError`` when the connection has ended."""
        try:
            sent = self._channel.send(data)
        except TimeoutError:
            now = time.monotonic()
            self._stuck_since = self._stuck_since or now
            if now - self._stuck_since < _UNACKNOWLEDGED:
                raise
            self._channel.close()
            raise EOFError from None
        self._stuck_since = 0.0
        return sent


SocketLike = socket.socket | ForwardedConnection


def connect(login: Login) -> socket.socket:
    """Open a TCP connection to the host. Raises ``ConnectFailed``."""
    try:
        sock = _ADDRESSES.connection(login.host.strip("[]"), login.port, _CONNECT_TIMEOUT)
    except (OSError, UnicodeError) as error:  # UnicodeError: an impossible name, such as 'a..b'
        raise ConnectFailed(
            f"Cannot connect to {login.label} port {login.port}: {cause(error)}. Check "
            f"{login.settings[0]} and the network."
        ) from error
    # Otherwise Nagle's algorithm and delayed ACKs cost each command 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: tcp(7)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED * 1000)
    return sock


def connect_through(
    client: paramiko.Transport, hop: Login, following: Login, timeout: float
) -> ForwardedConnection:
    """Open a connection from the jump host ``hop`` to the next host (RFC 4254, 7.2).
    ``timeout``: seconds. Raises ``ConnectFailed``."""
    destination, origin = (following.host.strip("[]"), following.port), ("127.0.0.1", 0)
    try:
        channel = client.open_channel("direct-tcpip", destination, origin, timeout=timeout)
    except ERRORS as error:
        code = error.code if isinstance(error, paramiko.ChannelException) else 0
        reason = printable(str(error)) or type(error).__name__
        if code == PROHIBITED:
            reason = FORWARDS_NOTHING
        elif code == CONNECT_FAILED:
            reason = f"it cannot connect there itself; check the address in {following.settings[0]}"
        raise ConnectFailed(
            f"No way from {hop.label} to {following.label} port {following.port}: {reason}."
        ) from error
    return ForwardedConnection(channel)


def exchange_keys(
    sock: SocketLike, login: Login, kinds: Sequence[str], timeout: float
) -> paramiko.Transport:
    """Agree on session keys; on return the host has proved that it owns its host key.

    ``kinds``: the accepted types of host keys; the host proves the first of them that it has.
    ``timeout``: seconds. Raises ``ConnectFailed``, ``NoCommonAlgorithm``, ``HostKeyUnproven``; the
    connection is closed then.
    """
    client = paramiko.Transport(
        ReadAheadSocket(sock),  # type: ignore[arg-type]  # takes what behaves as a socket
        default_window_size=_WINDOW,
        default_max_packet_size=_PACKET,
    )
    client.daemon = True
    try:
        limit_handshake(client, _algorithms(kinds), timeout, _UNACKNOWLEDGED)
        client.start_client(timeout=timeout)
        if not handshake_is_done(client):
            raise ConnectFailed(
                f"{login.label} port {login.port} takes connections, but did not answer as SSH "
                f"within {timeout:.0f} s."
            )
        return client
    except ERRORS as error:
        client.close()
        raise _handshake_error(login, error) from error
    except BaseException:
        client.close()
        raise


def presented_key(client: paramiko.Transport) -> HostKey:
    """The host key that the host has proved to own."""
    key = client.get_remote_server_key()
    return HostKey(key.get_name(), key.asbytes())


def connection_ended(login: Login, error: Exception) -> ConnectFailed:
    """The error for a connection that ended between its greeting and the login."""
    reason = printable(str(error)) or "it closed the connection"
    if is_no_greeting(error):
        reason = "it does not greet as sshd does, or not in time (has it reached its MaxStartups?)"
    return ConnectFailed(
        f"{login.label} port {login.port} takes connections, but SSH with it fails: {reason}."
    )


def _algorithms(kinds: Sequence[str]) -> list[str]:
    return [algorithm for kind in kinds for algorithm in (_RSA if kind == "ssh-rsa" else (kind,))]


def _handshake_error(login: Login, error: Exception) -> TransportError:
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return NoCommonAlgorithm(
            f"{login.label} and the bridge have no host key type, cipher or key exchange in common "
            f"({printable(str(error))}): Ed25519, ECDSA or RSA host keys will do. No login was "
            "tried."
        )
    if is_unproven_key(error):
        return HostKeyUnproven(
            f"{login.label} presents a host key and cannot prove that it is its own."
        )
    return connection_ended(login, error)
