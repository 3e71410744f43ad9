"""How many sessions all processes of this user may have open on one master."""

import os
from typing import NamedTuple

from connectors.transports.openssh.directory import PrivateDirectory

MOST = 8  # sshd's MaxSessions is 10 by default
# One process leaves some to the others: a bridge that is busy must not shut out a person's command.
MOST_OF_ONE = 6
_KEPT = (
    4  # slots that a process may keep between its commands; the others are given back after each
)


class Slot(NamedTuple):
    """A slot that is held by the lock on ``handle``. Slots are numbered from 0."""

    number: int
    handle: int

    @property
    def is_for_one_command(self) -> bool:
        """Whether other processes need it after one command: an idle shell keeps its slot."""
        return self.number >= _KEPT

    def give_back(self) -> None:
        """Let others take it. Called once."""
        os.close(self.handle)


class Slots:
    """Each open session holds one of the slots, which are locks on files: a slot is free again
    when its process has ended, however that ended."""

    def __init__(self, directory: PrivateDirectory, name: str) -> None:
        """``name``: of the master."""
        self._directory, self._name = directory, name

    def take(self) -> Slot | None:
        """Take a free slot, the lowest first; ``None`` while there is none."""
        for number in range(MOST):
            handle = self._directory.try_lock(f"{self._name}.{number}")
            if handle is not None:
                return Slot(number, handle)
        return None
