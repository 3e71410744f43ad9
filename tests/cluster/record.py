"""Records what the real commands print, for the parsers' tests: ``python -m tests.cluster.record
DIR [GENERATION...]``.

Two minutes a generation: the shortest time limit that Slurm keeps is one minute.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.cluster import Cluster
from tests.cluster.daemons import wait_until
from tests.cluster.errors import ClusterError
from tests.cluster.generations import GENERATIONS
from tests.cluster.options import Options

HOSTILE_NAME = "jarvice_a|b\nCOMPLETED|Grüße $(touch x) 'q\""
SQUEUE = ["squeue", "-h", "-t", "all", "-o", "N0NCE|%A|%T|%M|%l|%V|%r|%N|%u|%o|%jN0NCE%k"]
SACCT_FIELDS = (
    "JobIDRaw,State,ExitCode,ElapsedRaw,Submit,Start,End,NodeList,User,JobName,SubmitLine"
)
SACCT = ["sacct", "-n", "-P", "-D", "-X", "-a", "-S", "now-1day", "-o", SACCT_FIELDS]
SINFO = ["sinfo", "-h", "-N", "-o", "%N|%c|%m|%G|%T|%P"]
EAT = "perl -e '$x = q(a) x (400 * 1024 * 1024); sleep 30'"
REFUSED = {
    "unknown_partition": ["-p", "nowhere"],
    "too_many_nodes": ["-N", "3"],
    "too_many_cores": ["-n", "99"],
    "too_much_memory": ["--mem=9000"],
    "invalid_time": ["--time=soon"],
    "unknown_licence": ["-L", "ansys:1"],
    "unknown_account": ["-A", "nobody"],
    "unknown_option": ["--no-such-option"],
    "account_limit": ["-A", "limited"],
}


class Recorder:
    """One cluster and the directory that its answers go to."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self.cluster = cluster
        self.directory = directory

    def submit(self, name: str, body: str, *options: str, user: str = "jarvice") -> str:
        """Submits a batch script of that user's; returns the job's id."""
        path = f"/home/{user}/my scripts/{'hostile' if name == HOSTILE_NAME else name}.sh"
        self.cluster.path(path).parent.mkdir(exist_ok=True)
        self.cluster.path(path).write_text(f"#!/bin/sh\n{body}\n")
        words = [
            "sbatch",
            "--parsable",
            "-J",
            name,
            "--comment",
            f"token-of-{name}",
            "-o",
            "/dev/null",
            *options,
            path,
        ]
        done = self.cluster.run("login", words, user=user)
        if done.returncode != 0:
            raise ClusterError(f"sbatch refused {name}: {done.stderr.decode()}")
        return done.stdout.decode().strip()

    def until(self, job: str, *states: str, timeout: float = 120) -> None:
        """Waits until the controller gives the job one of these states."""
        words = ["squeue", "-h", "-t", "all", "-j", job, "-o", "%T"]
        wait_until(
            lambda: self.cluster.run("login", words).stdout.decode().strip() in states,
            f"job {job} to be {states}",
            timeout,
        )

    def admin(self, *words: str) -> None:
        """Runs a command as root, who may do anything."""
        done = self.cluster.run("login", words)
        if done.returncode != 0:
            raise ClusterError(f"{' '.join(words)} failed: {done.stderr.decode()}")

    def save(self, name: str, words: Sequence[str]) -> None:
        """Keeps the stdout of a command of the service user's."""
        (self.directory / name).write_bytes(self.cluster.run("login", words, user="jarvice").stdout)

    def save_all(self, name: str, words: Sequence[str], timeout: int = 30) -> None:
        """Keeps exit code, stdout and stderr."""
        done = self.cluster.run(
            "login", ["timeout", str(timeout), *words], user="jarvice", timeout=timeout + 5
        )
        text = b"rc %d\n--- stdout\n%s--- stderr\n%s" % (done.returncode, done.stdout, done.stderr)
        (self.directory / name).write_bytes(text)


def record_states(recorder: Recorder) -> None:
    """One job in every state that a site sees in a month, then what squeue, sacct, sinfo and
    scontrol say of them."""
    slow = recorder.submit("jarvice_timeout", "sleep 600", "-w", "node1", "-t", "1")
    # Ends in DEADLINE before the job above ends; 22.05 forgets the deadline of a held job, which is
    # worth keeping as well.
    recorder.submit("jarvice_deadline", "true", "-H", "-t", "1", "--deadline=now+65seconds")
    never_eligible = _finish_some(recorder)
    _requeue_into_hold(recorder)
    _lose_a_node(recorder)
    recorder.until(slow, "TIMEOUT")
    running = _fill_the_queue(recorder)
    recorder.save("squeue.txt", SQUEUE)
    recorder.save("sinfo.txt", SINFO)
    recorder.save("show_job.txt", ["scontrol", "show", "job", running])
    # The database learns of a job a moment after the controller.
    wait_until(
        lambda: b"jarvice_pending" in recorder.cluster.run("login", SACCT).stdout,
        "sacct to know all jobs",
        30,
    )
    recorder.save("sacct.txt", SACCT)
    # A job that was cancelled while held has never been eligible: -S leaves it out, -j does not
    # (sacct(1)).
    recorder.save(
        "sacct_by_id.txt",
        ["sacct", "-n", "-P", "-D", "-X", "-a", "-j", never_eligible, *SACCT[-2:]],
    )
    recorder.save_all("scontrol_unknown_job.txt", ["scontrol", "show", "job", "4711"])
    recorder.save_all("scancel_unknown_job.txt", ["scancel", "4711"])


def _finish_some(recorder: Recorder) -> str:
    done = recorder.submit("jarvice_completed", "sleep 2; srun hostname", "-N", "2", "-n", "2")
    failed = recorder.submit("jarvice_failed", "exit 3")
    killed = recorder.submit("jarvice_signalled", "kill -SEGV $$")
    oom = recorder.submit("jarvice_oom", EAT, "--mem=60")
    oom_step = recorder.submit("jarvice_oom_step", f"srun {EAT}\nexit 0", "--mem=60")
    hostile = recorder.submit(HOSTILE_NAME, "true", user="bob")
    cancelled = recorder.submit("jarvice_cancelled", "sleep 600")
    pending = recorder.submit("jarvice_cancelled_pending", "true", "-H")
    recorder.until(cancelled, "RUNNING")
    recorder.cluster.run("login", ["scancel", cancelled], user="jarvice")
    recorder.admin("scancel", pending)
    for job in (done, failed, killed, oom, oom_step, hostile, cancelled):
        recorder.until(job, "COMPLETED", "FAILED", "OUT_OF_MEMORY", "CANCELLED")
    return pending


def _requeue_into_hold(recorder: Recorder) -> None:
    held = recorder.submit("jarvice_requeue_hold", "sleep 600", "--requeue")
    special = recorder.submit("jarvice_special_exit", "sleep 600", "--requeue")
    for job in (held, special):
        recorder.until(job, "RUNNING")
    recorder.admin("scontrol", "requeuehold", held)
    recorder.admin("scontrol", "requeuehold", "state=SpecialExit", special)


def _lose_a_node(recorder: Recorder) -> None:
    lost = recorder.submit("jarvice_node_fail", "sleep 600", "-w", "node2", "--no-requeue")
    again = recorder.submit("jarvice_requeued_node", "sleep 600", "-w", "node2", "--requeue")
    for job in (lost, again):
        recorder.until(job, "RUNNING")
    recorder.cluster.link("node2", up=False)
    recorder.until(lost, "NODE_FAIL")
    recorder.cluster.link("node2", up=True)
    nodes = ["sinfo", "-h", "-n", "node2", "-p", "batch", "-o", "%T"]
    wait_until(
        lambda: b"down" not in recorder.cluster.run("login", nodes).stdout, "node2 to return", 60
    )


def _fill_the_queue(recorder: Recorder) -> str:
    running = recorder.submit(
        "jarvice_running",
        "sleep 600",
        "-N",
        "2",
        "-n",
        "4",
        "--time=1-02:03:04",
        "--gpus-per-node=1",
    )
    suspended = recorder.submit("jarvice_suspended", "sleep 600")
    requeued = recorder.submit("jarvice_requeued", "sleep 600", "--requeue")
    stubborn = recorder.submit("jarvice_completing", "trap '' TERM; while :; do sleep 1; done")
    recorder.submit("jarvice_held", "true", "-H")
    recorder.submit(HOSTILE_NAME, "sleep 600", user="bob")
    for job in (running, suspended, requeued, stubborn):
        recorder.until(job, "RUNNING")
    recorder.submit("jarvice_pending", "true", "-N", "2", "--exclusive")
    recorder.submit("jarvice_begin", "true", "--begin=now+1hour")
    recorder.admin("scontrol", "suspend", suspended)
    recorder.admin("scontrol", "requeue", requeued)
    recorder.cluster.run("login", ["scancel", stubborn], user="jarvice")
    return running


def record_answers(recorder: Recorder) -> None:
    """Record what sbatch prints when it succeeds, when Slurm refuses, and when the controller is
    away."""
    wrap = ["--wrap", "true"]
    recorder.save_all("sbatch_ok.txt", ["sbatch", *wrap])
    recorder.save_all("sbatch_ok_parsable.txt", ["sbatch", "--parsable", *wrap])
    for name, options in REFUSED.items():
        recorder.save_all(f"sbatch_refused_{name}.txt", ["sbatch", *options, *wrap])
    recorder.cluster.stop("login", "slurmdbd")
    recorder.save_all("sacct_database_down.txt", SACCT)
    recorder.cluster.stop("login", "slurmctld")
    recorder.save_all("sbatch_refused_controller_down.txt", ["sbatch", *wrap], timeout=5)
    recorder.save_all("squeue_controller_down.txt", SQUEUE)


def record_chatty(recorder: Recorder) -> None:
    """The same on a site that talks."""
    recorder.save_all("sbatch_ok_chatty.txt", ["bash", "-lc", "sbatch --wrap true"])
    recorder.save_all(
        "sbatch_refused_chatty.txt", ["bash", "-lc", "sbatch -p forbidden --wrap true"]
    )
    recorder.save_all("squeue_chatty.txt", ["bash", "-lc", 'exec "$@"', "bash", *SQUEUE])


def record(generation: str, directory: Path) -> None:
    """Boots that generation twice and leaves its answers in the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    plain = Recorder(Cluster.up(generation), directory)
    try:
        record_states(plain)
        record_answers(plain)
    finally:
        plain.cluster.down()
    chatty = Recorder(
        Cluster.up(generation, Options(site_wrapper=True, job_submit=True, chatty_shell=True)),
        directory,
    )
    try:
        record_chatty(chatty)
    finally:
        chatty.cluster.down()


if __name__ == "__main__":
    for wanted in sys.argv[2:] or GENERATIONS:
        record(wanted, Path(sys.argv[1]) / wanted)
