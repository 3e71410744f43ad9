"""Connectors that record for whom they were asked to work."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dssr.job import JobSpec, Snapshot, Submitted
from dssr.seams import Users
from dssr.settings import Settings


class OneUser:
    """A connector that runs all jobs as one user. ``made``: the instances, the latest last."""

    made: Sequence[Any] = ()

    def __init__(self, settings: Settings) -> None:
        self.submitted: list[JobSpec] = []
        self.closed = False
        type(self).made = [*type(self).made, self]

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        self.submitted.append(replace(spec))
        return Submitted(str(len(self.submitted)), spec.script)

    def snapshot(self) -> Snapshot:
        return Snapshot()

    def ping(self) -> None:
        """Return, as a scheduler that answers."""

    def close(self) -> None:
        self.closed = True


class ManyUsers(OneUser):
    """A connector that acts for users."""

    made: Sequence[Any] = ()
    users: Users | None = None

    def act_for(self, users: Users) -> None:
        self.users = users
