"""How the forwards of paramiko log in; what they do is in the tests of all forwards."""

from pathlib import Path

import pytest

from connectors.transports.forwarding.words import ForwardSettings
from connectors.transports.ssh.forwards import logins
from dssr.errors import SettingsError
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
