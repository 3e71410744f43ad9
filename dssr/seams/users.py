"""The local users for whom a connector acts."""

from collections.abc import Collection
from typing import Protocol, runtime_checkable


class Users(Protocol):
    """The local users for whom a connector may act, as the operator's files have them now."""

    def names(self) -> Collection[str]:
        """All of them."""
        ...

    def private_key(self, user: str) -> str:
        """The user's own private key, in any of the forms of JARVICE_SLURM_SSH_PKEY.

        ``Denied``: the user is not one of them.
        """
        ...


@runtime_checkable
class ActsForUsers(Protocol):
    """A connector that acts for a job as the local user who owns it (``JobSpec.owner``)."""

    def act_for(self, users: Users) -> None:
        """Jobs have owners, and ``users`` has their keys. Called once, before any job call."""
        ...
