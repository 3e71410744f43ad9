"""From settings to logins."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from connectors.slurm.login import logins
from dssr.errors import SettingsError
from dssr.settings import Settings


def new_key() -> str:
    """A private key's text."""
    key = ed25519.Ed25519PrivateKey.generate()
    form = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    return key.private_bytes(*form).decode()


KEY = new_key()


def settings(**changes: Any) -> Settings:
    """What a bridge with SSH needs, and ``changes``."""
    return Settings(**({"cluster_address": "login1", "ssh_user": "svc", "ssh_key": KEY} | changes))


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("login1", [("login1", 2022)]),
        ("login1:22", [("login1", 22)]),
        ("login1,login2:2222,198.51.100.1", [("login1", 2022), ("login2", 2222), ("198.51.100.1", 2022)]),
        ("2001:db8::1,[2001:db8::2]:22", [("2001:db8::1", 2022), ("2001:db8::2", 22)]),
    ],
)
def test_several_login_nodes(address: str, places: list[tuple[str, int]]) -> None:
    """In their order, each with its own port or the common one, and the same user, key and host keys."""
    found = logins(settings(cluster_address=address, cluster_port=2022))
    assert [(login.host, login.port) for login in found] == places
    assert {(login.user, login.key.kind) for login in found} == {("svc", "ed25519")}


def test_what_cannot_be_used_is_told_at_the_start() -> None:
    """Keys are read before anybody connects."""
    with pytest.raises(SettingsError, match="JARVICE_SLURM_SSH_PKEY"):
        logins(settings(ssh_key="x"))
    with pytest.raises(SettingsError, match="JARVICE_SLURM_SSH_HOST_KEY"):
        logins(settings(ssh_host_key="x"))
