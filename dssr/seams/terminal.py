"""Logins that a person completes."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class AsksAtTerminal(Protocol):
    """A connector, or a transport, whose first login may need a person."""

    def ask_at_terminal(self) -> None:
        """Have the first login ask for what it needs (a passphrase, a code, an unknown host's key)
        at this process's terminal. Called before the first command, by a program that has one."""
        ...
