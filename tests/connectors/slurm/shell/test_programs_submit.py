"""The program that submits, in a real shell, where the bridge goes away and sbatch does what a
healthy one never does."""

import os
import subprocess

import pytest

from connectors.slurm.shell import programs
from connectors.slurm.shell.remote import program
from connectors.transports.framing import command
from tests.connectors.slurm.login_node import KEY, LoginNode, words


def test_a_submission_and_the_same_again(login: LoginNode) -> None:
    """The same submission sent twice runs sbatch once and gets one answer."""
    sbatch = login.counted("echo 77")
    assert login.run("submit", *words(), sbatch=sbatch) == "elected 77\n"
    assert login.run("submit", *words(), sbatch=sbatch) == "elected 77\nagain\n"
    assert login.output == str(login.home / ".jarvice/job.out")
    assert login.run("submit", *words("c" * 32), sbatch=sbatch) == "conflict\n"
    assert login.runs == 1


def test_a_refusal_that_reaches_no_bridge_is_one(login: LoginNode) -> None:
    """A refusal stays a refusal when the bridge has gone away, and sbatch does not run again."""
    refuses_once = login.counted(
        '[ $n -gt 1 ] && echo 78 && exit; echo "sbatch: error: invalid partition" >&2; exit 1'
    )
    login.run("submit", *words(), sbatch=refuses_once, gone=True)
    assert login.runs == 1
    assert login.run("submit", *words(), sbatch=refuses_once) == "elected 78\n"


def test_a_job_whose_answer_reached_no_bridge_stays_known(login: LoginNode) -> None:
    """A job whose answer reached no reader stays known, also when it is long over and Slurm has
    forgotten it: nothing is submitted again."""
    sbatch = login.counted("[ $n -gt 1 ] && exit 1; echo 77")
    assert login.run("submit", *words(), sbatch=sbatch) == "elected 77\n"
    login.grow_old(4000)
    login.run("submit", *words(), sbatch=sbatch, gone=True)
    assert login.runs == 1
    assert login.run("submit", *words(), sbatch=sbatch) == "elected 77\nagain\n"


def test_an_id_is_no_refusal(login: LoginNode) -> None:
    """A site's sbatch that fails after it has printed an id has submitted that job, and the same
    submission again reports it."""
    sbatch = login.counted("echo 77; exit 1")
    assert login.run("submit", *words(), sbatch=sbatch).startswith("unknown")
    login.grow_old(200)
    job = login.job
    found = f'echo "77 {job}/batch"'
    assert login.run("submit", *words(), sbatch=sbatch, squeue=found) == "elected 77\n"
    assert login.runs == 1


def test_scratch_that_cannot_be_written(login: LoginNode) -> None:
    """A scratch directory that cannot be written stops the submission, and the name stays free."""
    (login.home / "scratch").mkdir()
    (login.home / "scratch/.jarvice").symlink_to("/proc")  # where not even root can make a file
    asked = [*words()]
    asked[4] = f"{login.home}/scratch/"
    printed = login.run("submit", *asked, sbatch=login.counted("echo 77"))
    assert printed.startswith("unwritable ")
    assert login.runs == 0
    assert login.run("submit", *words(), sbatch=login.counted("echo 77")) == "elected 77\n"


def test_jobs_get_the_umask_of_a_login(login: LoginNode) -> None:
    """A job gets the umask of a login, and not the strict one of the state directory."""
    assert "elected" in login.run(
        "submit", *words(), sbatch=f'umask >"{login.home}/umask"; echo 77'
    )
    mask = os.umask(0)
    os.umask(mask)
    assert int((login.home / "umask").read_text(), 8) == mask
    assert (login.home / ".jarvice/state").stat().st_mode & 0o777 == 0o700


def test_the_end_of_the_output_is_kept_once(login: LoginNode) -> None:
    """The end of the output is kept once: a second answer changes nothing although the output is
    gone."""
    login.run("submit", *words(), sbatch="echo 77")
    output = login.home / ".jarvice/job.out"
    output.write_text("last words\n")
    answer = ("77", "COMPLETED|1|", "1000", "10")
    first = login.run("record_final", *answer)
    assert first == "final COMPLETED|1|\nsaved 11\nsize 11\n\nlast words\n"
    output.unlink()
    job = login.job
    # As NFS may show it: the name is not there, and cannot be made either.
    blind = programs.shell_prelude().replace('if [ ! -f "$dir/tail" ]; then', "if true; then")
    text = f"{blind}\n{command(program('record_final', ('', KEY, *answer)), None, 'mark')}"
    again = subprocess.run(
        ["/bin/sh"],
        input=text,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(login.home)},
    )
    assert again.stdout == first
    assert sorted(path.name for path in job.iterdir() if path.name.startswith("new.")) == []


@pytest.mark.parametrize(
    ("scancel", "marked"),
    [
        ("exit 0", True),
        ("exit 1", True),
        (
            'echo "Kill job error on job id 77: Socket timed out on send/recv operation" >&2; exit '
            "1",
            True,
        ),
        ('echo "Access/permission denied" >&2; exit 1', False),
        (
            'echo "Kill job error on job id 77: Unable to contact slurm controller (connect '
            'failure)" >&2; exit 1',
            False,
        ),
        ('echo "Kill job error on job id 77: Invalid job id specified" >&2; exit 1', False),
        (
            'echo "Kill job error on job id 77: Job/step already completing or completed" >&2; '
            "exit 1",
            False,
        ),
        ("printf 'Welcome\\n\\nUnauthorized access will be denied\\n'", True),
    ],
)
def test_the_mark_of_a_cancellation(login: LoginNode, scancel: str, marked: bool) -> None:
    """The mark of a cancellation stays unless Slurm has certainly not carried the order out."""
    login.run("submit", *words(), sbatch="echo 77")
    printed = login.run("cancel", "77", scancel=scancel)
    first, *more = printed.splitlines()
    assert first == f"code {1 if scancel.endswith('exit 1') else 0}"
    assert "" not in more
    job = login.job
    assert (job / "cancelled").is_symlink() == marked
