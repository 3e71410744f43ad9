"""A man in the middle: an SSH server with host keys of its own that accepts every user."""

import base64
import contextlib
import io
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import HostKey
from connectors.transports.keys import private_key
from connectors.transports.ssh import Login
from connectors.transports.trust import Pinned
from tests.cluster import Cluster
from tests.connectors.transports.ssh.listening import Listening
from tests.faults.relay import Relay

_WORDS = {
    "ssh-ed25519": ["-t", "ed25519"],
    "ecdsa-sha2-nistp256": ["-t", "ecdsa", "-b", "256"],
    "ssh-rsa": ["-t", "rsa", "-b", "2048"],
}
_CLASSES: dict[str, Any] = {
    "ssh-ed25519": paramiko.Ed25519Key,
    "ecdsa-sha2-nistp256": paramiko.ECDSAKey,
    "ssh-rsa": paramiko.RSAKey,
}
# The messages of a key exchange (RFC 4253, 12; RFC 5656, 10). They say nothing about a user.
HARMLESS = {
    1: "disconnect",
    2: "ignore",
    4: "debug",
    20: "kexinit",
    21: "newkeys",
    30: "kex",
    32: "kex",
    34: "kex",
}


@cache
def pair(kind: str, which: int = 0) -> tuple[str, HostKey]:
    """A key pair by ssh-keygen, the same one for the same arguments: private text and public
    key."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "key"
        # paramiko cannot read some ECDSA keys without a comment
        words: list[str | Path] = ["-N", "", "-C", "comment", "-f", path]
        subprocess.run(["ssh-keygen", "-q", *_WORDS[kind], *words], check=True)
        return path.read_text(), HostKey(
            kind, base64.b64decode(path.with_suffix(".pub").read_text().split()[1])
        )


def made(kind: str, which: int = 0) -> HostKey:
    """A host key of that kind."""
    return pair(kind, which)[1]


class _Welcome(paramiko.ServerInterface):
    """Accepts every user, key and command and notes them in ``received``. ``consider``: called
    before a key is accepted."""

    def __init__(self, received: list[str], consider: Callable[[], None]) -> None:
        self._received, self._consider = received, consider

    def get_allowed_auths(self, username: str) -> str:
        self._received.append(f"user {username}")
        return "publickey,password"

    def check_auth_none(self, username: str) -> int:
        self._received.append(f"none {username}")
        return AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._received.append(f"key {username}")
        self._consider()
        return AUTH_SUCCESSFUL

    def check_auth_password(self, username: str, password: str) -> int:
        self._received.append(f"password {username}")
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self._received.append(f"channel {kind}")
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._received.append(f"command {command!r}")
        return True


class Impostor(Listening):
    """Accepts all connections.

    :ivar received: every user, key, password, channel and command that it received.
    :ivar messages: the numbers of all SSH messages that it received.
    :ivar endings: how many of the next connections end at the login, without an answer.
    """

    def __init__(self, *kinds: str, which: int = 1, claims: HostKey | None = None) -> None:
        """``claims``: a key that it presents as its own and of which it has only the public
        part."""
        self._keys = [
            _CLASSES[kind].from_private_key(io.StringIO(pair(kind, which)[0])) for kind in kinds
        ]
        for key in self._keys if claims else ():
            key.asbytes = lambda: claims.blob if claims else b""
        self.endings = 0
        self.received: list[str] = []
        self.messages: list[int] = []
        super().__init__()

    @property
    def learnt_nothing(self) -> bool:
        """Whether no client sent it a user name, a signature or a command."""
        return self.received == [] and set(self.messages) <= set(HARMLESS)

    def _serve(self, near: socket.socket) -> None:
        transport = self._begin(near)
        for key in self._keys:
            transport.add_server_key(key)
        read = transport.packetizer.read_message

        def noting() -> Any:
            number, message = read()
            self.messages.append(number)
            return number, message

        transport.packetizer.read_message = noting  # type: ignore[method-assign]
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=_Welcome(self.received, lambda: self._end(near)))

    def _end(self, near: socket.socket) -> None:
        if self.endings:
            self.endings -= 1
            near.shutdown(socket.SHUT_RDWR)


class Detour(Relay):
    """A way to a host that a test can redirect."""

    def aim(self, host: str, port: int) -> None:
        """Lead new connections to this host, and cut the others."""
        self._target = (host, port)
        self.cut_now()


@pytest.fixture
def way(cluster: Cluster) -> Iterator[Detour]:
    """The way to the login node."""
    detour = Detour(cluster.address, cluster.port)
    yield detour
    detour.close()


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    """An impostor with an Ed25519 key, the login node's type."""
    server = Impostor("ssh-ed25519")
    yield server
    server.close()


@pytest.fixture
def welcomed(impostor: Impostor) -> Login:
    """A login at the impostor that trusts its key."""
    verifier = HostKeyVerifier(Pinned(made("ssh-ed25519", 1).text))
    return Login(
        "127.0.0.1", impostor.port, "jarvice", private_key(pair("ssh-ed25519", 2)[0]), verifier
    )
