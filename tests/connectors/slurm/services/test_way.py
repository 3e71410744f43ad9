"""How the forwards of fronts log in."""

import shutil
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.slurm.services.way import way
from connectors.slurm.settings import SlurmSettings
from connectors.transports.forwarding.words import ForwardSettings
from connectors.transports.keys import private_key
from dssr.errors import SettingsError
from dssr.seams import Way
from dssr.settings.reading import parse


def new_key() -> str:
    """A private key as OpenSSH writes it."""
    made = Ed25519PrivateKey.generate()
    form = Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
    return made.private_bytes(*form).decode()


def publics(keys: list[str]) -> list[str]:
    """The public keys: a private one is written differently each time."""
    return [private_key(key).public for key in keys]


KEY, OTHER, HOST_KEY = new_key(), new_key(), private_key(new_key()).public


def settings(**changes: str) -> dict[str, Any]:
    """The settings of the forwards, which ``ssh`` can take."""
    given = {
        "JARVICE_SLURM_CLUSTER_ADDR": "login1,login2:2200",
        "JARVICE_SLURM_SSH_USER": "ada",
        "JARVICE_SLURM_SSH_PKEY": KEY,
        "JARVICE_SLURM_SSH_HOST_KEY": HOST_KEY,
        **changes,
    }
    found = dict(way(parse(given, SlurmSettings)).settings)
    ForwardSettings.parse(found)
    return found


def test_forwards_log_in_as_commands_do() -> None:
    """The login nodes in their order, with their ports; the user, key and trusted host keys."""
    found = settings()
    assert found["hosts"] == ["login1", "ssh://login2:2200"]
    assert (found["user"], found["trusted"]) == ("ada", [HOST_KEY])
    assert publics(found["keys"]) == publics([KEY])
    assert found["user_configuration"] is False


def test_jump_hosts_have_their_users_and_keys() -> None:
    """A jump host without a user is entered as the service user, and its own key is beside the
    login nodes'."""
    found = settings(
        JARVICE_SLURM_SSH_JUMP="gate,eve@inner:2222", JARVICE_SLURM_SSH_JUMP_PKEY=OTHER
    )
    assert found["jump"] == "ada@gate,eve@inner:2222"
    assert publics(found["keys"]) == publics([KEY])
    assert publics(found["jump_keys"]) == publics([OTHER, OTHER])


@pytest.mark.parametrize(("there", "plugin"), [("/usr/bin/ssh", "openssh"), (None, "paramiko")])
def test_without_ssh_there_is_another_way(
    monkeypatch: pytest.MonkeyPatch, there: str | None, plugin: str
) -> None:
    """The forwards of paramiko are for machines that have no program ssh."""
    monkeypatch.setattr(shutil, "which", lambda _name: there)
    given = {"JARVICE_SLURM_SSH_PKEY": KEY, "JARVICE_SLURM_SSH_HOST_KEY": HOST_KEY}
    usual = {"JARVICE_SLURM_CLUSTER_ADDR": "login", "JARVICE_SLURM_SSH_USER": "ada"}
    assert way(parse(usual | given, SlurmSettings)).plugin == plugin


def test_with_openssh_its_configuration_says_the_rest() -> None:
    """What the settings leave out is left to the configuration of ssh."""
    found = settings(
        JARVICE_SLURM_SSH_CLIENT="openssh",
        JARVICE_SLURM_SSH_PKEY="",
        JARVICE_SLURM_SSH_HOST_KEY="",
        JARVICE_SLURM_SSH_JUMP="gate",
    )
    assert found["user_configuration"] is True
    assert (found["keys"], found["trusted"], found["jump"]) == ([], [], "gate")


def test_on_the_login_node_itself_no_forwards_are_needed() -> None:
    """Where Slurm's commands run on this machine, it reaches the nodes itself."""
    assert way(SlurmSettings(cluster_address="local")) == Way("", {})


def test_a_fingerprint_allows_no_forwards() -> None:
    """The error says what to set instead."""
    with pytest.raises(SettingsError, match="need whole keys"):
        settings(JARVICE_SLURM_SSH_HOST_KEY=f"SHA256:{'A' * 43}")
