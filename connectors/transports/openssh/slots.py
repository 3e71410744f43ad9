"""How many sessions all processes of this user may have open on one master."""

import os
from collections.abc import Callable

from connectors.transports.openssh.directory import PrivateDirectory

MOST = 8  # sshd's MaxSessions is 10 by default
# One process leaves some to the others: a bridge that is busy must not shut out a person's command.
MOST_OF_ONE = 6


class Slots:
    """Each open session holds one of the slots, which are locks on files: a slot is free again
    when its process has ended, however that ended."""

    def __init__(self, directory: PrivateDirectory, name: str) -> None:
        """``name``: of the master."""
        self._directory, self._name = directory, name

    def take(self) -> Callable[[], None] | None:
        """Take a free slot, and return how to give it back; ``None`` while there is none."""
        for number in range(MOST):
            handle = self._directory.try_lock(f"{self._name}.{number}")
            if handle is not None:
                return lambda handle=handle: os.close(handle)  # type: ignore[misc]
        return None
