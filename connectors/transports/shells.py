"""Shells of other programs on a login node, over a connection that is there already."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class OpensShells(Protocol):
    """A transport whose connection other programs of this machine can use."""

    def shell_words(self) -> Sequence[str]:
        """The words of ``ssh`` that are followed by any host's name and a command. Raises
        ``TransportError``."""
        ...
