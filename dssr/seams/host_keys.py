"""The host keys of the hosts that a connector logs in to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable


class HostKeyState(Enum):
    """How a host key compares with those that are trusted."""

    TRUSTED = "trusted"
    UNKNOWN = "not known"  # nothing says which key the host has
    CHANGED = "CHANGED"  # something says that it has another one
    REVOKED = "REVOKED"  # something says that it must not have this one


@dataclass(frozen=True)
class PresentedKey:
    """A host key that a host presents."""

    kind: str  # ssh-ed25519
    text: str  # the same and base64, as JARVICE_SLURM_SSH_HOST_KEY takes it
    fingerprint: str  # SHA256:...
    state: HostKeyState


@dataclass(frozen=True)
class PresentingHost:
    """A host that a connector logs in to, with its keys. ``problem``: why there are none."""

    name: str  # with its port, as the settings have it
    pattern: str  # what it is called in a file of known hosts
    keys: tuple[PresentedKey, ...]
    problem: str = ""


@runtime_checkable
class PresentsHostKeys(Protocol):
    """A connector that reaches hosts by SSH and can show their host keys."""

    def host_keys(self) -> Sequence[PresentingHost]:
        """Ask each host, record nothing. Credentials only go to trusted jump hosts."""
        ...
