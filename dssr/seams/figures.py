"""Figures about a part of the bridge, for ``/metrics``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable


@dataclass(frozen=True)
class Figure:
    """One number, named as Prometheus names it: a counter's name ends in ``_total``."""

    name: str
    about: str
    value: float
    kind: Literal["counter", "gauge"] = "gauge"
    labels: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Reports(Protocol):
    """A part that has figures."""

    def figures(self) -> Sequence[Figure]:
        """The figures of this moment. It sends no command, and never waits."""
        ...
