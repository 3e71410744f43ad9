"""Records what Slurm says of jobs that wait, run and have ended, for the sentences that explain
them: ``python -m tests.cluster.record_why DIR [GENERATION...]``. Three minutes a generation.

A recording holds the answers to all questions that the bridge asks about one job, a section each.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from connectors.slurm.words.fields import job_fields
from connectors.slurm.words.questions import (
    accounting_question,
    first_questions,
    job_question,
    more_questions,
    partition_of,
)
from tests.cluster.cluster import Cluster
from tests.cluster.daemons import wait_until
from tests.cluster.errors import ClusterError
from tests.cluster.failing_jobs import failing_jobs
from tests.cluster.generations import GENERATIONS
from tests.cluster.record import Recorder

FORGED = "\n   UserId=root(0) GroupId=root(0)\n   JobState=COMPLETED Reason=None Dependency=(null)"
FORGED_NAME = f"two words{FORGED}"
SLEEP = "sleep 600"
ALICE = "alice"
PARTITIONS = {
    "one": "Nodes=ALL MaxTime=30 MaxNodes=1",
    "closed": "Nodes=ALL State=DOWN",
    "others": "Nodes=ALL",
    "urgent": "Nodes=ALL PriorityTier=9",
}
# Limits of the accounts and QOS that bear their name: what the reason is expected to be -> limits.
QOS_LIMITS = {
    "QOSMaxJobsPerUserLimit": "MaxJobsPerUser=1",
    "QOSMaxCpuPerUserLimit": "MaxTRESPerUser=cpu=2",
    "QOSGrpNodeLimit": "GrpTRES=node=1",
    "QOSMaxWallDurationPerJobLimit": "MaxWall=5",
    "QOSMinCpuNotSatisfied": "MinTRESPerJob=cpu=4",
    "QOSMaxGRESPerJob": "MaxTRESPerJob=gres/gpu=1",
    "MaxCpuPerAccount": "MaxTRESPerAccount=cpu=2",
}
ACCOUNT_LIMITS = {
    "AssocMaxJobsLimit": "MaxJobs=1",
    "AssocGrpCpuLimit": "GrpTRES=cpu=2",
    "AssocGrpJobsLimit": "GrpJobs=1",
    "AssocGrpCPURunMinutesLimit": "GrpTRESRunMins=cpu=50",
    "AssocMaxWallDurationPerJobLimit": "MaxWall=5",
    "AssocMaxCpuPerJobLimit": "MaxTRES=cpu=1",
}


class Explained(Recorder):
    """One cluster, and the directory that holds a recording for each situation."""

    def keep(self, situation: str, job: str, name: str = "") -> None:
        """Asks all questions about the job and keeps the answers."""
        first = job_question(job)
        sections = {"job": self._say(first), "accounting": self._say(accounting_question(job))}
        shown = job_fields(sections["job"], name)
        sections["partition"] = self._say(first_questions(job, has_ended=False)["partition"])
        partition = partition_of(shown, sections["partition"])
        for section, words in more_questions(shown, partition).items():
            sections[section] = self._say(words)
        output = self.cluster.path(f"/home/{ALICE}/{situation}.out")
        if output.exists():
            sections["output"] = output.read_text(errors="replace")
        text = "".join(f"=== {name}\n{shown}" for name, shown in sections.items())
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / f"{situation}.txt").write_text(text)

    def waits_for(self, reason: str, *options: str, body: str = SLEEP, **more: str) -> str:
        """Submits a job, waits until Slurm gives that reason, and keeps what is said of it."""
        name = more.get("name", f"waits_{reason}")
        job = self.submit(name, body, *options, user=ALICE)
        self.until_reason(job, reason)
        self.keep(more.get("situation", reason), job, name)
        return job

    def until_reason(self, job: str, reason: str) -> None:
        """Waits until squeue's reason begins like that; a wrong one is reported with what it is."""
        words = ["squeue", "-h", "-t", "all", "-j", job, "-o", "%T %r"]
        try:
            wait_until(
                lambda: f" {reason}" in self.cluster.run("login", words).stdout.decode(),
                f"job {job} to wait for {reason}",
                20,
                interval=0.2,
            )
        except ClusterError as error:
            shown = self.cluster.run("login", words).stdout.decode().strip()
            print(f"{self.directory}: {error} It is: {shown}", file=sys.stderr)

    def starts(
        self, *options: str, body: str = SLEEP, name: str = "runs", user: str = ALICE
    ) -> str:
        """Submits a job and waits until it runs."""
        job = self.submit(name, body, *options, user=user)
        self.until(job, "RUNNING")
        return job

    def clear(self) -> None:
        """Ends all jobs and leaves the nodes idle."""
        self.admin("scancel", "-f", "-u", ALICE)
        self.cluster.wait_idle()

    def _say(self, words: list[str]) -> str:
        done = self.cluster.run("login", words, user=ALICE)
        return (done.stdout + done.stderr).decode("utf-8", "replace").rstrip("\n") + "\n"


def prepare(recorder: Explained) -> None:
    """Partitions, QOS and accounts with one limit each; preemption by the partition's tier."""
    conf = recorder.cluster.path("/etc/slurm/slurm.conf")
    conf.write_text(conf.read_text() + "PreemptType=preempt/partition_prio\nPreemptMode=CANCEL\n")
    # Not killed: 26.05 does not start without the state that it writes at its end.
    recorder.cluster.stop("login", "slurmctld", signal.SIGTERM)
    recorder.cluster.start("login", "slurmctld")
    recorder.cluster.wait_idle()
    for name, rules in PARTITIONS.items():
        recorder.admin("scontrol", "create", f"PartitionName={name}", *rules.split())
    for name, limit in QOS_LIMITS.items():
        recorder.admin("sacctmgr", "-i", "add", "qos", name, "set", limit)
    allowed = f"qos=normal,{','.join(QOS_LIMITS)}"
    recorder.admin("sacctmgr", "-i", "modify", "user", ALICE, "set", allowed)
    for name, limit in ACCOUNT_LIMITS.items():
        recorder.admin("sacctmgr", "-i", "add", "account", name)
        recorder.admin("sacctmgr", "-i", "add", "user", "alice", f"account={name}")
        recorder.admin("sacctmgr", "-i", "modify", "account", name, "set", limit)


def record_queue(recorder: Explained) -> None:
    """Jobs behind others, and jobs that nothing but themselves holds back."""
    first = recorder.starts("-N", "2", "--exclusive", "-t", "30")
    recorder.keep("running", first)
    recorder.waits_for("Resources", "-N", "2", "--exclusive", "-t", "30")
    recorder.waits_for("Priority", "-t", "30", name=FORGED_NAME, situation="hostile")
    recorder.waits_for("Priority", "-t", "30", "--mem=100", "--comment", f"Reason=Lies{FORGED}")
    recorder.waits_for("Dependency", "-d", f"afterok:{first}?afternotok:{first}")
    recorder.waits_for("JobHeldUser", "-H")
    held = recorder.submit("held_by_root", SLEEP, user=ALICE)
    recorder.admin("scontrol", "hold", held)
    recorder.until_reason(held, "JobHeldAdmin")
    recorder.keep("JobHeldAdmin", held)
    recorder.waits_for("BeginTime", "--begin=now+1hour")
    recorder.waits_for("PartitionTimeLimit", "-p", "one", "-t", "60")
    recorder.waits_for("PartitionNodeLimit", "-p", "one", "-N", "2", "-t", "20")
    closed = recorder.waits_for("PartitionDown", "-p", "closed")
    recorder.admin("scontrol", "update", "partition=closed", "state=INACTIVE")
    recorder.until_reason(closed, "PartitionInactive")
    recorder.keep("PartitionInactive", closed)
    recorder.clear()
    _change_the_rules(recorder)
    recorder.clear()
    failed = recorder.submit("fails", "exit 3", user=ALICE)
    recorder.until(failed, "FAILED")
    recorder.waits_for("DependencyNeverSatisfied", "-d", f"afterok:{failed}")
    recorder.waits_for("JobArrayTaskLimit", "--array=0-3%1")
    recorder.clear()


def _change_the_rules(recorder: Explained) -> None:
    """A job that fitted its partition when it was submitted."""
    job = recorder.submit("QOSNotAllowed", SLEEP, "-p", "others", "-H", user=ALICE)
    recorder.admin("scontrol", "update", "partition=others", "DenyQos=normal")
    recorder.admin("scontrol", "release", job)
    recorder.until_reason(job, "Job's QOS")
    recorder.keep("QOSNotAllowed", job)


def record_limits(recorder: Explained) -> None:
    """One job that reaches the limit, one that waits for it."""
    for name in QOS_LIMITS:
        of = ["-q", name, "-t", "20", "-n", "2", "--mem=10"]
        fills = not name.startswith(("QOSMin", "QOSMaxWall", "QOSMaxGRES"))
        if fills:
            recorder.starts(*of)
        node = ["-w", "node2"] if "Node" in name else []
        recorder.waits_for(name, *of, "--gpus-per-node=2", *node)
        recorder.clear()
    for name in ACCOUNT_LIMITS:
        of = ["-A", name, "-t", "20", "-n", "2", "--mem=10"]
        if not name.startswith(("AssocMaxWall", "AssocMaxCpu")):
            recorder.starts(*of)
        recorder.waits_for(name, *of)
        recorder.clear()


def record_nodes(recorder: Explained) -> None:
    """Licences, reservations, and nodes that are away."""
    recorder.starts("-L", "abaqus:3")
    recorder.waits_for("Licenses", "-L", "abaqus:2")
    recorder.clear()
    reserve = ["scontrol", "create", "reservation", "users=alice", "duration=60", "nodes=node1"]
    recorder.admin(*reserve, "ReservationName=course", "starttime=now+2hours")
    waits = recorder.waits_for("Reservation", "--reservation=course", "-t", "10")
    recorder.admin("scancel", waits)
    recorder.admin("scontrol", "delete", "ReservationName=course")
    service = ["scontrol", "create", "reservation", "users=root", "duration=60", "nodes=ALL"]
    recorder.admin(*service, "ReservationName=service", "starttime=now+20minutes", "flags=maint")
    recorder.waits_for(
        "ReqNodeNotAvail", "-t", "60", "-w", "node1", situation="reserved_for_maintenance"
    )
    recorder.admin("scancel", "-u", "alice")
    recorder.admin("scontrol", "delete", "ReservationName=service")
    drain = ["scontrol", "update", "nodename=node2", "state=drain"]
    recorder.admin(*drain, "reason=fan broken, call bob|ext 12")
    recorder.waits_for("ReqNodeNotAvail", "-w", "node2")
    recorder.waits_for("Nodes required", "-N", "2", situation="nodes_drained")
    recorder.admin("scontrol", "update", "nodename=node2", "state=resume")
    recorder.clear()


def record_endings(recorder: Explained) -> None:
    """Jobs that ended in every way that can be caused."""
    slow = recorder.submit(
        "TIMEOUT", SLEEP, "-t", "1", "-w", "node1", "-o", "TIMEOUT.out", user=ALICE
    )
    late = recorder.submit("late", "true", "-H", "-t", "1", "--deadline=now+65seconds", user=ALICE)
    _end_in_failure(recorder)
    _end_by_others(recorder)
    lost = recorder.starts("-w", "node2", "--no-requeue", "-o", "NODE_FAIL.out")
    again = recorder.starts("-w", "node2", "--requeue")
    recorder.cluster.link("node2", up=False)
    recorder.until(lost, "NODE_FAIL")
    recorder.cluster.link("node2", up=True)
    recorder.keep("NODE_FAIL", lost)
    recorder.keep("requeued_after_node_fail", again)
    recorder.until(slow, "TIMEOUT")
    time.sleep(2)
    recorder.keep("TIMEOUT", slow)
    if recorder.cluster.generation != "22.05":  # which forgets the deadline of a held job
        recorder.until(late, "DEADLINE")
        recorder.keep("DEADLINE", late)
    recorder.clear()


def _end_in_failure(recorder: Explained) -> None:
    jobs = {
        name: recorder.submit(name, body, "--mem=60", "-o", f"{name}.out", user=ALICE)
        for name, body in failing_jobs(recorder.cluster).items()
    }
    for job in jobs.values():
        recorder.until(job, "COMPLETED", "FAILED", "OUT_OF_MEMORY")
    time.sleep(3)  # the database learns of a job's end after the controller
    for name, job in jobs.items():
        recorder.keep(name, job)


def _end_by_others(recorder: Explained) -> None:
    own, roots = recorder.starts(), recorder.starts()
    waiting = recorder.submit("never_starts", "true", "-H", user=ALICE)
    recorder.cluster.run("login", ["scancel", own], user=ALICE)
    recorder.admin("scancel", roots)
    recorder.admin("scancel", waiting)
    suspended, special = recorder.starts("-w", "node1"), recorder.starts("-w", "node1", "--requeue")
    recorder.admin("scontrol", "suspend", suspended)
    recorder.admin("scontrol", "requeuehold", special)
    recorder.until_reason(special, "job requeued")
    time.sleep(3)
    recorder.keep("cancelled_by_user", own)
    recorder.keep("cancelled_by_root", roots)
    recorder.keep("cancelled_before_its_start", waiting)
    recorder.keep("SUSPENDED", suspended)
    recorder.keep("requeued_held", special)
    preempted = recorder.starts("-w", "node2", "--exclusive", "-t", "30", "-o", "PREEMPTED.out")
    urgent = recorder.starts("-w", "node2", "--exclusive", "-p", "urgent", "-t", "30")
    recorder.until(preempted, "PREEMPTED", "CANCELLED")
    time.sleep(3)
    recorder.keep("PREEMPTED", preempted)
    recorder.admin("scancel", urgent)


def record(generation: str, directory: Path) -> None:
    """Boots that generation and leaves its answers in the directory."""
    recorder = Explained(Cluster.up(generation), directory)
    try:
        prepare(recorder)
        record_queue(recorder)
        record_limits(recorder)
        record_nodes(recorder)
        record_endings(recorder)
    finally:
        recorder.cluster.down()


if __name__ == "__main__":
    for wanted in sys.argv[2:] or GENERATIONS:
        record(wanted, Path(sys.argv[1]) / wanted / "why")
