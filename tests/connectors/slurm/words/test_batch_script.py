"""The batch script as a node runs it: a real bash, a directory that it was given, and Slurm's
environment."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.shared import batch
from connectors.slurm.words.batch_script import MAPPING, batch_script
from dssr.job import JobSpec
from tests.connectors.slurm.specs import spec

SOURCE = "as the upstream has sent it"  # the same for all jobs here: their directory is one
MARKER = "echo JARVICE_CMD_SUCCESS\n"
# To the batch shell; between it and the script is the process that reports the end.
TERM = "kill -TERM $(cut -d' ' -f4 /proc/$PPID/stat)"


class Node:
    """A job's directory, a scratch directory, and what is on the PATH of the node."""

    def __init__(self, tmp_path: Path) -> None:
        self.directory = tmp_path / f"state/jobs/a day/{replace(spec(), source=SOURCE).token}.x"
        self.scratch, self.bin = tmp_path / "scratch", tmp_path / "bin"
        for path in (self.directory, self.scratch, self.bin):
            path.mkdir(parents=True)
        # srun for one task, which is a process group of its own as slurmstepd makes it. The real
        # one is in the tests on the cluster.
        self.program("srun", 'while [ "$1" != bash ]; do shift; done; exec setsid -w "$@"')
        self.program("scontrol", "echo node1; echo node2")
        # What happens to the files before the job begins.
        self.spoil: Callable[[], object] = lambda: None

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def run(
        self,
        job: JobSpec,
        native_id: str = "11",
        words: int = 2,
        work: str = "",
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        """Lay the job's files down as the submission does, and run the batch script; stdout is open
        for appending."""
        job = replace(job, source=SOURCE)
        step = "" if job.plain else batch.step_text(job, 'bash "$DSSR_JOB_DIR/script"', MAPPING)
        texts = {
            "script": job.script,
            "output": str(self.scratch / "output"),
            "batch": batch_script(job, step),
            "secrets": batch.secrets_text(job),
            "step": step,
        }
        for name, text in texts.items():
            (self.directory / name).write_text(text, newline="")
            (self.directory / name).chmod(0o700)
        self.spoil()
        slurm = dict.fromkeys(("SLURM_JOB_ID", "SLURM_JOBID"), native_id)
        slurm |= {"SLURM_NNODES": "1", "SLURM_JOB_NODELIST": "node[1-2]"}
        places = (self.directory, f"{self.scratch}/")[:words]
        with (self.scratch / "output").open("a") as output:
            done = subprocess.run(
                ["bash", self.directory / "batch", *places, work],
                env={"PATH": f"{self.bin}:{os.environ['PATH']}", **slurm, **environment},
                stdout=output, stderr=subprocess.STDOUT, timeout=60, start_new_session=True,
            )  # fmt: skip
        return subprocess.CompletedProcess(
            done.args, done.returncode, (self.scratch / "output").read_text()
        )

    @property
    def record(self) -> dict[str, str]:
        return dict(
            line.split("=", 1) for line in (self.directory / "record").read_text().splitlines()
        )


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_a_job_that_succeeds(node: Node) -> None:
    """A job elects itself, runs, reports its success, and writes its record as its last act."""
    done = node.run(spec(f"echo working\n{MARKER}"), SLURM_JOB_PARTITION="batch")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "working",
        "JARVICE_CMD_SUCCESS",
        "JARVICE Job completed OK",
    ]
    assert (node.directory / "elected").readlink() == Path("11")
    assert {name: node.record[name] for name in ("exit", "step", "marker")} == {
        "exit": "0",
        "step": "0",
        "marker": "success",
    }
    assert int(node.record["began"]) <= int(node.record["ended"])
    assert (node.record["nodes"], node.record["partition"]) == ("node[1-2]", "batch")
    assert not (node.directory / "record.tmp").exists()


def test_a_job_that_fails(node: Node) -> None:
    """The record of a failed job has its exit code and what Slurm thinks of it."""
    node.program("squeue", "echo 'a banner'; echo 'TIMEOUT|TimeLimit'")
    done = node.run(spec("echo working\nexit 3\n"))
    assert done.returncode == 1
    assert done.stdout.endswith("JARVICE Job failed, investigate logs\n")
    assert {name: node.record[name] for name in ("exit", "step", "marker", "state")} == {
        "exit": "1", "step": "3", "marker": "none", "state": "TIMEOUT",
    }  # fmt: skip


def test_a_job_that_had_ended_is_not_run_again(node: Node) -> None:
    """A job that has ended and that a controller with an older state starts again ends as before
    and runs nothing; a restart that Slurm counts runs the script."""
    once = spec("echo working\nexit 3\n", plain=True)
    assert [node.run(once).returncode, node.run(once).returncode] == [3, 3]
    assert node.run(once).stdout.splitlines() == ["working"]
    assert node.run(once, SLURM_RESTART_COUNT="1").stdout.splitlines() == ["working"] * 2
    assert node.record["restarts"] == "1"


def test_a_run_that_was_cut_off_spoils_no_later_one(node: Node) -> None:
    """After a run that was cut off with its node, the files are those of the later run."""
    job = spec(
        'ln -sfn 1 "$DSSR_JOB_DIR/run"; echo ended\n', plain=True, secrets=(("WORD", "geheim"),)
    )
    assert "ended" in node.run(job).stdout
    assert (node.directory / "secrets").exists()
    assert (node.scratch / ".jarvice/jobs/11").is_dir()
    assert not (node.directory / "record").exists()
    again = spec("echo again\n", plain=True)
    assert "again" in node.run(again, SLURM_RESTART_COUNT="1").stdout
    assert node.record["restarts"] == "1"


@pytest.mark.parametrize(
    ("slurm_says", "state"),
    [("COMPLETING|TimeLimit", "TIMEOUT"), ("RUNNING|None", "RUNNING"), ("COMPLETING|None", None)],
)
def test_a_job_that_slurm_ends(node: Node, slurm_says: str, state: str | None) -> None:
    """A job out of time says so in its record; a job that is ended for another reason leaves no
    record and keeps what its next run needs; other signals change nothing."""
    node.program("squeue", f"echo '{slurm_says}'")
    node.run(spec(f"{TERM}; exit 1\n", plain=True, secrets=(("WORD", "geheim"),)))
    if state:
        assert node.record["state"] == state
    assert (node.directory / "record").exists() == (state is not None)
    assert (node.directory / "secrets").exists() == (state is None)


def test_a_signal_at_the_very_end(node: Node) -> None:
    """A signal at the very end does not keep the job from ending."""
    node.program("squeue", "echo 'RUNNING|None'")
    for restart in range(12):
        job = spec(f"({TERM}) & exit 3\n", plain=True)
        assert node.run(job, SLURM_RESTART_COUNT=str(restart)).returncode == 3
        assert node.record["exit"] == "3"


def test_a_plain_script_ends_with_its_exit_code(node: Node) -> None:
    """A plain script runs under the interpreter that it names and needs no marker; the job ends
    with its exit code."""
    done = node.run(spec("#!/bin/sh\nreadlink /proc/$$/exe\nexit 4\n", plain=True))
    assert done.returncode == 4
    assert "JARVICE Job" not in done.stdout
    assert done.stdout.strip() == os.path.realpath("/bin/sh")
    assert (node.record["exit"], node.record["marker"]) == ("4", "none")


def test_a_plain_script_whose_interpreter_is_not_on_the_node(node: Node) -> None:
    """The job fails with 127, and a line of its output names the interpreter and the node."""
    done = node.run(spec("#!/bin/no-csh -f\necho ran\n", plain=True))
    assert done.returncode == 127
    assert done.stdout.startswith(
        f"dssr: the interpreter /bin/no-csh of the script's first line is not on "
        f"{os.uname().nodename}"
    )
    assert node.record["exit"] == "127"


def test_a_plain_script_that_names_no_interpreter(node: Node) -> None:
    """A plain script that names no interpreter runs under bash."""
    assert "bash" in node.run(spec('echo "$BASH_VERSION bash"\n', plain=True)).stdout


def test_a_job_that_is_not_elected_runs_nothing(node: Node) -> None:
    """A job that is not elected ends well and leaves no trace: another job is the submission's."""
    (node.directory / "elected").symlink_to("10")
    done = node.run(spec(f"echo working\n{MARKER}"))
    assert (done.returncode, done.stdout) == (0, "")
    assert not (node.directory / "record").exists()
    assert (node.directory / "elected").readlink() == Path("10")


@pytest.mark.parametrize("words", [0, 1, 2])
def test_a_batch_script_that_another_process_submits_again(node: Node, words: int) -> None:
    """A batch script that the bridge has not submitted ends at once, and says which file to submit:
    it has no arguments, or those of another job, whose output is in another file."""
    node.spoil = lambda: (node.directory / "output").write_text("/elsewhere")
    (node.directory / "elected").symlink_to("10")
    done = node.run(spec("echo ran"), words=words, DSSR_JOB_DIR=str(node.directory))
    assert done.returncode == 1
    assert done.stdout.endswith(f"same job script yourself, submit {node.directory}/script.\n")
    assert not (node.directory / "record").exists()


def test_a_job_that_was_elected_by_the_submission_runs(node: Node) -> None:
    """A job whose own id is elected already runs, after a requeue or when sbatch's answer was
    faster."""
    (node.directory / "elected").symlink_to("11")
    assert node.run(spec(MARKER)).returncode == 0


def test_a_requeued_job_leaves_the_record_of_its_last_run(node: Node) -> None:
    """The record of a first run is removed before the second run begins."""
    assert node.run(spec("exit 1\n")).returncode == 1
    script = f'[ -e "$DSSR_JOB_DIR/record" ] && echo "a record is here"\n{MARKER}'
    done = node.run(spec(script), SLURM_RESTART_COUNT="1")
    assert "a record is here" not in done.stdout
    assert (node.record["exit"], node.record["restarts"]) == ("0", "1")


def test_the_jobs_surroundings(node: Node) -> None:
    """A job has the neutral names, a directory of its own and its credentials; directory and
    credentials are gone afterwards."""
    script = (
        'echo "$JOB_JOBID|$PROCESS_PROCID|$PROCESS_NODENAME|'
        '$JOB_JOB_FORMATED_NODELIST|$JOB_NTASKS|$SECRET|"\n'
        f'cd "$DSSR_WORK_DIR" && touch file && pwd\n{MARKER}'
    )
    environment: dict[str, Any] = {
        "SLURM_PROCID": "0",
        "SLURMD_NODENAME": "node1",
        "SLURM_NTASKS": "1",
    }
    done = node.run(spec(script, secrets=(("SECRET", "it's $HOME"),)), **environment)
    first, where, *_ = done.stdout.splitlines()
    assert first == "11|0|node1|node1 node2|1|it's $HOME|"
    assert where == f"{node.scratch}/.jarvice/jobs/11"
    assert not Path(where).exists()
    assert not (node.directory / "secrets").exists()


def test_the_text_holds_no_credentials() -> None:
    """The batch script holds no credentials, because callers can read it."""
    assert "hunter2squared" not in batch_script(spec(secrets=(("PASSWORD", "hunter2squared"),)), "")


@pytest.mark.parametrize("script", ["'", "${X}", "{0}{}{{", "%s", "`id`", "\\", "\r\n", "EOF\n"])
def test_the_jobs_script_is_no_part_of_the_text(script: str) -> None:
    """The job's script reaches the node as a file, so nothing in it can change the batch script."""
    same = spec(script * 3)
    assert batch_script(same, "") == batch_script(replace(same, script="x" * len(same.script)), "")


@pytest.mark.parametrize("name", ["script", "step"])
def test_a_file_that_is_not_whole_runs_nothing(node: Node, name: str) -> None:
    """A job whose script is not complete on the file server fails and says so."""
    file = node.directory / name
    node.spoil = lambda: file.write_bytes(file.read_bytes()[:-1])
    done = node.run(spec("echo ran\necho JARVICE_CMD_SUCCESS\n"))
    assert done.returncode != 0
    assert f"{name} is not whole: check the quota" in done.stdout
    assert "ran" not in done.stdout.split()


def test_a_batch_script_that_is_cut_runs_nothing(node: Node) -> None:
    """A part of the batch script is no complete command, so it runs nothing."""
    file = node.directory / "batch"
    node.spoil = lambda: file.write_bytes(file.read_bytes()[:-3])
    done = node.run(spec("echo ran\n"))
    assert done.returncode != 0
    assert "ran" not in done.stdout.split()
    assert not (node.directory / "elected").is_symlink()


def test_what_a_job_with_the_same_id_has_left_is_not_found(node: Node) -> None:
    """A job does not find what an earlier job with the same id has left."""
    left = node.scratch / ".jarvice/jobs/11"
    left.mkdir(parents=True)
    (left / "old").touch()
    (left / ".job").symlink_to("/another/job")
    done = node.run(spec('ls -A "$DSSR_WORK_DIR"; echo JARVICE_CMD_SUCCESS\n'))
    assert done.returncode == 0
    assert "old" not in done.stdout.split()
    assert not left.exists()
