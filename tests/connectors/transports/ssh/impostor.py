"""A man in the middle: an SSH server with host keys of its own, which notes all that it is sent, and lets everybody in."""

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
# RFC 4253, 12, and RFC 5656, 10: what is needed to agree on keys for a connection, and to end it. Nothing of a user's.
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
    """A key pair as ssh-keygen makes it, the same one for the same words: the private key's text, and the public one."""
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
    """Takes every user and key, and every command; ``told`` has all that they gave away. ``consider``: done before a key is
    taken."""

    def __init__(self, told: list[str], consider: Callable[[], None]) -> None:
        self._told, self._consider = told, consider

    def get_allowed_auths(self, username: str) -> str:
        self._told.append(f"user {username}")
        return "publickey,password"

    def check_auth_none(self, username: str) -> int:
        self._told.append(f"none {username}")
        return AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._told.append(f"key {username}")
        self._consider()
        return AUTH_SUCCESSFUL

    def check_auth_password(self, username: str, password: str) -> int:
        self._told.append(f"password {username}")
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self._told.append(f"channel {kind}")
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._told.append(f"command {command!r}")
        return True


class Impostor(Listening):
    """Takes whoever comes.

    :ivar told: every user, key, password, channel and command that it was given.
    :ivar messages: the numbers of all SSH messages that it was sent.
    :ivar endings: how many of the next connections end when a key is shown, without an answer.
    """

    def __init__(self, *kinds: str, which: int = 1, claims: HostKey | None = None) -> None:
        """``claims``: a key that he presents in place of his own, and of which he has the public part alone."""
        self._keys = [
            _CLASSES[kind].from_private_key(io.StringIO(pair(kind, which)[0])) for kind in kinds
        ]
        for key in self._keys if claims else ():
            key.asbytes = lambda: claims.blob if claims else b""
        self.endings = 0
        self.told: list[str] = []
        self.messages: list[int] = []
        super().__init__()

    @property
    def learnt_nothing(self) -> bool:
        """Whether nobody who came told it anything: no user's name, no signature, no command."""
        return self.told == [] and set(self.messages) <= set(HARMLESS)

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
            transport.start_server(server=_Welcome(self.told, lambda: self._end(near)))

    def _end(self, near: socket.socket) -> None:
        if self.endings:
            self.endings -= 1
            near.shutdown(socket.SHUT_RDWR)


class Detour(Relay):
    """A way to a host that somebody can lead elsewhere, whenever he likes."""

    def aim(self, host: str, port: int) -> None:
        """Lead all who come from now on there; who is on the way is cut off."""
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
    """Who has an Ed25519 key, as the login node has."""
    him = Impostor("ssh-ed25519")
    yield him
    him.close()


@pytest.fixture
def welcomed(impostor: Impostor) -> Login:
    """How to log in to him, for somebody who trusts his key."""
    verifier = HostKeyVerifier(Pinned(made("ssh-ed25519", 1).text))
    return Login(
        "127.0.0.1", impostor.port, "jarvice", private_key(pair("ssh-ed25519", 2)[0]), verifier
    )
