"""Whether the bridge reported each job of a soak as the job itself wrote it down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.bench.soak_jobs import LAST, PLACE, Job
from tests.cluster import Cluster

_RC = {"good": 0, "bad": 1, "cancelled": -15}
_NOT_THE_JOB = ("srun: ", "slurmstepd: ", "JARVICE Job ")  # lines that Slurm and the bridge add


@dataclass
class Verdict:
    """The jobs, by what became of them."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    spoilt: list[str] = field(default_factory=list)  # Slurm failed them, and the bridge reports it
    rerun: list[str] = field(default_factory=list)  # Slurm itself ran the same job id again
    latest: float = 0.0  # seconds from a job's end until its upstream knew, at most


def judge(jobs: list[Job], cluster: Cluster) -> Verdict:
    """Compare what the bridge reported with what the jobs wrote down."""
    verdict = Verdict()
    for job in jobs:
        _judge(job, cluster, verdict)
    return verdict


def _judge(job: Job, cluster: Cluster, verdict: Verdict) -> None:
    began, ended = (_lines(cluster, f"{job.number}.{what}") for what in ("began", "ended"))
    who = f"{job.number} (Slurm's {job.jobid}, {job.kind})"
    report = f"{who}: {job.end or job.last}, began {began}, ended {ended}"
    if ended and job.answered:
        verdict.latest = max(verdict.latest, job.answered - float(ended[-1]))
    # A job may begin more than once under one job id: Slurm may run it again by itself.
    if len({line.split()[1] for line in began}) > 1:
        verdict.doubled.append(report)
    elif len(began) > 1:
        verdict.rerun.append(report)
    if not job.end or not job.end[2]:
        verdict.lost.append(f"{report}; {_by_slurm(cluster, job)}")
    elif job.kind != "cancelled" and job.end[0] == 1 and not ended:
        verdict.spoilt.append(report)
    elif job.kind != "cancelled" and not began:
        verdict.lost.append(report)
    elif complaints := [*job.complaints, *_mistakes(job, len(began), ended)]:
        verdict.wrong.append(f"{report}: {'; '.join(complaints)}")


def _mistakes(job: Job, runs: int, ended: Sequence[str]) -> Iterator[str]:
    if job.end[0] != _RC[job.kind]:
        yield f"rc is {job.end[0]} and should be {_RC[job.kind]}"
    if job.kind == "cancelled":
        return
    if ended and job.gone and float(ended[-1]) > job.gone:
        yield f"it was reported as over at {job.gone}, before its end"
    if ended and float(ended[-1]) > job.answered:
        yield f"its result came at {job.answered}, before its end"
    printed = [line for line in job.end[2][0].splitlines() if not line.startswith(_NOT_THE_JOB)]
    last = LAST[job.kind].removeprefix("echo ")
    if printed != [f"began {job.number}", f"ended {job.number}", last] * runs:
        yield "its output is another"


def _by_slurm(cluster: Cluster, job: Job) -> str:
    """The controller's and the accounting's records of the job."""
    controller = ["squeue", "-h", "-t", "all", "-j", job.jobid, "-o", "%T %r %M %V %S"]
    fields = "State,Submit,Start,End"
    accounting = ["sacct", "-n", "-P", "-D", "-X", "-j", job.jobid, "-o", fields]
    squeue = cluster.run("login", controller).stdout.decode().strip()
    sacct = cluster.run("login", accounting).stdout.decode().strip()
    return f"squeue: {squeue}, sacct: {sacct}"


def _lines(cluster: Cluster, name: str) -> list[str]:
    file = cluster.path(f"{PLACE}/{name}")
    return file.read_text().splitlines() if file.exists() else []
