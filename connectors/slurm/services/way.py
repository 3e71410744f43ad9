"""SlurmSettings -> how a front's forwards log in."""

import shutil
from typing import Any

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.jump_keys import jump_keys
from connectors.transports import keys
from connectors.transports.host_keys import host_keys
from dssr.errors import SettingsError
from dssr.seams import Way
from dssr.settings.types import host_and_port

_OPENSSH, _PARAMIKO = "openssh", "paramiko"
_SSH_PORT = 22  # the default of the setting, which so leaves the port to ssh's configuration


def way(settings: SlurmSettings) -> Way:
    """By the ``ssh`` program, as the same user and with the same keys as the commands; without that
    program, by paramiko, which is slower. On the login node itself, directly. Raises
    ``SettingsError`` for keys that ssh cannot use."""
    if settings.on_login_node:
        return Way("", {})
    trusted = host_keys(settings.ssh_host_key)
    if any(" " not in key for key in trusted):
        raise SettingsError([
            "JARVICE_SLURM_SSH_HOST_KEY holds a fingerprint, and the forwards of services need "
            "whole keys: set it to 'ssh-ed25519 AAAA...' (`ssh-keyscan` prints it)."
        ])  # fmt: skip
    given: dict[str, Any] = {
        "hosts": [_host(address) for address in settings.cluster_address.split(",")],
        "user_configuration": settings.uses_openssh,
        "user": settings.ssh_user,
        "port": 0 if settings.cluster_port == _SSH_PORT else settings.cluster_port,
        **_keys(settings),
        "known_hosts": settings.ssh_known_hosts,
        "trusted": list(trusted),
        "jump": ",".join(_hop(hop, settings) for hop in settings.ssh_jump),
    }
    plugin = _OPENSSH if settings.uses_openssh or shutil.which("ssh") else _PARAMIKO
    found = {name: value for name, value in given.items() if value != ""}
    return Way(plugin, found, asks=settings.uses_openssh)


def _host(address: str) -> str:
    host, port = host_and_port(address)
    return f"ssh://{host}:{port}" if port else host.strip("[]")


def _hop(hop: str, settings: SlurmSettings) -> str:
    """With ``openssh``, its configuration says as whom it logs in at a jump host."""
    return hop if "@" in hop or settings.uses_openssh else f"{settings.ssh_user}@{hop}"


def _keys(settings: SlurmSettings) -> dict[str, list[str]]:
    """The login nodes' key, and one for each jump host."""
    main = None
    if settings.ssh_key:
        main = keys.private_key(settings.ssh_key, settings.ssh_key_passphrase)
    found = {"keys": (main,), "jump_keys": jump_keys(settings, main)}
    return {name: [key.openssh for key in each if key] for name, each in found.items()}
