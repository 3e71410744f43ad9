"""Jump hosts, on a real cluster."""

import sys
from pathlib import Path
from typing import Any

import pytest

from connectors.transports.openssh import Hop, HostKeys, Target
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    LoginRefused,
    TransportError,
)
from dssr.testing.transport import PATIENCE, sh, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import (
    ANOTHER_PORT,
    Connect,
    prohibiting,
    target,
)
from tests.connectors.transports.ssh.conftest import OTHER_KEY, works_again

pytestmark = pytest.mark.cluster


def through(site: Cluster, *names: str, **changes: Any) -> Target:
    """The login node behind these hosts; ``changes``: to the first of them."""
    key = site.private_key
    first, *others = (Hop(site.address_of(name), 22, site.user, key) for name in names)
    return target(site, jumps=(Hop(**vars(first) | changes), *others))


def came_from(site: Cluster, connect: Connect, *names: str) -> str:
    """The host from which the login node is reached."""
    transport = connect(through(site, *names))
    return sh(transport, "echo ${SSH_CONNECTION%% *}").stdout.decode().strip()


def test_one_and_a_chain(site: Cluster, connect: Connect) -> None:
    """Commands go through one jump host and through a chain of them."""
    assert came_from(site, connect, "jump") == site.address_of("jump")
    assert came_from(site, connect, "jump", "login2") == site.address_of("login2")
    assert came_from(site, connect, "login2", "jump") == site.address_of("jump")


def test_those_of_the_users_configuration(site: Cluster, connect: Connect, tmp_path: Path) -> None:
    """A chain of jump hosts of the user's own configuration is used."""
    (tmp_path / "key").write_text(site.private_key)
    (tmp_path / "key").chmod(0o600)
    keys = "".join(f"* {site.host_key_of(name)}\n" for name in ("login", "login2", "jump"))
    (tmp_path / "known").write_text(keys)
    (tmp_path / "config").write_text(
        f"Host hpc\n HostName {site.address}\n"
        f" ProxyJump gate,{site.user}@{site.address_of('login2')}:22\n"
        f"Host gate\n HostName {site.address_of('jump')}\n"
        f"Host *\n User {site.user}\n IdentityFile {tmp_path}/key\n"
        f" UserKnownHostsFile {tmp_path}/known\n"
    )
    transport = connect(Target("hpc", config=str(tmp_path / "config")))
    seen = sh(transport, "echo ${SSH_CONNECTION%% *}").stdout.decode().strip()
    assert seen == site.address_of("login2")


def test_large_answers_come_through(site: Cluster, connect: Connect) -> None:
    """Large input and output pass through a jump host, byte for byte."""
    data = bytes(range(256)) * 8000
    transport = connect(through(site, "jump", "login2"))
    assert transport.run(["cat"], input=data, timeout=PATIENCE).stdout == data


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"port": 23}, ConnectFailed, r"Cannot connect to .*\.4 port 23: Connection refused"),
        ({"key": OTHER_KEY}, LoginRefused, r"jarvice@.*\.4: Permission denied"),
        ({"user": "nobody-here"}, LoginRefused, r"nobody-here@.*\.4: Permission denied"),
        ({"host": "no-such.invalid"}, ConnectFailed, r"host name no-such\.invalid is not known"),
    ],
    ids=["port", "key", "user", "name"],
)
def test_errors_name_the_hop(
    site: Cluster,
    connect: Connect,
    changes: dict[str, Any],
    error: type[TransportError],
    words: str,
) -> None:
    """Errors name the jump host."""
    with pytest.raises(error, match=words):
        connect(through(site, "jump", **changes)).run(["true"], timeout=PATIENCE)


def test_each_host_key_is_checked(site: Cluster, connect: Connect) -> None:
    """The jump host's key is verified, and the login node's behind it."""
    for name, missing in (("jump", "login"), ("login", "jump")):
        place = through(site, "jump")
        trusted = HostKeys(pinned=(site.host_key_of(name),))
        changed = Target(**vars(place) | {"host_keys": trusted})
        with pytest.raises(HostKeyRefused) as raised:
            connect(changed).run(["true"], timeout=PATIENCE)
        assert type(raised.value) is HostKeyChanged
        assert raised.value.message.startswith(f"{site.address_of(missing)} presents another")


def test_a_hop_that_leads_nowhere(site: Cluster, connect: Connect) -> None:
    """A jump host that cannot reach the next host is not one that is unreachable itself."""
    place = Target(**vars(through(site, "jump")) | {"port": 23})
    with pytest.raises(ConnectFailed, match=r"No way from the jump host .* it cannot connect"):
        connect(place).run(["true"], timeout=PATIENCE)


def test_a_hop_that_forwards_nothing(site: Cluster, connect: Connect) -> None:
    """A jump host whose sshd prohibits forwards is reported as that."""
    with prohibiting(site, "jump"):
        place = through(site, "jump", port=ANOTHER_PORT)
        with pytest.raises(ConnectFailed, match="forwards no connections there; check AllowTcpF"):
            connect(place).run(["true"], timeout=PATIENCE)


def test_a_command_in_place_of_a_jump_host(site: Cluster, connect: Connect, tmp_path: Path) -> None:
    """A ``ProxyCommand`` of the user's configuration is used; where it fails, the error says
    so."""
    config = tmp_path / "config"
    netcat = "import os, socket, sys, threading; s = socket.create_connection(sys.argv[1:]); "
    netcat += "threading.Thread(target=lambda: [s.sendall(d) for d in iter(lambda: os.read(0, 9999)"
    netcat += ", b'')], daemon=True).start(); [os.write(1, d) for d in iter(lambda: s.recv(9999), "
    netcat += "b'')]"
    (tmp_path / "netcat.py").write_text(netcat)
    for program, works in ((f"{sys.executable} {tmp_path}/netcat.py", True), ("false", False)):
        config.write_text(f"Host *\n ProxyCommand {program} %h %p\n")
        transport = connect(target(site, config=str(config)))
        if works:
            assert unharmed(transport)
        else:
            with pytest.raises(ConnectFailed, match="over its jump host or ProxyCommand"):
                transport.run(["true"], timeout=PATIENCE)


def test_a_jump_host_that_is_lost(site: Cluster, connect: Connect) -> None:
    """A lost jump host is noticed at once, and commands work after its return."""
    transport = connect(through(site, "jump"))
    assert unharmed(transport)
    site.stop("jump", "sshd")
    try:
        with pytest.raises((ConnectFailed, CommandTimeout)):
            transport.run(["true"], timeout=8)
    finally:
        site.start("jump", "sshd")
    assert works_again(transport)
