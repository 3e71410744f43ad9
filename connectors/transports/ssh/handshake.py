"""Connecting to a host until it has shown its key: nothing of ours has been sent by then, not even a user's name."""

import socket
import time
from collections.abc import Sequence
from typing import Any

import paramiko

from connectors.transports.addresses import Addresses
from connectors.transports.host_keys import HostKey
from connectors.transports.ssh.login import Login
from dssr.errors import ConnectFailed, HostKeyRefused, TransportError

ERRORS = (paramiko.SSHException, OSError, EOFError)  # what paramiko raises
# Seconds after which TCP gives up a connection that takes nothing: paramiko's writes wait for ever. The next retransmission
# comes after twice as long as the outage has lasted, so more would be felt after the network's return.
_UNACKNOWLEDGED = 4
_PROHIBITED, _CONNECT_FAILED = 1, 2  # RFC 4254, 5.1
_KNOCK = 2.0  # seconds for TCP to connect; the next attempt follows at once, so the host is asked each second (tcp(7))
_ADDRESSES = Addresses()  # of all hosts, for all who connect to them
_LONGEST = 300  # characters of what a host says that stand in an error
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # the signatures of an ssh-rsa key (RFC 8332)


class NothingInCommon(HostKeyRefused):
    """The host has no key of the types that it was asked for, or no cipher or key exchange that both sides know."""


class NotItsOwn(HostKeyRefused):
    """The host presents a key whose private part it has not."""


class Forwarded:
    """A connection through a jump host. It ends when it takes nothing for some seconds, as TCP has those end that lead
    there: paramiko's writes wait for ever, and with them all who have anything to send."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel
        self._stuck = 0.0  # since when (``time.monotonic``); 0 while it takes what it is given

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def send(self, data: bytes) -> int:
        """As a socket's; it is called again after each ``TimeoutError``."""
        try:
            sent = self._channel.send(data)
        except TimeoutError:
            now = time.monotonic()
            self._stuck = self._stuck or now
            if now - self._stuck < _UNACKNOWLEDGED:
                raise
            self._channel.close()
            raise EOFError from None
        self._stuck = 0.0
        return sent


Stream = socket.socket | Forwarded


def connect(login: Login) -> socket.socket:
    """A TCP connection. Raises ``ConnectFailed``."""
    try:
        sock = _ADDRESSES.connection(login.host.strip("[]"), login.port, _KNOCK)
    except (
        OSError,
        UnicodeError,
    ) as error:  # UnicodeError: a name that cannot be one, such as 'a..b'
        reason = (
            "it did not answer in time"
            if isinstance(error, TimeoutError)
            else getattr(error, "strerror", "") or str(error)
        )
        raise ConnectFailed(
            f"Cannot connect to {login.place} port {login.port}: {reason}. Check {login.settings[0]} and the network."
        ) from error
    # Without it Nagle's algorithm and delayed ACKs cost each command 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: tcp(7)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED * 1000)
    return sock


def forwarded(
    client: paramiko.Transport, hop: Login, following: Login, patience: float
) -> Forwarded:
    """A connection from a jump host to the next host (RFC 4254, 7.2). Raises ``ConnectFailed``."""
    try:
        way = (following.host.strip("[]"), following.port), ("127.0.0.1", 0)
        return Forwarded(client.open_channel("direct-tcpip", *way, timeout=patience))
    except ERRORS as error:
        code = error.code if isinstance(error, paramiko.ChannelException) else 0
        reason = printable(str(error)) or type(error).__name__
        if code == _PROHIBITED:
            reason = "it forwards no connections there; check AllowTcpForwarding and PermitOpen in its sshd_config"
        elif code == _CONNECT_FAILED:
            reason = f"it cannot connect there itself; check the address in {following.settings[0]}"
        raise ConnectFailed(
            f"No way from {hop.place} to {following.place} port {following.port}: {reason}."
        ) from error


def greet(
    stream: Stream, login: Login, kinds: Sequence[str], patience: float
) -> paramiko.Transport:
    """Agree with the host on keys for the connection; it has then proved to own its host key, which is of one of ``kinds``,
    the first that it has. Raises ``ConnectFailed``, ``NothingInCommon``, ``NotItsOwn``; the stream is closed then."""
    client = paramiko.Transport(stream)  # type: ignore[arg-type]  # one that is forwarded is as good as a channel
    client.daemon = True
    try:
        client.banner_timeout = client.auth_timeout = patience
        client.clear_to_send_timeout = (
            _UNACKNOWLEDGED  # while keys are agreed on anew; 30 of its own
        )
        client.get_security_options().key_types = _algorithms(kinds)
        client.start_client(timeout=patience)
        if (
            not client.initial_kex_done
        ):  # paramiko returns as if all were well when its time is over
            raise ConnectFailed(
                f"{login.place} port {login.port} takes connections, but did not answer as SSH within {patience:.0f} s."
            )
        return client
    except ERRORS as error:
        client.close()
        raise _error(login, error) from error
    except BaseException:
        client.close()
        raise


def presented(client: paramiko.Transport) -> HostKey:
    """The key that the host has proved to own."""
    key = client.get_remote_server_key()
    return HostKey(key.get_name(), key.asbytes())


def printable(words: str) -> str:
    """What a host has said, before anybody has looked who it is: one line that moves no cursor of a terminal."""
    return "".join(c if c.isprintable() else "?" for c in words)[:_LONGEST]


def _algorithms(kinds: Sequence[str]) -> list[str]:
    return [algorithm for kind in kinds for algorithm in (_RSA if kind == "ssh-rsa" else (kind,))]


def _error(login: Login, error: Exception) -> TransportError:
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return NothingInCommon(
            f"{login.place} and the bridge have no host key type, cipher or key exchange in common "
            f"({printable(str(error))}): Ed25519, ECDSA or RSA host keys will do. No login was tried."
        )
    if "Signature verification" in str(error):
        return NotItsOwn(f"{login.place} presents a host key and cannot prove that it is its own.")
    return broken(login, error)


def broken(login: Login, error: Exception) -> ConnectFailed:
    """What to say of a connection that ends while one logs in."""
    reason = printable(str(error)) or "it closed the connection"
    if "banner" in reason:
        reason = "it does not greet as sshd does, or not in time (has it reached its MaxStartups?)"
    return ConnectFailed(
        f"{login.place} port {login.port} takes connections, but SSH with it fails: {reason}."
    )
