"""Connectors whose examination finds what a test says."""

from collections.abc import Iterator
from typing import Any

from dssr.seams import Finding, Status
from dssr.settings import Settings

FINE = Finding("login", Status.OK, "bob on login.")
BROKEN = Finding("canary", Status.FAILURE, "It died.", "Feed it:\nfeed canary", "JARVICE_X")


class Examining:
    """A connector that finds these things. ``asked``: whether it was to use jobs."""

    checks = ("login", "canary")
    findings: tuple[Finding, ...] = (FINE, BROKEN)
    asked: tuple[bool, ...] = ()

    def __init__(self, settings: Settings) -> None:
        pass

    def submit(self, *arguments: Any) -> None:
        """See ``dssr.seams.Connector``."""

    def examine(self, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        Examining.asked = (with_jobs,)
        yield from self.findings

    def close(self) -> None:
        """See ``dssr.seams.Connector``."""


class Stopped(Examining):
    """A connector whose examination the user stops."""

    def examine(self, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        yield FINE
        raise KeyboardInterrupt


class StoppedAway(Examining):
    """The same, on a cluster that is out of reach when it is to be cleaned."""

    def examine(self, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        yield FINE
        left.append("scancel 17")
        raise KeyboardInterrupt
