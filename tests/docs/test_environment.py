"""`deploy/environment.sh`, on machines that lack something."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT

TOOLS = ("bash", "cat", "cut", "dirname", "env", "id", "mkdir", "rm", "sha256sum")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the script reads of a checkout, without an environment."""
    place = tmp_path / "checkout"
    shutil.copytree(ROOT / "deploy", place / "deploy")
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, place)
    return place


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory of programs that is all of the PATH: the usual ones, and no Python."""
    place = tmp_path / "programs"
    place.mkdir()
    for name in TOOLS:
        (place / name).symlink_to(shutil.which(name) or name)
    return place


def program(place: Path, name: str, text: str) -> None:
    """Put a program there that stands for one of another machine."""
    (place / name).unlink(missing_ok=True)
    (place / name).write_text(text)
    (place / name).chmod(0o755)


def install(checkout: Path, programs: Path) -> "subprocess.CompletedProcess[str]":
    """Run the script with those programs alone."""
    words = [str(programs / "bash"), "deploy/environment.sh"]
    env = {"PATH": str(programs), "HOME": str(checkout)}
    return subprocess.run(words, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def test_no_python_is_told(checkout: Path, programs: Path) -> None:
    """In one sentence, and what to do about it; an old one does not count."""
    program(
        programs, "python3", "#!/bin/sh\nexit 1\n"
    )  # what an old one says to the question for its version
    done = install(checkout, programs)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_ensurepip_is_told(checkout: Path, programs: Path) -> None:
    """To who is not root: the package that is missing, by its name."""
    version = "{}.{}".format(*sys.version_info)
    lacking = f'#!/bin/sh\ncase $2 in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"\n'
    program(programs, "python3", lacking)
    program(programs, "id", "#!/bin/sh\necho 1000\n")
    done = install(checkout, programs)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"python{version}-venv" in done.stderr


def test_what_is_ready_is_left_alone() -> None:
    """The second time nothing is done, and nothing said."""
    for _ in range(2):
        done = subprocess.run(
            ["bash", "deploy/environment.sh"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_change_of_the_pins_is_noticed(checkout: Path, programs: Path) -> None:
    """An environment that was made from other pins is not taken for ready."""
    venv = checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    program(venv / "bin", "dssr", "#!/bin/sh\n")
    (venv / "dssr-installed-").write_text(_stamp(checkout, programs))
    assert install(checkout, programs).returncode == 0
    with (checkout / "deploy/constraints.txt").open("a") as pins:
        pins.write("new==1\n")
    assert install(checkout, programs).returncode == 1  # there is no Python here to make it anew


def _stamp(checkout: Path, programs: Path) -> str:
    files = "setup.cfg pyproject.toml deploy/constraints.txt deploy/environment.sh"
    words = [str(programs / "bash"), "-c", f"cat {files} | sha256sum | cut -d ' ' -f 1"]
    env = os.environ | {"PATH": str(programs)}
    return subprocess.run(
        words, cwd=checkout, env=env, capture_output=True, text=True, check=True
    ).stdout
