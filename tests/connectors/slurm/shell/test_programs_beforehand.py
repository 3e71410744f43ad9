"""Jobs that are submitted beforehand, on a login node whose tools say what the test wants."""

import os

import pytest

from tests.connectors.slurm.login_node import LoginNode
from tests.connectors.slurm.shell.service_programs import SILENT, folder, start

BATCH = "#!/bin/sh\nwalltime=600\noverlap=yes\n"
COUNTING = """
echo "$@" >>"$HOME/words"
n=$(cat "$HOME/number" 2>/dev/null || echo 41)
echo $((n + 1)) >"$HOME/number"
echo $n
"""


def extend(login: LoginNode, ahead: str = "3", **tools: str) -> list[str]:
    """What is printed where so many jobs are to wait."""
    usual = {"sbatch": COUNTING, "squeue": SILENT}
    return login.run("service_extend", "", "demo", ahead, gone=False, **usual | tools).splitlines()


def dependencies(login: LoginNode) -> list[str]:
    """Those of the jobs that were submitted beforehand."""
    lines = (login.home / "words").read_text().splitlines()[1:]
    return [w.removeprefix("--dependency=") for line in lines for w in line.split() if "--dep" in w]


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("yes", ["after:41+9?afterany:41", "after:42+9?afterany:42", "after:43+9?afterany:43"]),
        ("''", ["afterany:41", "afterany:41:42", "afterany:41:42:43"]),
    ],
)
def test_jobs_are_submitted_beforehand(login: LoginNode, overlap: str, expected: list[str]) -> None:
    """Each job starts a lead before the end of the one before it, or without overlap after the end
    of all before it; a second call submits what is missing, and nothing once the service ends."""
    start(login, sbatch=COUNTING)
    (folder(login) / "current" / "batch").write_text(BATCH.replace("yes", overlap))
    assert extend(login, "2") == ["waiting 2"]
    assert extend(login) == ["waiting 3"]
    assert extend(login) == ["waiting 3"]
    assert dependencies(login) == expected
    assert os.readlink(folder(login) / "gen/4/after") == "3"
    (folder(login) / "gen/2/begun").symlink_to("42")
    assert extend(login) == ["waiting 3"]
    assert os.readlink(folder(login) / "gen/5/elected") == "45"
    (folder(login) / "requests/5.down").touch()
    assert extend(login) == ["over"]


def test_a_job_that_is_refused_beforehand_leaves_nothing(login: LoginNode) -> None:
    """Slurm's words are the answer, and the number is free again."""
    start(login)
    (folder(login) / "current" / "batch").write_text(BATCH)
    refused = "echo 'sbatch: error: too many jobs' >&2; exit 1"
    assert extend(login, sbatch=refused) == ["refused 0", "said sbatch: error: too many jobs"]
    assert [path.name for path in (folder(login) / "gen").iterdir()] == ["1"]


@pytest.fixture
def failing(login: LoginNode) -> LoginNode:
    """Generation 1 runs, and its eleven successors have been refused."""
    start(login, sbatch=COUNTING)
    (folder(login) / "current" / "batch").write_text(f"{BATCH}retries=10\n")
    (folder(login) / "gen/1/begun").symlink_to("41")
    (folder(login) / "gen/1/took").symlink_to("3")
    for number in range(2, 13):
        made = folder(login) / f"gen/{number}"
        made.mkdir()
        (made / "after").symlink_to("1")
        (made / "version").symlink_to(os.readlink(folder(login) / "current"))
        (made / "end").write_text("refused\nsbatch did not take the job.\n1\n")
    return login


def test_a_job_whose_successors_fail_is_found(failing: LoginNode) -> None:
    """A job that runs is shown however many of its successors have failed; a start joins it, and
    jobs are submitted behind it."""
    shown = failing.run("service_look", "", "demo", "6", "9", squeue=SILENT).splitlines()
    assert "generation 1" in shown
    assert start(failing)[0] == "joined 1"
    assert extend(failing, "1") == ["waiting 1"]
    assert os.readlink(folder(failing) / "gen/13/after") == "1"


def test_generations_long_past_are_not_shown(login: LoginNode) -> None:
    """Of those that were ready once, the newest few are shown."""
    start(login)
    for number in range(2, 9):
        (folder(login) / f"gen/{number}").mkdir()
        (folder(login) / f"gen/{number}/took").symlink_to("3")
    shown = login.run("service_look", "", "demo", "3", "9", squeue=SILENT).splitlines()
    assert [row for row in shown if row.startswith("generation ")] == [
        f"generation {number}" for number in (8, 7, 6)
    ]


def test_a_job_that_runs_is_shown_beside_many_that_wait(login: LoginNode) -> None:
    """Generations that wait do not count among those that are shown, and why they were submitted
    beforehand is shown, too."""
    start(login, sbatch=COUNTING)
    (folder(login) / "current" / "batch").write_text(BATCH)
    (folder(login) / "gen/1/begun").symlink_to("41")
    (folder(login) / "beforehand").write_text("node1: sbatch: error:\nnot here\n")
    extend(login, "5")
    shown = login.run("service_look", "", "demo", "1", "9", squeue=SILENT).splitlines()
    assert [row for row in shown if row.startswith("generation ")] == [
        f"generation {number}" for number in (6, 5, 4, 3, 2, 1)
    ]
    assert "beforehand node1: sbatch: error: not here " in shown
