"""SlurmSettings -> where OpenSSH's program logs in: the settings that are there, and no more."""

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.jump_keys import jump_keys
from connectors.transports import keys
from connectors.transports.host_keys import host_keys
from connectors.transports.openssh import Hop, HostKeys, Target
from dssr.settings.types import host_and_port

_SSH_PORT = 22  # the default of the setting, which so leaves the port to ssh's configuration


def targets(settings: SlurmSettings) -> list[Target]:
    """One for each of the login nodes, in their order. Raises ``SettingsError`` for a key that
    cannot be used."""
    key = None
    if settings.ssh_key:
        key = keys.private_key(settings.ssh_key, settings.ssh_key_passphrase)
    text = key.openssh if key else ""
    default = 0 if settings.cluster_port == _SSH_PORT else settings.cluster_port
    jumps, trusted = _jumps(settings, key), _trusted(settings)
    places = (host_and_port(address) for address in settings.cluster_address.split(","))
    return [
        Target(host.strip("[]"), port or default, settings.ssh_user, text, jumps, trusted)
        for host, port in places
    ]


def _trusted(settings: SlurmSettings) -> HostKeys:
    if settings.ssh_known_hosts:
        learns = settings.ssh_host_key_check == "first_use"
        return HostKeys(file=settings.ssh_known_hosts, learns=learns)
    return HostKeys(pinned=host_keys(settings.ssh_host_key))


def _jumps(settings: SlurmSettings, main_key: keys.PrivateKey | None) -> tuple[Hop, ...]:
    hops = zip(settings.ssh_jump, jump_keys(settings, main_key), strict=True)
    return tuple(_jump(hop, key) for hop, key in hops)


def _jump(hop: str, key: keys.PrivateKey | None) -> Hop:
    user, _, address = hop.rpartition("@")
    host, port = host_and_port(address)
    return Hop(host.strip("[]"), port or 0, user, key.openssh if key else "")
