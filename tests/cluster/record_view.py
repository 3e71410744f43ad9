"""Records what the program that asks for the cluster prints: ``python -m tests.cluster.record_view
DIR [GENERATION...]``. One minute a generation."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from connectors.slurm.shell import programs
from connectors.slurm.words.cluster.queue import columns
from tests.cluster.cluster import Cluster
from tests.cluster.daemons import wait_until
from tests.cluster.generations import DEFAULT_GENERATION, GENERATIONS
from tests.cluster.options import Options
from tests.cluster.record import HOSTILE_NAME, Recorder

MARK = "N0NCE"
REASON = "fan broken, call bob|ext 12 State=IDLE [root@1]\nNodeName=x State=IDLE Reason=none [y@2]"
SLEEP = "sleep 600"
# An account below research, with limits of its own; and one that alice may not use.
ACCOUNTS = (
    "add account water parent=research",
    "add account elsewhere",
    "add user bob account=elsewhere",
    "add user alice account=water",
    "modify account research set GrpTRES=cpu=64,gres/gpu=2",
    "modify account water set MaxJobs=20 MaxWall=90 GrpTRES=cpu=16",
    "modify user alice where account=water set MaxJobs=5",
    "modify account elsewhere set MaxJobs=1",
)


def words(seconds: int = 10) -> list[str]:
    """The command that runs the program, with a mark that a test can know."""
    text = f'{programs.prelude()}\ndssr_cluster "$@"'
    return ["/bin/sh", "-c", text, "dssr", "", "", str(seconds), MARK, columns(MARK)]


def record_view(recorder: Recorder) -> None:
    """Two nodes, one of them drained; a partition with limits, one that is down; a full queue."""
    create = ("scontrol", "create")
    recorder.admin(
        *create, "PartitionName=one", "Nodes=node1", "MaxTime=1-00:30:00", "DefaultTime=10",
        "MaxNodes=1", "AllowAccounts=research,water",
    )  # fmt: skip
    recorder.admin(*create, "PartitionName=closed", "Nodes=node2", "Hidden=YES", "State=DOWN")
    features = ("AvailableFeatures=big,ib", "ActiveFeatures=big,ib")
    recorder.admin("scontrol", "update", "nodename=node1", *features)
    for change in ACCOUNTS:
        recorder.admin("sacctmgr", "-i", *change.split())
    _fill_the_queue(recorder)
    _keep(recorder, "view.txt", "alice")


def _fill_the_queue(recorder: Recorder) -> None:
    runs = recorder.submit(
        "runs", SLEEP, "-w", "node1", "-n", "2", "--mem=100", "-t", "30", "--gpus-per-node=1"
    )
    recorder.until(runs, "RUNNING")
    recorder.admin("scontrol", "update", "nodename=node2", "state=drain", f"reason={REASON}")
    recorder.submit("held", SLEEP, "-H")
    recorder.submit(HOSTILE_NAME, SLEEP, "-N", "2-3", user="bob")
    recorder.submit("tasks", SLEEP, "--array=0-3%2", "--exclusive", "-t", "20", user="alice")
    recorder.submit("next", SLEEP, "--exclusive", "-t", "30", user="alice")
    starts = ["squeue", "-h", "--start", "-n", "next", "-o", "%S"]
    wait_until(
        lambda: recorder.cluster.run("login", starts).stdout.strip() not in (b"", b"N/A"),
        "the scheduler to plan the start of a job",
        90,
    )


def _keep(recorder: Recorder, name: str, user: str, seconds: int = 10) -> None:
    done = recorder.cluster.run("login", words(seconds), user=user, timeout=30)
    (recorder.directory / name).write_bytes(done.stdout)


def record_silence(recorder: Recorder) -> None:
    """The controller without its database; and no controller."""
    recorder.cluster.stop("login", "slurmdbd")
    _keep(recorder, "view_database_down.txt", "alice")
    recorder.cluster.stop("login", "slurmctld")
    _keep(recorder, "view_controller_down.txt", "alice", seconds=2)


def record(generation: str, directory: Path) -> None:
    """Boots that generation and leaves its answers in the directory."""
    recorder = Recorder(Cluster.up(generation), directory)
    try:
        record_view(recorder)
        record_silence(recorder)
    finally:
        recorder.cluster.down()
    if generation == DEFAULT_GENERATION:
        plain = Recorder(Cluster.up(generation, Options(accounting=False)), directory)
        try:
            time.sleep(1)
            _keep(plain, "view_without_accounting.txt", "alice")
        finally:
            plain.cluster.down()


if __name__ == "__main__":
    for wanted in sys.argv[2:] or GENERATIONS:
        record(wanted, Path(sys.argv[1]) / wanted)
