"""The root file systems: built once for each generation, kept outside the checkout, never written
to afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.cluster import machine
from tests.cluster.errors import ClusterError
from tests.cluster.generations import GENERATIONS, SCRIPTS, Generation

TRIES = 2  # a download may fail once; a thousand packages are many downloads
# A build ends with its builder: an orphaned one would write into the next one's directory.
_CONTAINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "-m", "-p", "-f", "--kill-child", "sh", "-eu"),
)


def find_generation(name: str) -> Generation:
    """The generation of that name.

    :raises ClusterError: there is none.
    """
    if name not in GENERATIONS:
        raise ClusterError(
            f"There is no Slurm generation '{name}' here; known are {', '.join(GENERATIONS)}."
        )
    return GENERATIONS[name]


def cache_directory() -> Path:
    """Where the roots lie: ``$DSSR_CLUSTER_CACHE``, or ``dssr-cluster`` in the user's cache
    directory."""
    if chosen := os.environ.get("DSSR_CLUSTER_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dssr-cluster"


def root_for(generation: Generation) -> Path:
    """The generation's root file system, built first when it is not there yet (a minute or two).

    On return it is complete. A build that fails or is killed leaves nothing but a temporary
    directory, which the next build removes; two builders wait for each other.

    :raises ClusterError: the build failed; the text has its last line and the path of its log.
    """
    cache = cache_directory()
    root = cache / f"{generation.name}-{generation.fingerprint}"
    if not root.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with _lock(cache / f"{generation.name}.lock"):
            if not root.exists():
                _build(generation, root)
    return root


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(generation: Generation, root: Path) -> None:
    machine.require_for_build()
    log = root.parent / f"{generation.name}.log"
    what = f"the root file system of Slurm {generation.name}"
    print(f"building {what} ({generation.suite}); log: {log}", file=sys.stderr)
    half_built = root.parent / f"{generation.name}.building"
    words = [
        *_CONTAINED,
        str(SCRIPTS / "install.sh"),
        str(half_built),
        generation.suite,
        generation.apptainer_suite,
        *generation.packages,
    ]
    for _ in range(TRIES):
        shutil.rmtree(half_built, ignore_errors=True)
        with log.open("wb") as output:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if done.returncode == 0:
            break
    else:
        shutil.rmtree(half_built, ignore_errors=True)
        last = (log.read_text(errors="replace").strip().splitlines() or ["(nothing)"])[-1]
        raise ClusterError(f"Building {what} failed: {last} (all of it in {log}).")
    half_built.rename(root)
