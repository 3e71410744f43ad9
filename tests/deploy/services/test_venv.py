"""The environment of an example: installed once, whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.deploy.services.wheels import EXAMPLES, NAMES
from tests.end_to_end.service import eventually

SCRIPT = 'set -euo pipefail; . ./venv.sh; readlink -f "$venv"'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copied example that needs no packages."""
    (tmp_path / "venv.sh").write_bytes((EXAMPLES / "hello" / "venv.sh").read_bytes())
    (tmp_path / "requirements.txt").write_text("# none\n")
    return tmp_path


def job(directory: Path, number: int) -> subprocess.Popen[str]:
    """What a job's script does first."""
    environ = os.environ | {"SLURM_JOB_ID": str(number), "PYTHON": sys.executable}
    return subprocess.Popen(
        ["bash", "-c", SCRIPT],
        cwd=directory,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def lines_of(job: subprocess.Popen[str]) -> list[str]:
    """What it has printed; it must succeed."""
    printed, _ = job.communicate(timeout=120)
    assert job.returncode == 0, printed
    return printed.splitlines()


def test_all_examples_have_the_same_script() -> None:
    """Each example can be copied alone, so each has the script; all of them are the same."""
    assert len({(EXAMPLES / name / "venv.sh").read_bytes() for name in NAMES}) == 1


def test_two_jobs_install_once(directory: Path) -> None:
    """Of two jobs that begin at once one installs, both use the same, and so does a third one. A
    job with other requirements has an environment of its own, and that of the others stays."""
    first, second = (lines_of(each) for each in [job(directory, 1), job(directory, 2)])
    third = lines_of(job(directory, 3))
    assert first[-1] == second[-1] == third[-1]
    assert sorted(map(len, (first, second, third))) == [1, 1, 2]
    assert len(list(directory.glob(".venv-*"))) == 2, "the environment and the link to it"
    (directory / "requirements.txt").write_text("# none at all\n")
    assert lines_of(job(directory, 4))[-1] != third[-1]
    assert Path(third[-1], "bin", "python").exists()


def test_a_job_that_is_killed_leaves_nothing_half(directory: Path) -> None:
    """After a job was killed while it installed, no job uses what is there; the next one waits
    until the lock is old, and installs."""
    killed = job(directory, 1)
    found = eventually(lambda: list(directory.glob(".venv-*.1/pyvenv.cfg")))
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    (lock,) = directory.glob("*.lock")
    waiting = job(directory, 2)
    time.sleep(1)
    assert waiting.poll() is None
    os.utime(lock, (0, time.time() - 300))
    assert lines_of(waiting)[-1] != str(found[0].parent)


def test_an_installation_that_fails_ends_the_job(directory: Path) -> None:
    """A package that there is not ends the job with pip's words, and the next job tries again."""
    (directory / "requirements.txt").write_text("./no-such-package\n")
    failing = job(directory, 1)
    failing.communicate(timeout=120)
    assert failing.returncode != 0
    assert list(directory.glob("*.lock")) == []
    assert [path for path in directory.glob(".venv-*") if path.is_symlink()] == []


@pytest.mark.parametrize("packages", ["", "optional"])
def test_a_node_without_a_way_out(packages: str, directory: Path) -> None:
    """Where pip reaches no index, one sentence says what to do; a job that can do without the
    packages goes on with the Python that there is, and another one ends."""
    (directory / "requirements.txt").write_text("waitress==3.0.2\n")
    away = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    own = os.environ | away | {"SLURM_JOB_ID": "1", "PYTHON": sys.executable}
    script = 'set -euo pipefail; . ./venv.sh; echo "runs $run"'
    done = subprocess.run(
        ["bash", "-c", script], cwd=directory, env=own | {"packages": packages},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    first, said, *rest = done.stdout.splitlines()
    assert first.startswith("installing 1 packages")
    assert said.startswith("pip reaches no package index from ")
    assert f"PIP_FIND_LINKS={os.environ['HOME']}/wheels" in said
    assert done.stderr == ""
    assert (done.returncode == 0) == bool(packages)
    goes_on = ["It goes on without these packages.", f"runs {sys.executable}"]
    assert rest == (goes_on if packages else [])
    assert not list(directory.glob(".venv-*"))
