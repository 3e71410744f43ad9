"""SlurmSettings -> the private key for each jump host."""

from collections.abc import Sequence

from connectors.slurm.settings import SlurmSettings
from connectors.transports import keys
from dssr.errors import SettingsError

_JUMP_KEY = "JARVICE_SLURM_SSH_JUMP_PKEY"


def jump_keys(
    settings: SlurmSettings, main_key: keys.PrivateKey | None
) -> Sequence[keys.PrivateKey | None]:
    """One for each jump host, in their order: its own, or the login nodes' key, if there is one.
    Raises ``SettingsError``."""
    count, own = len(settings.ssh_jump), _own_keys(settings)
    if len(own) <= 1:
        return (own or (main_key,)) * count
    if len(own) != count:
        raise SettingsError([
            f"{_JUMP_KEY} holds {len(own)} keys, but JARVICE_SLURM_SSH_JUMP {count} hosts: give "
            "one key for all, or one for each in the same order."
        ])  # fmt: skip
    return own


def _own_keys(settings: SlurmSettings) -> tuple[keys.PrivateKey, ...]:
    if not settings.ssh_jump_key:
        return ()
    return keys.private_keys(settings.ssh_jump_key, settings.ssh_jump_key_passphrase, _JUMP_KEY)
