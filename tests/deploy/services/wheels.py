"""The packages of the examples on a cluster whose nodes have no way out, as in a site's mirror."""

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cluster import Cluster
from tests.cluster.roots import cache_directory
from tests.source_tree import ROOT

EXAMPLES = ROOT / "deploy" / "examples" / "services"
NAMES = ("hello", "echo", "panel", "jupyterlab")
_PLACE = "/srv/wheels"  # on the cluster
_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")


def provide(cluster: Cluster) -> list[str]:
    """Have the cluster hold the packages; the options with which services find them there.

    Not compiled beforehand: a test starts a program once.
    """
    asked = cluster.run("login", ["python3", "-c", "import sys; print(*sys.version_info[:2])"])
    version = asked.stdout.decode().strip().replace(" ", ".")
    shutil.copytree(downloaded(version), cluster.path(_PLACE), dirs_exist_ok=True)
    environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": _PLACE, "PIP_NO_COMPILE": "1"}
    return [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]


def downloaded(python: str) -> Path:
    """A directory with the packages for that version of Python; it outlasts the tests."""
    files = [EXAMPLES / name / "requirements.txt" for name in NAMES]
    texts = "\0".join([python, *(file.read_text() for file in files)])
    place = cache_directory() / f"wheels-{hashlib.sha256(texts.encode()).hexdigest()[:12]}"
    with (cache_directory() / "wheels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes run beside each other
        if not place.exists():
            _download(files, python, place)
    return place


def _download(files: list[Path], python: str, place: Path) -> None:
    begun = place.with_suffix(".new")
    shutil.rmtree(begun, ignore_errors=True)
    words = ["--python-version", python, "--only-binary", ":all:", "--dest", str(begun)]
    for name in _PLATFORMS:
        words += ["--platform", f"{name}_{platform.machine()}"]
    for file in files:  # each of its own: what one example needs may not fit to another one
        command = [sys.executable, "-m", "pip", "download", "--quiet", *words]
        subprocess.run([*command, "--requirement", str(file)], check=True)
    begun.rename(place)
