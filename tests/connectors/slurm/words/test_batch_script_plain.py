"""The wrapper of a plain job's script, in a real bash."""

from pathlib import Path

import pytest

from tests.connectors.slurm.specs import spec
from tests.connectors.slurm.words.test_batch_script import Node

BATCH_PROCESS = "$(cut -d' ' -f4 /proc/$PPID/stat)"  # the parent of the script's parent


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node on which Slurm's controller says that the job runs."""
    made = Node(tmp_path)
    made.program("squeue", "echo 'RUNNING|None'")
    return made


@pytest.mark.parametrize("code", [0, 1, 127, 137, 143, 255])
def test_the_exit_code_of_the_script_is_the_jobs(node: Node, code: int) -> None:
    """The batch script ends with the script's exit code, whatever it is, and records it."""
    assert node.run(spec(f"exit {code}\n", plain=True)).returncode == code
    assert node.record["exit"] == str(code)


@pytest.mark.parametrize(
    "script",
    [
        "exec >&- 2>&-\nexit 4\n",
        "exec <&- >&- 2>&- 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-\nexit 4\n",
        "sleep 50 & exit 4\n",
        "setsid sleep 50 & exec bash -c 'exit 4'\n",
    ],
    ids=["closes its output", "closes all", "leaves a process", "leaves a session"],
)
def test_the_job_ends_with_its_script(node: Node, script: str) -> None:
    """The job ends when the script ends, whatever the script has closed or leaves running. The
    process that is left would run longer than the test waits."""
    assert node.run(spec(script, plain=True)).returncode == 4


def test_the_script_inherits_no_file_of_the_wrapper(node: Node) -> None:
    """Only stdin, stdout and stderr are open in the script, as under sbatch."""
    script = "for n in {3..99}; do [ ! -e /proc/$$/fd/$n ] || readlink /proc/$$/fd/$n; done\n"
    assert node.run(spec(script, plain=True)).stdout == ""


def test_a_signal_to_the_process_group_as_the_first_act(node: Node) -> None:
    """A script that begins with ``kill 0`` ends by that signal alone, and so does its job: the
    traps of the wrapper are set before the script starts."""
    for restart in range(25):
        done = node.run(spec("kill 0; sleep 50\n", plain=True), SLURM_RESTART_COUNT=str(restart))
        assert (done.returncode, done.stdout) == (143, "")
        assert node.record["exit"] == "143"


def test_a_signal_in_posix_mode(node: Node) -> None:
    """A job whose user sets POSIXLY_CORRECT, with which bash's builtins behave otherwise, receives
    its signals and ends with its script, which sees the variable."""
    script = f"""\
trap 'echo "got it, $POSIXLY_CORRECT"; exit 9' USR1
kill -USR1 {BATCH_PROCESS}
for (( i = 0; i < 300; i++ )); do sleep 0.1; done
"""
    done = node.run(spec(script, plain=True), POSIXLY_CORRECT="yes")
    assert (done.returncode, done.stdout) == (9, "got it, yes\n")


def test_a_job_runs_in_the_directory_that_it_was_given(node: Node, tmp_path: Path) -> None:
    """A job that keeps its files runs in its working directory, wherever Slurm has started it."""
    (tmp_path / "work").mkdir()
    job = spec("pwd\n", plain=True, keeps_files=True)
    done = node.run(job, work=str(tmp_path / "work"))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/work\n")


def test_a_job_whose_directory_is_not_on_the_node_fails(node: Node, tmp_path: Path) -> None:
    """A job whose working directory its node does not have runs nothing, and says why in its
    output."""
    node.program("sleep", "exit 0")
    job = spec("echo ran\n", plain=True, keeps_files=True)
    done = node.run(job, work=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert "dssr: " in done.stdout
    assert f"does not see the working directory {tmp_path}/nowhere: " in done.stdout
    assert "ran" not in done.stdout


def test_whether_there_is_room_is_tried_with_a_new_file(node: Node) -> None:
    """The end of a failed job touches no file of the user's, and says why none can be made."""
    (node.scratch / "output.room").write_text("mine")
    node.run(spec("exit 3\n", plain=True))
    assert (node.scratch / "output.room").read_text() == "mine"
    assert len(list(node.scratch.glob("output*"))) == 2
    assert node.record["full"] == ""
    node.program("mktemp", "echo 'mktemp: /a: Disk quota exceeded' >&2; exit 1")
    node.run(spec("exit 3\n", plain=True), SLURM_RESTART_COUNT="1")
    assert node.record["full"] == "Disk quota exceeded"
