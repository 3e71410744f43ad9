"""SlurmSettings -> the transport to the login nodes."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import programs
from connectors.slurm.shell.jump_keys import jump_keys
from connectors.slurm.shell.openssh_targets import targets
from connectors.transports import keys
from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.local import LocalTransport
from connectors.transports.openssh import OpensshTransport
from connectors.transports.trust import FirstUse, KnownHostsFile, Pinned, Trust
from dssr.seams import Transport
from dssr.settings.types import host_and_port

if TYPE_CHECKING:
    from connectors.transports.ssh import Login


def transport(settings: SlurmSettings) -> Transport:
    """The transport that the settings ask for; it does not connect yet. Raises ``SettingsError``
    for a key that cannot be used."""
    if settings.on_login_node:  # the bridge runs on the login node itself
        return LocalTransport(prelude=programs.prelude())
    if settings.uses_openssh:
        return OpensshTransport(*targets(settings), prelude=programs.shell_prelude())
    from connectors.transports.ssh import SshTransport  # noqa: PLC0415 - with paramiko

    return SshTransport(*logins(settings), prelude=programs.shell_prelude())


@contextmanager
def apart(transport: Transport) -> Iterator[Transport]:
    """A transport to the same nodes that shares no connection with other processes."""
    if not isinstance(transport, OpensshTransport):
        yield transport
        return
    with closing(transport.apart()) as own:
        yield own


def logins(settings: SlurmSettings) -> "list[Login]":
    """How to log in to each of the login nodes, in their order."""
    from connectors.transports.ssh import Login  # noqa: PLC0415

    key = keys.private_key(settings.ssh_key, settings.ssh_key_passphrase)
    guard = HostKeyVerifier(
        trust(settings)
    )  # one for all: what one login finds out holds for the others
    jumps = _jumps(settings, key, guard)
    places = (host_and_port(address) for address in settings.cluster_address.split(","))
    return [
        Login(host, port or settings.cluster_port, settings.ssh_user, key, guard, jumps)
        for host, port in places
    ]


def trust(settings: SlurmSettings) -> Trust:
    """Which host keys are trusted. Raises ``SettingsError`` for a setting that holds none."""
    if settings.ssh_host_key_check == "first_use":
        return FirstUse(settings.ssh_known_hosts)
    if settings.ssh_known_hosts:
        return KnownHostsFile(settings.ssh_known_hosts)
    return Pinned(settings.ssh_host_key)


def _jumps(
    settings: SlurmSettings, main_key: keys.PrivateKey, guard: HostKeyVerifier
) -> "tuple[Login, ...]":
    hops = zip(settings.ssh_jump, jump_keys(settings, main_key), strict=True)
    return tuple(_jump(hop, key or main_key, settings, guard) for hop, key in hops)


def _jump(
    hop: str, key: keys.PrivateKey, settings: SlurmSettings, guard: HostKeyVerifier
) -> "Login":
    from connectors.transports.ssh import Login  # noqa: PLC0415

    user, _, address = hop.rpartition("@")
    host, port = host_and_port(address)
    return Login(host, port or 22, user or settings.ssh_user, key, guard, is_jump=True)
