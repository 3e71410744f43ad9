"""The SSH transport: one connection to a login node, a few long-lived remote shells on it, commands fed to them.

The only place that knows paramiko; its exceptions become this project's here and nowhere else. A long-lived shell spares each
command the opening of a channel: some milliseconds, and two round trips on a slow link.
"""

import contextlib
import io
import logging
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import paramiko

from connectors.transports import keys
from connectors.transports.backoff import Backoff
from connectors.transports.framing import LOGIN_COMMAND, Answer, Frame, frame
from dssr.errors import CommandTimeout, ConnectFailed, HostKeyRefused, LoginRefused, TransportError
from dssr.seams import Completed

log = logging.getLogger(__name__)

_KEEPALIVE = 15  # seconds; firewalls forget idle connections after a few minutes
_MAX_SHELLS = 8  # sshd's MaxSessions is 10 by default, and it frees a slot later than the client thinks
_IDLE_SHELL = 60.0  # seconds after which an unused shell is given back to the login node
_MAX_OUTPUT = 64 << 20  # bytes of one answer; nothing the bridge asks for is near it
_REFUSED_PAUSE = 0.05  # seconds before an open that sshd refused is tried again
_PARAMIKO_KEYS: dict[str, Any] = {"ed25519": paramiko.Ed25519Key, "ecdsa": paramiko.ECDSAKey, "rsa": paramiko.RSAKey}


@dataclass(frozen=True)
class Login:
    """Where to log in and as whom. ``host_key``: the setting's text; nothing is sent to a host that has another."""

    host: str
    port: int
    user: str
    key: keys.PrivateKey
    host_key: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


class SshTransport:
    """Runs commands on a login node. Connects when first needed, and again when the connection was lost."""

    def __init__(self, login: Login, *, prelude: str = "", connect_timeout: float = 8.0) -> None:
        """``prelude``: shell text run once in each new remote shell. ``connect_timeout``: seconds for the network,
        and as long again for logging in."""
        self._login, self._prelude, self._connect_timeout = login, prelude.encode(), connect_timeout
        self._connecting = threading.Lock()
        self._backoff = Backoff(time.monotonic)
        self._connection: _Connection | None = None
        self._closed = False

    def run(self, argv: Sequence[str], *, input: bytes | None = None, timeout: float) -> Completed:
        """See ``dssr.seams.Transport``."""
        framed = frame(argv, input)
        deadline = time.monotonic() + timeout
        connection = self._connected(deadline)
        try:
            answer = connection.ask(framed, deadline)
        except TransportError as error:
            log.warning("%s: %s: %s", self._login, argv[0], error.message)
            raise
        return Completed(tuple(argv), answer.returncode, answer.stdout.inside, answer.stderr.inside)

    def close(self) -> None:
        """See ``dssr.seams.Transport``."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _connected(self, deadline: float) -> "_Connection":
        if not self._connecting.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise ConnectFailed(f"{self._login} did not answer in time.")
        try:
            if self._closed:
                raise ConnectFailed("The bridge is closing.")
            if self._connection is None or not self._connection.alive:
                self._backoff.check()
                self._connection = self._connect(min(self._connect_timeout, deadline - time.monotonic()))
            return self._connection
        finally:
            self._connecting.release()

    def _connect(self, timeout: float) -> "_Connection":
        try:
            client = _open(self._login, max(0.1, timeout))
        except TransportError as error:
            self._backoff.failed(error)
            log.warning("%s", error.message)
            raise
        self._backoff.succeeded()
        log.info("connected to %s", self._login)
        return _Connection(client, self._login, self._prelude)


class _Connection:
    """An open, logged-in connection and its remote shells."""

    def __init__(self, client: paramiko.Transport, login: Login, prelude: bytes) -> None:
        self._client, self._login, self._prelude = client, login, prelude
        self._slots = threading.BoundedSemaphore(_MAX_SHELLS)
        self._idle: list[_Shell] = []
        self._lock = threading.Lock()
        self._heard = time.monotonic()

    @property
    def alive(self) -> bool:
        return self._client.is_active()

    def ask(self, framed: Frame, deadline: float) -> Answer:
        asked = time.monotonic()
        with self._shell(deadline) as shell:
            try:
                answer = shell.ask(framed, deadline)
            except CommandTimeout:
                # Silence on every channel: the connection is dead, though TCP may not know it for many minutes.
                if self._heard < asked:
                    self.close()
                raise
            self._heard = time.monotonic()
            return answer

    def close(self) -> None:
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            self._client.close()

    @contextlib.contextmanager
    def _shell(self, deadline: float) -> Iterator["_Shell"]:
        if not self._slots.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise ConnectFailed(f"All {_MAX_SHELLS} channels to {self._login} are busy; no command was sent.")
        try:
            shell = self._take() or self._open_shell(deadline)
            try:
                yield shell
            except BaseException:
                shell.close()  # it may still be working, or be out of step
                raise
            self._give_back(shell)
        finally:
            self._slots.release()

    def _take(self) -> "_Shell | None":
        with self._lock:
            oldest = time.monotonic() - _IDLE_SHELL
            stale = [s for s in self._idle if s.used < oldest or s.closed]
            self._idle = [s for s in self._idle if s not in stale]
            taken = self._idle.pop() if self._idle else None
        for shell in stale:
            shell.close()
        return taken

    def _give_back(self, shell: "_Shell") -> None:
        shell.used = time.monotonic()
        with self._lock:
            self._idle.append(shell)

    def _open_shell(self, deadline: float) -> "_Shell":
        while True:
            try:
                channel = self._client.open_session(timeout=max(0.1, deadline - time.monotonic()))
                channel.settimeout(max(0.1, deadline - time.monotonic()))
                channel.exec_command(LOGIN_COMMAND)
                return _Shell(channel, self._login, self._prelude)
            except paramiko.ChannelException as error:
                if (idle := self._take()) is not None:
                    return idle
                if time.monotonic() + _REFUSED_PAUSE > deadline:
                    raise ConnectFailed(f"{self._login} opens no channel ({error.text}); no command was sent.") from error
                time.sleep(_REFUSED_PAUSE)
            except (paramiko.SSHException, OSError, EOFError) as error:
                self.close()
                raise ConnectFailed(f"The connection to {self._login} was lost; no command was sent.") from error


class _Shell:
    """One long-lived remote ``/bin/sh`` on a channel of its own."""

    def __init__(self, channel: paramiko.Channel, login: Login, prelude: bytes) -> None:
        self._channel, self._login, self._unsent = channel, login, prelude
        self._poll = select.poll()
        self._poll.register(channel.fileno(), select.POLLIN)
        self.used = time.monotonic()

    @property
    def closed(self) -> bool:
        return bool(self._channel.closed or self._channel.eof_received)

    def close(self) -> None:
        with contextlib.suppress(paramiko.SSHException, OSError, EOFError):
            self._channel.close()

    def ask(self, framed: Frame, deadline: float) -> Answer:
        """Send one framed command and read both streams to the frame's end. Raises ``CommandTimeout``."""
        answer = Answer(framed)
        with _foreign("the connection broke while a command ran", self._login):
            self._channel.settimeout(max(0.05, deadline - time.monotonic()))
            self._channel.sendall(self._unsent + framed.text)
            self._unsent = b""
            while not answer.complete:
                self._wait(deadline)
                ended = self.closed
                if not self._read(answer) and ended:
                    raise CommandTimeout(f"{self._login} ended the session while a command ran: it may or may not have run.")
        return answer

    def _wait(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not self._poll.poll(left * 1000):
            raise CommandTimeout(f"{self._login} did not answer a command in time: it may or may not have run.")

    def _read(self, answer: Answer) -> int:
        """Take what is there from both streams at once: read one after the other, two large ones would hang."""
        taken = 0
        while self._channel.recv_ready():
            piece = self._channel.recv(1 << 16)
            answer.stdout.feed(piece)
            taken += len(piece)
        while self._channel.recv_stderr_ready():
            piece = self._channel.recv_stderr(1 << 16)
            answer.stderr.feed(piece)
            taken += len(piece)
        if len(answer.stdout) + len(answer.stderr) > _MAX_OUTPUT:
            raise CommandTimeout(f"A command on {self._login} printed more than {_MAX_OUTPUT >> 20} MB and was given up.")
        return taken


def _open(login: Login, timeout: float) -> paramiko.Transport:
    """Connect, check the host's key, log in. Nothing is sent to a host whose key is not the expected one."""
    client = paramiko.Transport(_connect_tcp(login, timeout))
    client.daemon = True
    client.auth_timeout = client.banner_timeout = timeout
    try:
        types = [t for t in keys.key_types(login.host_key) if t in client.preferred_keys or t == "ssh-rsa"]
        if types:
            rsa_too = ["rsa-sha2-512", "rsa-sha2-256"] if "ssh-rsa" in types else []
            client.get_security_options().key_types = [t for t in types if t != "ssh-rsa"] + rsa_too
        client.start_client(timeout=timeout)
        _check_host_key(login, client.get_remote_server_key())
        client.auth_publickey(login.user, _PARAMIKO_KEYS[login.key.kind].from_private_key(io.StringIO(login.key.openssh)))
        client.set_keepalive(_KEEPALIVE)
        return client
    except BaseException as error:
        client.close()
        raise _login_error(login, error) from error


def _connect_tcp(login: Login, timeout: float) -> socket.socket:
    try:
        sock = socket.create_connection((login.host.strip("[]"), login.port), timeout)
    except OSError as error:
        reason = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise ConnectFailed(
            f"Cannot connect to {login.host} port {login.port}: {reason}. Check JARVICE_SLURM_CLUSTER_ADDR, "
            "JARVICE_SLURM_CLUSTER_PORT and the network."
        ) from error
    # Without it Nagle's algorithm and delayed ACKs cost each command 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _check_host_key(login: Login, key: paramiko.PKey) -> None:
    shown = f"{key.get_name()} {key.get_base64()}"
    if not login.host_key:
        raise HostKeyRefused(
            f"Nothing says which host key {login.host} has, so nothing was sent to it. It presents the key below; if its "
            f"administrator confirms that ({keys.fingerprint(key.asbytes())}), set\n"
            f"    export JARVICE_SLURM_SSH_HOST_KEY='{shown}'"
        )
    if not keys.host_key_matches(login.host_key, key.get_name(), key.asbytes()):
        raise HostKeyRefused(
            f"{login.host} presents another host key than JARVICE_SLURM_SSH_HOST_KEY: {shown} "
            f"({keys.fingerprint(key.asbytes())}). Somebody may be in between, or the host was reinstalled: ask its "
            "administrator before you change the setting. Nothing was sent to it."
        )


def _login_error(login: Login, error: BaseException) -> BaseException:
    if isinstance(error, TransportError) or not isinstance(error, paramiko.SSHException | OSError | EOFError):
        return error
    if isinstance(error, paramiko.AuthenticationException):
        return LoginRefused(
            f"{login.host} does not let {login.user!r} in with the key in JARVICE_SLURM_SSH_PKEY: check "
            "JARVICE_SLURM_SSH_USER, and that the public key stands in that user's ~/.ssh/authorized_keys."
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return HostKeyRefused(f"{login.host} has no host key of the type in JARVICE_SLURM_SSH_HOST_KEY: {error}.")
    return ConnectFailed(f"{login.host} port {login.port} answers, but the SSH connection fails: {error or 'closed'}.")


@contextlib.contextmanager
def _foreign(doing: str, login: Login) -> Iterator[None]:
    """Turn paramiko's and the network's exceptions into ours: whatever happens in mid-command, nobody knows its outcome."""
    try:
        yield
    except (TimeoutError, paramiko.SSHException, OSError, EOFError) as error:
        raise CommandTimeout(f"{login}: {doing}: {error or type(error).__name__}. It may or may not have run.") from error
