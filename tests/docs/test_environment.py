"""`deploy/environment.sh` on machines where something is missing."""

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
    """The files of a checkout that the script reads, without an environment."""
    place = tmp_path / "checkout"
    shutil.copytree(ROOT / "deploy", place / "deploy")
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, place)
    return place


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A directory with the usual programs and no Python, to be the whole PATH."""
    place = tmp_path / "programs"
    place.mkdir()
    for name in TOOLS:
        (place / name).symlink_to(shutil.which(name) or name)
    return place


def program(place: Path, name: str, text: str) -> None:
    """Write a program of that name into the directory."""
    (place / name).unlink(missing_ok=True)
    (place / name).write_text(text)
    (place / name).chmod(0o755)


def install(checkout: Path, programs: Path) -> "subprocess.CompletedProcess[str]":
    """Run the script with only these programs."""
    words = [str(programs / "bash"), "deploy/environment.sh"]
    env = {"PATH": str(programs), "HOME": str(checkout)}
    return subprocess.run(words, cwd=checkout, env=env, capture_output=True, text=True, check=False)


def test_a_missing_python_is_reported(checkout: Path, programs: Path) -> None:
    """Without Python 3.11 or newer, the script ends with one sentence that says what to do, and
    creates nothing."""
    program(
        programs, "python3", "#!/bin/sh\nexit 1\n"
    )  # an old Python fails the check of its version
    done = install(checkout, programs)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_missing_ensurepip_is_reported(checkout: Path, programs: Path) -> None:
    """A user who is not root learns the name of the missing package."""
    version = "{}.{}".format(*sys.version_info)
    lacking = f'#!/bin/sh\ncase $2 in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"\n'
    program(programs, "python3", lacking)
    program(programs, "id", "#!/bin/sh\necho 1000\n")
    done = install(checkout, programs)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"python{version}-venv" in done.stderr


def test_what_is_ready_is_left_alone() -> None:
    """A second run does nothing and prints nothing."""
    for _ in range(2):
        done = subprocess.run(
            ["bash", "deploy/environment.sh"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_change_of_the_pins_is_noticed(checkout: Path, programs: Path) -> None:
    """A change of the pinned versions makes the environment out of date."""
    venv = checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    program(venv / "bin", "dssr", "#!/bin/sh\n")
    (venv / "dssr-installed-").write_text(_stamp(checkout, programs))
    assert install(checkout, programs).returncode == 0
    with (checkout / "deploy/constraints.txt").open("a") as pins:
        pins.write("new==1\n")
    assert (
        install(checkout, programs).returncode == 1
    )  # without Python here, it cannot be created again


def _stamp(checkout: Path, programs: Path) -> str:
    files = "setup.cfg pyproject.toml deploy/constraints.txt deploy/environment.sh"
    words = [str(programs / "bash"), "-c", f"cat {files} | sha256sum | cut -d ' ' -f 1"]
    env = os.environ | {"PATH": str(programs)}
    return subprocess.run(
        words, cwd=checkout, env=env, capture_output=True, text=True, check=True
    ).stdout
