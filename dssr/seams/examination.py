"""A connector that examines the place where its jobs run, as ``dssr doctor`` shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

# The names of all checks, in their order. Programs and people rely on them: they never change.
CHECKS = (
    *("name-resolution", "tcp", "host-key", "login", "round-trip", "sessions", "forwarding"),
    *("login-shell", "clock", "slurm", "partitions", "submit", "accounting", "min-job-age"),
    *("private-data", "state-directory", "scratch-directory", "container", "gpu", "images"),
    *("submit-from-job", "node-tools", "port-range", "canary"),
)


class Status(StrEnum):
    """What came of a check."""

    OK = "ok"
    WARNING = "warning"  # jobs run; something else does not, or not well
    FAILURE = "failure"  # jobs do not run, or not as they should
    SKIPPED = "skipped"  # it could not be examined, or need not be; the detail says why


@dataclass(frozen=True)
class Finding:
    """What a check found. ``detail``: one sentence or a few, for people.

    ``cure``: what to do. Of its lines, those that end in a full stop or a colon are prose; all
    others are commands and settings, ready to paste.
    ``setting``: the variable that is concerned. ``advised``: settings, with their values, that the
    examination has proved right: they belong in the profile of the site.
    """

    name: str
    status: Status
    detail: str
    cure: str = ""
    setting: str = ""
    advised: tuple[tuple[str, str], ...] = ()


@runtime_checkable
class Examines(Protocol):
    """A connector that examines the place where its jobs run."""

    checks: Sequence[str]  # the names of its checks, some of ``CHECKS``, in that order

    def examine(self, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        """One finding for each of ``checks``, in their order, as soon as it is there.

        Without jobs, the checks that need one are skipped. What the examination made is removed
        when the iterator ends or is closed. Where that is not certain, ``left`` then has the
        commands that remove it.
        """
        ...
