"""How the forwards of paramiko log in, and what becomes of what breaks; what else they do is in the
tests of all forwards."""

import socket
import threading
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from connectors.transports.forwarding.words import Forward, ForwardSettings
from connectors.transports.ssh.forwards import ParamikoKeeper, both_ways, logins
from dssr.errors import ConnectFailed, SettingsError
from tests.connectors.slurm.services.test_way import HOST_KEY, KEY, OTHER, publics

USUAL = {"user_configuration": False, "user": "ada", "keys": (KEY,), "trusted": (HOST_KEY,)}


def settings(*hosts: str, **changes: object) -> ForwardSettings:
    """Of a login as ada."""
    return ForwardSettings(hosts or ("login",), **{**USUAL, **changes})  # type: ignore[arg-type]


def test_each_login_node_has_its_port() -> None:
    """A login node has the port of its address, of the settings, or else 22."""
    places = [str(one) for one in logins(settings("one", "ssh://two:2200")).values()]
    assert places == ["ada@one:22", "ada@two:2200"]
    assert str(logins(settings(port=24))["login"]) == "ada@login:24"


def test_jump_hosts_have_their_users_ports_and_keys() -> None:
    """Each jump host is entered with its own key, or else with the login nodes'."""
    found = logins(settings(jump="gate,eve@inner:2222", jump_keys=(OTHER,)))["login"]
    assert [str(hop) for hop in found.route] == ["ada@gate:22", "eve@inner:2222", "ada@login:22"]
    assert publics([hop.key.openssh for hop in found.route]) == publics([OTHER, KEY, KEY])


def test_sshs_configuration_needs_ssh() -> None:
    """What only the program ssh can read is refused, with what to do."""
    with pytest.raises(SettingsError, match="install OpenSSH's client"):
        logins(settings(user_configuration=True))


def test_a_login_without_a_key_is_refused(tmp_path: Path) -> None:
    """The error says that the key is missing."""
    with pytest.raises(SettingsError, match="no key to log in with"):
        logins(settings(keys=(), identity=str(tmp_path / "none")))


class Channel:
    """A channel to a program that says nothing, until it is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def recv(self, _size: int) -> bytes:
        """Nothing, at the end."""
        self.closed.wait()
        return b""

    def close(self) -> None:
        """End."""
        self.closed.set()


def test_a_client_that_breaks_off_closes_the_channel() -> None:
    """A client that goes away with bytes unread leaves no connection to a program that says nothing
    more."""
    channel: Any = Channel()
    accepted, client = socket.socketpair()
    with accepted:
        carrying = threading.Thread(target=both_ways, args=(accepted, channel), daemon=True)
        carrying.start()
        accepted.sendall(b"unread")
        client.close()
        assert channel.closed.wait(60)
        carrying.join(60)
        assert not carrying.is_alive()


def test_a_socket_that_cannot_be_made_is_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no socket can be made, the error says so, and the login is tried again later."""
    keeper = ParamikoKeeper(settings("127.0.0.1:1"))
    try:
        monkeypatch.setattr(keeper, "_session", Mock())
        with pytest.raises(ConnectFailed, match="No socket can be made"):
            keeper.make([Forward("node1", 80, str(tmp_path / "none" / "f1"))])
    finally:
        keeper.stop()
