"""What the soak's jobs do, what they write down themselves, and whether that is what the bridge said of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.cluster import Cluster
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
_LAST = {
    "good": "echo JARVICE_CMD_SUCCESS",
    "bad": "echo JARVICE_CMD_FAILURE",
    "cancelled": "echo too late",
}
_RC = {"good": 0, "bad": 1, "cancelled": -15}


@dataclass
class Job:
    """One job, as its upstream knows it. Times are seconds since the epoch, of this machine, whose clock the cluster has."""

    number: int
    kind: str  # good, bad or cancelled
    seconds: float
    jobid: str = ""
    gone: float = 0.0  # when the lists, or its status, first said that it is over
    answered: float = 0.0  # when its end was told
    end: list[Any] = field(default_factory=list)  # /exitstatus
    cancelled: bool = False
    complaints: list[str] = field(default_factory=list)
    last: str = ""  # what the bridge said of it last

    @property
    def name(self) -> str:
        """Its own: the lists tell jobs apart by name and native id, and Slurm may give an id away again."""
        return f"soak-{self.number}"

    @property
    def script(self) -> str:
        """Writes down when it begins and when it has ended, in files of its own."""
        end = {"good": "true", "bad": "exit 3", "cancelled": "true"}[self.kind]
        words = {
            "place": PLACE,
            "number": self.number,
            "seconds": self.seconds,
            "last": _LAST[self.kind],
            "end": end,
        }
        return script(_BODY.format(**words))

    @property
    def args(self) -> dict[str, Any]:
        """How every later call names it."""
        return {"name": self.name, "number": self.number, "jobid": self.jobid}


def plan(count: int, first: int) -> Iterator[Job]:
    """Most end well after some seconds, some badly, some are cancelled."""
    for at in range(count):
        kind = "cancelled" if at % 10 == 3 else "bad" if at % 5 == 1 else "good"
        yield Job(first + at, kind, 300 if kind == "cancelled" else at % 5 + 0.5)


@dataclass
class Verdict:
    """The jobs, sorted by what became of them. ``latest``: the longest time between a job's end and the moment when its
    upstream knew of it, in seconds."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    spoilt: list[str] = field(
        default_factory=list
    )  # Slurm itself failed them, and the bridge said so
    rerun: list[str] = field(default_factory=list)  # one job id, begun anew by Slurm's own decision
    latest: float = 0.0


def judge(jobs: list[Job], cluster: Cluster) -> Verdict:
    """Compare what was said with what the jobs wrote down."""
    verdict = Verdict()
    for job in jobs:
        began, ended = (
            _lines(cluster, f"{job.number}.began"),
            _lines(cluster, f"{job.number}.ended"),
        )
        told = f"{job.number} (Slurm's {job.jobid}, {job.kind}): {job.end or job.last}, began {began}, ended {ended}"
        if ended and job.answered:
            verdict.latest = max(verdict.latest, job.answered - float(ended[-1]))
        # "Once" is one job id: Slurm may run it again by itself.
        if len({line.split()[1] for line in began}) > 1:
            verdict.doubled.append(told)
        elif len(began) > 1:
            verdict.rerun.append(told)
        if not job.end or not job.end[2]:
            verdict.lost.append(f"{told}; {_by_slurm(cluster, job)}")
        elif job.kind != "cancelled" and job.end[0] == 1 and not ended:
            verdict.spoilt.append(told)
        elif job.kind != "cancelled" and not began:
            verdict.lost.append(told)
        elif complaints := [*job.complaints, *_wrong(job, len(began), ended)]:
            verdict.wrong.append(f"{told}: {'; '.join(complaints)}")
    return verdict


def _wrong(job: Job, runs: int, ended: list[str]) -> Iterator[str]:
    if job.end[0] != _RC[job.kind]:
        yield f"rc is {job.end[0]} and should be {_RC[job.kind]}"
    if job.kind == "cancelled":
        return
    if ended and job.gone and float(ended[-1]) > job.gone:
        yield f"it was said to be over at {job.gone}, before its end"
    if ended and float(ended[-1]) > job.answered:
        yield f"its end was told at {job.answered}, before it"
    own = [
        line
        for line in job.end[2][0].splitlines()
        if not line.startswith(("srun: ", "slurmstepd: ", "JARVICE Job "))
    ]
    if (
        own
        != [f"began {job.number}", f"ended {job.number}", _LAST[job.kind].removeprefix("echo ")]
        * runs
    ):
        yield "its output is another"


def _by_slurm(cluster: Cluster, job: Job) -> str:
    listed = cluster.run(
        "login", ["squeue", "-h", "-t", "all", "-j", job.jobid, "-o", "%T %r %M %V %S"]
    ).stdout
    kept = cluster.run(
        "login", ["sacct", "-n", "-P", "-D", "-X", "-j", job.jobid, "-o", "State,Submit,Start,End"]
    ).stdout
    return f"squeue: {listed.decode().strip()}, sacct: {kept.decode().strip()}"


def _lines(cluster: Cluster, name: str) -> list[str]:
    file = cluster.path(f"{PLACE}/{name}")
    return file.read_text().splitlines() if file.exists() else []
