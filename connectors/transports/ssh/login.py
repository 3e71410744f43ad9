"""Connecting, checking the host's key, logging in; and what can go wrong with each, in words for an operator."""

import contextlib
import io
import logging
import socket
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import paramiko

from connectors.transports import keys
from connectors.transports.budget import Budget
from connectors.transports.counters import Tally
from dssr.errors import ConnectFailed, HostKeyRefused, LoginRefused, TransportError

log = logging.getLogger(__name__)

_KEEPALIVE = 15  # seconds; firewalls forget idle connections after a few minutes
# Seconds after which TCP gives up a connection that takes nothing: paramiko's writes wait for ever. The next retransmission
# comes after twice as long as the outage has lasted, so more would be felt after the network's return.
_UNACKNOWLEDGED = 4
_PROHIBITED, _CONNECT_FAILED = 1, 2  # RFC 4254, 5.1
_KNOCK = 2.0  # seconds for TCP to connect; the next attempt follows at once, so the host is asked each second (tcp(7))
_PARAMIKO_KEYS: dict[str, Any] = {"ed25519": paramiko.Ed25519Key, "ecdsa": paramiko.ECDSAKey, "rsa": paramiko.RSAKey}


@dataclass(frozen=True)
class Login:
    """Where to log in and as whom. ``host_key``: the setting's text; nothing is sent to a host that has another."""

    host: str
    port: int
    user: str
    key: keys.PrivateKey
    host_key: str
    jumps: tuple["Login", ...] = ()  # hosts to go through, in this order
    is_jump: bool = False

    @property
    def place(self) -> str:
        """The host as errors name it."""
        return f"jump host {self.host}" if self.is_jump else self.host

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    @property
    def settings(self) -> tuple[str, str, str]:
        """Where an operator looks: the settings for the address, the user and the key."""
        if self.is_jump:
            return "JARVICE_SLURM_SSH_JUMP", "JARVICE_SLURM_SSH_JUMP", "JARVICE_SLURM_SSH_JUMP_PKEY"
        return "JARVICE_SLURM_CLUSTER_ADDR, JARVICE_SLURM_CLUSTER_PORT", "JARVICE_SLURM_SSH_USER", "JARVICE_SLURM_SSH_PKEY"

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


@dataclass(frozen=True)
class Session:
    """A logged-in connection; ``opened.close()`` ends it, and those that it goes through."""

    client: paramiko.Transport
    opened: contextlib.ExitStack


class Attempt:
    """One attempt after the other to log in, until one succeeds. ``state``: what it waits for, as an error would say it."""

    def __init__(self, login: Login, patience: float, budget: Budget, tally: Tally) -> None:
        """``patience``: seconds for each host to answer as SSH, and as long again to let the user in."""
        self._login, self._patience, self._budget, self._tally = login, patience, budget, tally
        self.state = f"{login} could not be reached in time."

    def log_in(self) -> Session:
        """Connect, check the host's key, log in. Nothing is sent to a host whose key is not the expected one.

        Raises ``ConnectFailed``, ``LoginRefused``, ``HostKeyRefused``.
        """
        with contextlib.ExitStack() as opened:
            sock: socket.socket | paramiko.Channel = self._connect()
            for hop, following in pairwise((*self._login.jumps, self._login)):
                client = self._log_in(sock, hop)
                opened.callback(client.close)
                self._budget.check(following.address)
                sock = _forwarded(client, hop, following, self._patience)
            client = self._log_in(sock, self._login)
            opened.callback(client.close)
            return Session(client, opened.pop_all())

    def _connect(self) -> socket.socket:
        first = (*self._login.jumps, self._login)[0]
        self._budget.check(first.address)
        self.state = f"Cannot connect to {first.place} port {first.port}: it did not answer in time."
        return _connect_tcp(first)

    def _log_in(self, sock: socket.socket | paramiko.Channel, hop: Login) -> paramiko.Transport:
        self._budget.spend(hop.address)
        self._tally.connection()
        self.state = f"{hop.place} port {hop.port} takes connections, but did not answer as SSH in time."
        try:
            return _log_in(sock, hop, self._patience)
        except TransportError:
            raise
        except Exception as error:  # what a broken server can do to paramiko is not written anywhere
            log.debug("logging in to %s failed", hop, exc_info=True)
            raise ConnectFailed(f"SSH with {hop.place} port {hop.port} fails: {error!r}.") from error


def _forwarded(client: paramiko.Transport, hop: Login, following: Login, patience: float) -> paramiko.Channel:
    """A connection from a jump host to the next host (RFC 4254, 7.2)."""
    try:
        return client.open_channel(
            "direct-tcpip", (following.host.strip("[]"), following.port), ("127.0.0.1", 0), timeout=patience
        )
    except (paramiko.SSHException, OSError, EOFError) as error:
        code = error.code if isinstance(error, paramiko.ChannelException) else 0
        reason = str(error) or type(error).__name__
        if code == _PROHIBITED:
            reason = "it forwards no connections there; check AllowTcpForwarding and PermitOpen in its sshd_config"
        elif code == _CONNECT_FAILED:
            reason = f"it cannot connect there itself; check the address in {following.settings[0]}"
        raise ConnectFailed(f"No way from {hop.place} to {following.place} port {following.port}: {reason}.") from error


def _log_in(sock: socket.socket | paramiko.Channel, login: Login, patience: float) -> paramiko.Transport:
    client = paramiko.Transport(sock)
    client.daemon = True
    try:
        client.banner_timeout = client.auth_timeout = patience
        _prefer_expected(client, login)
        client.start_client(timeout=patience)
        if not client.initial_kex_done:  # paramiko returns as if all were well when its time is over
            raise ConnectFailed(
                f"{login.place} port {login.port} takes connections, but did not answer as SSH within {patience:.0f} s."
            )
        _check_host_key(login, client.get_remote_server_key())
        client.auth_publickey(login.user, _PARAMIKO_KEYS[login.key.kind].from_private_key(io.StringIO(login.key.openssh)))
        client.set_keepalive(_KEEPALIVE)
        return client
    except (paramiko.SSHException, OSError, EOFError) as error:
        client.close()
        raise _login_error(login, error) from error
    except BaseException:
        client.close()
        raise


def _prefer_expected(client: paramiko.Transport, login: Login) -> None:
    """Ask the server for a host key of a type that the setting names: it may have several."""
    types = [t for t in keys.key_types(login.host_key) if t in client.preferred_keys or t == "ssh-rsa"]
    if types:
        rsa_too = ["rsa-sha2-512", "rsa-sha2-256"] if "ssh-rsa" in types else []
        client.get_security_options().key_types = [t for t in types if t != "ssh-rsa"] + rsa_too


def _connect_tcp(login: Login) -> socket.socket:
    try:
        sock = socket.create_connection((login.host.strip("[]"), login.port), _KNOCK)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that cannot be one, such as 'a..b'
        reason = (
            "it did not answer in time" if isinstance(error, TimeoutError) else getattr(error, "strerror", "") or str(error)
        )
        raise ConnectFailed(
            f"Cannot connect to {login.place} port {login.port}: {reason}. Check {login.settings[0]} and the network."
        ) from error
    # Without it Nagle's algorithm and delayed ACKs cost each command 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: tcp(7)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED * 1000)
    return sock


def _check_host_key(login: Login, key: paramiko.PKey) -> None:
    shown = f"{key.get_name()} {key.get_base64()}"
    if not login.host_key:
        raise HostKeyRefused(
            f"Nothing says which host key {login.place} has, so nothing was sent to it. It presents the key below; if its "
            f"administrator confirms that ({keys.fingerprint(key.asbytes())}), set\n"
            f"    export JARVICE_SLURM_SSH_HOST_KEY='{shown}'"
        )
    if not keys.host_key_matches(login.host_key, key.get_name(), key.asbytes()):
        raise HostKeyRefused(
            f"{login.place} presents another host key than JARVICE_SLURM_SSH_HOST_KEY: {shown} "
            f"({keys.fingerprint(key.asbytes())}). Somebody may be in between, or the host was reinstalled: ask its "
            "administrator before you change the setting. Nothing was sent to it. (A host has several keys; a fingerprint "
            "alone must be of the one shown here.)"
        )


def _login_error(login: Login, error: Exception) -> TransportError:
    if isinstance(error, paramiko.AuthenticationException) and "timeout" not in str(error):
        return LoginRefused(
            f"{login.place} does not let {login.user!r} in with the key in {login.settings[2]}: check "
            f"{login.settings[1]}, and that the public key stands in that user's ~/.ssh/authorized_keys. The next try "
            "is made only after a pause, since hosts ban clients that keep failing."
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return HostKeyRefused(
            f"{login.place} and the bridge have no host key type, cipher or key exchange in common ({error}): check that "
            "JARVICE_SLURM_SSH_HOST_KEY is of a type that the host has. No login was tried."
        )
    reason = str(error) or "it closed the connection"
    if "banner" in reason:
        reason = "it does not greet as sshd does, or not in time (has it reached its MaxStartups?)"
    return ConnectFailed(f"{login.place} port {login.port} takes connections, but SSH with it fails: {reason}.")
