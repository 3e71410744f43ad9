"""Settings -> the transport to the login nodes."""

import re

from connectors.slurm import programs
from connectors.transports import keys
from connectors.transports.local import LocalTransport
from connectors.transports.ssh import Login, SshTransport
from dssr.seams import Transport
from dssr.settings import Settings


def transport(settings: Settings) -> Transport:
    """The transport that the settings ask for; it does not connect yet. Raises ``SettingsError`` for a key that cannot be
    used."""
    if settings.cluster_address == "local":  # the bridge runs on the login node itself
        return LocalTransport(prelude=programs.prelude())
    return SshTransport(*logins(settings), prelude=programs.prelude())


def logins(settings: Settings) -> list[Login]:
    """How to log in to each of the login nodes, in their order."""
    key = keys.private_key(settings.ssh_key, settings.ssh_key_passphrase)
    keys.host_keys(settings.ssh_host_key)
    places = (_host_and_port(address) for address in settings.cluster_address.split(","))
    return [Login(host, port or settings.cluster_port, settings.ssh_user, key, settings.ssh_host_key) for host, port in places]


def _host_and_port(address: str) -> tuple[str, int | None]:
    """``login``, ``login:2222``, ``198.51.100.1:2222``, ``2001:db8::1``, ``[2001:db8::1]:2222``."""
    match = re.fullmatch(r"(?:\[(.+)\]|([^:]+))(?::(\d+))?", address)
    if not match:
        return address, None  # an IPv6 address without a port
    return match[1] or match[2], int(match[3]) if match[3] else None
