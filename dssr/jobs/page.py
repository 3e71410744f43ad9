"""A part of a list of jobs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dssr.record import JobRecord


@dataclass(frozen=True)
class Page:
    """``next``: the cursor of the page behind this one; ``None``: this is the last one."""

    jobs: Sequence[JobRecord]
    next: str | None
    taken: float  # when the cluster was asked, on the clock of ``time.monotonic``
