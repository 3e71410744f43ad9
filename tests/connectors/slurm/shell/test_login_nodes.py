"""From settings to logins: the login nodes, the jump hosts, their keys and host keys."""

import base64
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.login_nodes import logins, trust
from connectors.transports.keys import PrivateKey, private_key
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned
from dssr.errors import SettingsError


def new_key() -> str:
    """A private key's text."""
    key = ed25519.Ed25519PrivateKey.generate()
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    return key.private_bytes(*form).decode()


def public(*keys: PrivateKey) -> list[bytes]:
    """What distinguishes keys: their private text has a random part."""
    form = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    return [
        serialization.load_ssh_private_key(key.openssh.encode(), None)
        .public_key()
        .public_bytes(*form)
        for key in keys
    ]


KEY = new_key()


def settings(**changes: Any) -> SlurmSettings:
    """What a bridge with SSH needs, and ``changes``."""
    return SlurmSettings(
        **({"cluster_address": "login1", "ssh_user": "svc", "ssh_key": KEY} | changes)
    )


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("login1", [("login1", 2022)]),
        ("login1:22", [("login1", 22)]),
        (
            "login1,login2:2222,198.51.100.1",
            [("login1", 2022), ("login2", 2222), ("198.51.100.1", 2022)],
        ),
        ("2001:db8::1,[2001:db8::2]:22", [("2001:db8::1", 2022), ("2001:db8::2", 22)]),
    ],
)
def test_several_login_nodes(address: str, places: list[tuple[str, int]]) -> None:
    """The login nodes keep their order; each has its own port or the common one, and the same user,
    key and host keys."""
    found = logins(settings(cluster_address=address, cluster_port=2022))
    assert [(login.host, login.port) for login in found] == places
    assert {(login.user, login.key.kind) for login in found} == {("svc", "ed25519")}


def test_an_unusable_key_is_an_error_at_the_start() -> None:
    """A key that cannot be used is an error before any connection."""
    with pytest.raises(SettingsError, match="JARVICE_SLURM_SSH_PKEY"):
        logins(settings(ssh_key="x"))
    with pytest.raises(SettingsError, match="JARVICE_SLURM_SSH_HOST_KEY"):
        logins(settings(ssh_host_key="x"))


def test_which_host_keys_are_trusted(tmp_path: Path) -> None:
    """The bridge trusts the host keys of the setting, of a file, or the first ones seen; all hosts
    on the way share one verifier."""
    file = str(tmp_path / "known_hosts")
    assert isinstance(trust(settings()), Pinned)
    assert type(trust(settings(ssh_known_hosts=file))) is KnownHostsFile
    assert isinstance(
        trust(settings(ssh_known_hosts=file, ssh_host_key_check="first_use")), FirstUse
    )
    found = logins(settings(cluster_address="a,b", ssh_jump=("j",)))
    assert len({hop.verifier for login in found for hop in login.route}) == 1


def test_jump_hosts() -> None:
    """The jump hosts keep their order, have what they leave out filled in, and are the same for
    every login node."""
    first, second = logins(
        settings(cluster_address="a,b", ssh_jump=("bob@j1:2222", "j2"), cluster_port=2022)
    )
    assert first.jumps == second.jumps
    assert [str(jump) for jump in first.jumps] == ["bob@j1:2222", "svc@j2:22"]
    assert {jump.key for jump in first.jumps} == {first.key}


def test_the_keys_of_jump_hosts() -> None:
    """The setting holds one key for all jump hosts or one for each, as they are or as base64 with
    commas between."""
    keys = [new_key(), new_key()]
    for text in (
        keys[0] + keys[1],
        ",".join(base64.b64encode(key.encode()).decode() for key in keys),
    ):
        (login,) = logins(settings(ssh_jump=("j1", "j2"), ssh_jump_key=text))
        assert public(*(jump.key for jump in login.jumps)) == public(*map(private_key, keys))
    (login,) = logins(settings(ssh_jump=("j1", "j2"), ssh_jump_key=keys[0]))
    assert public(*(jump.key for jump in login.jumps)) == public(private_key(keys[0])) * 2
    for text, words in (
        (keys[0] + keys[1], "holds 2 keys, but JARVICE_SLURM_SSH_JUMP 3 hosts"),
        ("x", "^JARVICE_SLURM_SSH_JUMP_PKEY"),
    ):
        with pytest.raises(SettingsError, match=words):
            logins(settings(ssh_jump=("j1", "j2", "j3"), ssh_jump_key=text))
