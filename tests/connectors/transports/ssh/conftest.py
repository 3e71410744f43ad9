"""What the tests of the SSH transport share."""

import base64
import time
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from connectors.transports.host_keys import HostKey
from connectors.transports.ssh import SshTransport
from dssr.errors import (
    HostKeyChanged,
    TransportError,
)
from dssr.seams import Purpose, Transport
from dssr.testing.transport import PATIENCE
from tests.cluster import Cluster, Options

OTHER_KEY = (
    ed25519.Ed25519PrivateKey.generate()
    .private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    .decode()
)


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster for the tests of this file alone."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


def works_again(transport: Transport, timeout: float = PATIENCE) -> bool:
    """Whether commands work again in time, repeated after each error as the bridge does."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            return transport.run(["echo", "well"], timeout=5).stdout == b"well\n"
        except TransportError:
            time.sleep(0.2)
    return False


def key_of(cluster: Cluster) -> HostKey:
    """The login node's key."""
    kind, encoded = cluster.host_key.split()
    return HostKey(kind, base64.b64decode(encoded))


def is_refused(transport: SshTransport) -> str:
    """The words with which a command is refused for the host's key."""
    with pytest.raises(HostKeyChanged) as raised:
        transport.run(["true"], timeout=PATIENCE)
    return raised.value.message


def where(transport: Transport, purpose: Purpose = Purpose.SUBMIT) -> str:
    """The node on which a command runs."""
    return transport.run(["uname", "-n"], timeout=PATIENCE, purpose=purpose).stdout.decode().strip()


def until(rule: Callable[[], bool]) -> bool:
    """Whether that becomes true in time, asked again after each error as the bridge does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if rule():
                return True
        except TransportError:
            pass
        time.sleep(0.1)
    return False
