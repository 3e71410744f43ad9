"""The jobs of a soak. Each writes down when it begins and ends, in files of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.service import script

PLACE = "/home/jarvice/soak"
_BODY = """\
echo "$(date +%s.%N) $JOB_JOBID" >>{place}/{number}.began
echo began {number}
sleep {seconds}
echo ended {number}
{last}
date +%s.%N >>{place}/{number}.ended
{end}
"""
LAST = {
    "good": "echo JARVICE_CMD_SUCCESS",
    "bad": "echo JARVICE_CMD_FAILURE",
    "cancelled": "echo too late",
}


@dataclass
class Job:
    """One job, as its upstream knows it.

    Times are seconds since the epoch; the cluster has this machine's clock.
    """

    number: int
    kind: str  # good, bad or cancelled
    seconds: float
    jobid: str = ""
    gone: float = 0.0  # when a list or its status first showed that it is over
    answered: float = 0.0  # when its result came
    end: list[Any] = field(default_factory=list)  # /exitstatus
    cancelled: bool = False
    complaints: list[str] = field(default_factory=list)
    last: str = ""  # what the bridge reported last

    @property
    def name(self) -> str:
        """Unique, because the lists name jobs by name and native id, and Slurm may reuse an id."""
        return f"soak-{self.number}"

    @property
    def script(self) -> str:
        """The job script."""
        end = {"good": "true", "bad": "exit 3", "cancelled": "true"}[self.kind]
        words = {
            "place": PLACE,
            "number": self.number,
            "seconds": self.seconds,
            "last": LAST[self.kind],
            "end": end,
        }
        return script(_BODY.format(**words))

    @property
    def args(self) -> dict[str, Any]:
        """The arguments of every later call about it."""
        return {"name": self.name, "number": self.number, "jobid": self.jobid}


def planned(count: int, first: int) -> Iterator[Job]:
    """Jobs with numbers from ``first``: most succeed after seconds, some fail, some are
    cancelled."""
    for at in range(count):
        kind = "cancelled" if at % 10 == 3 else "bad" if at % 5 == 1 else "good"
        yield Job(first + at, kind, 300 if kind == "cancelled" else at % 5 + 0.5)
