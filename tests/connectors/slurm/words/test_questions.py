"""What is asked of Slurm about one job, on recorded jobs and on a real cluster."""

import pytest

from connectors.slurm.words.fields import job_fields
from connectors.slurm.words.findings import Findings
from connectors.slurm.words.questions import (
    accounting_question,
    first_questions,
    more_questions,
    partition_of,
)
from connectors.slurm.words.why import explain
from dssr.job import JobState
from dssr.record import Why
from tests.cluster import Cluster
from tests.connectors.slurm.recordings import GENERATIONS
from tests.connectors.slurm.situations import EVERYWHERE, findings
from tests.end_to_end.service import eventually

# Situation -> the sections that are asked for beyond job, accounting and partition.
ASKED = {
    "Resources": {"free", "nodes"},
    "Priority": {"free", "nodes", "queue"},
    "hostile": {"free", "nodes", "queue"},
    "Dependency": {"others"},
    "DependencyNeverSatisfied": {"others"},
    "QOSMaxJobsPerUserLimit": {"limits"},
    "AssocGrpCpuLimit": {"limits"},
    "Licenses": {"licenses"},
    "Reservation": {"nodes", "reservations"},
    "reserved_for_maintenance": {"nodes", "reservations"},
    "nodes_drained": {"nodes", "reservations"},
    "JobHeldUser": set(),
    "running": set(),
    "COMPLETED": set(),
    "TIMEOUT": set(),
    "NODE_FAIL": {"nodes"},
    "PREEMPTED": {"successors"},
}  # fmt: skip


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("situation", ASKED)
def test_only_what_can_explain_the_job_is_asked(generation: str, situation: str) -> None:
    """Each answer of the controller leads to few more questions, and for most jobs to none."""
    found = findings(generation, situation)
    assert set(more_questions(found.job, found.partition)) == ASKED[situation]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("situation", EVERYWHERE)
def test_no_recorded_question_was_refused(generation: str, situation: str) -> None:
    """An ordinary user may ask all questions, and each generation understands their options."""
    answers = findings(generation, situation).sections
    assert [text for text in answers.values() if "error" in text or "sage:" in text] == []


def test_the_limits_of_the_partitions_qos_are_asked_too() -> None:
    """The limits of a partition's QOS are asked for, too."""
    job = {
        "JobState": "PENDING", "Reason": "QOSGrpCpuLimit", "UserId": "alice(2002)",
        "Account": "research", "QOS": "normal",
    }  # fmt: skip
    words = more_questions(job, {"QoS": "part_gpu"})["limits"]
    assert words[-4:] == [
        "users=alice", "accounts=research", "qos=normal,part_gpu", "flags=assoc,qos",
    ]  # fmt: skip
    assert "qos=normal" in more_questions(job, {})["limits"]


def test_a_job_without_fields_leads_to_no_question() -> None:
    """A job that the controller does not know leads to no further question."""
    assert partition_of({}, "PartitionName=batch\n   MaxTime=30\n") == {}
    assert more_questions({}, {}) == {}


def test_the_jobs_partition_is_found_among_all() -> None:
    """Of a job that names several partitions it is the first; a name is compared as a whole."""
    shown = "PartitionName=batch2\n   MaxTime=1\n\nPartitionName=batch\n   MaxTime=30\n"
    assert partition_of({"Partition": "batch,batch2"}, shown)["MaxTime"] == "30"
    assert partition_of({"Partition": "bat"}, shown) == {}


def explained(cluster: Cluster, job: str) -> Why:
    """Why a job of alice's waits, by the questions that the bridge asks."""

    def ask(words: list[str]) -> str:
        done = cluster.run("login", words, user="alice")
        return (done.stdout + done.stderr).decode()

    asked = first_questions(job, has_ended=False) | {"accounting": accounting_question(job)}
    sections = {name: ask(words) for name, words in asked.items()}
    shown = job_fields(sections["job"])
    for name, words in more_questions(shown, partition_of(shown, sections["partition"])).items():
        sections[name] = ask(words)
    return explain(JobState.PENDING, Findings(job, "wrap", sections))


def submitted(cluster: Cluster, *options: str) -> str:
    """The id of a job of alice's."""
    words = ["sbatch", "--parsable", "-o", "/dev/null", *options, "--wrap", "sleep 600"]
    done = cluster.run("login", words, user="alice")
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def test_a_job_of_a_real_cluster_is_explained(any_cluster: Cluster) -> None:
    """The questions, asked as an ordinary user, and their answers make an explanation."""
    job = submitted(any_cluster, "-H", "-t", "5")
    why = explained(any_cluster, job)
    any_cluster.run("login", ["scancel", job], user="alice")
    assert why.summary.startswith(f"Job {job} is held (JobHeldUser): ")
    assert "1 core" in why.because[0]
    assert "5 min" in why.because[0]


def test_free_gpus_are_counted(any_cluster: Cluster) -> None:
    """A job that waits for GPUs says how many are free, and a job behind it how many are ahead."""
    reason = ["squeue", "-h", "-o", "%T %r", "-j"]
    runs = submitted(any_cluster, "-N", "2", "--gpus-per-node=1", "--mem=10")
    eventually(lambda: b"RUNNING" in any_cluster.run("login", [*reason, runs]).stdout)
    first = submitted(any_cluster, "-N", "2", "--gpus-per-node=2", "--mem=10")
    behind = submitted(any_cluster, "-N", "2", "--gpus-per-node=2", "--mem=10")
    eventually(lambda: b"Resources" in any_cluster.run("login", [*reason, first]).stdout)
    eventually(lambda: b"Priority" in any_cluster.run("login", [*reason, behind]).stdout)
    for job in (first, behind):
        assert "Free in its partition: 2 of 4 GPUs." in explained(any_cluster, job).because
    ahead = "Ahead of it in its partition: 1 job of a higher priority, or as high and older."
    assert ahead in explained(any_cluster, behind).because
    any_cluster.run("login", ["scancel", runs, first, behind], user="alice")
