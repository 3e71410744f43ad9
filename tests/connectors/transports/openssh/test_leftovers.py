"""Files of masters that have ended."""

import fcntl
import os
import signal
import time
from pathlib import Path

import pytest

from connectors.transports.openssh import leftovers
from connectors.transports.openssh.directory import PrivateDirectory
from dssr.testing.transport import PATIENCE
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import Connect, masters_in, target

OLD, YOUNG, LOCKED = "0" * 16, "1" * 16, "2" * 16
ENDS = ("", ".log", ".lock", ".refused", ".0", ".6")


def later() -> float:
    """A time at which all files are old."""
    return time.time() + 7200


def test_only_old_files_of_masters_are_removed(directory: str) -> None:
    """All files of a master that has ended go, of which none is young and no process holds the
    lock; other files stay."""
    for name in (OLD, YOUNG, LOCKED):
        for end in ENDS:
            Path(directory, f"{name}{end}").touch()
    Path(directory, "notes.txt").touch()
    Path(directory, "own-1").mkdir()
    Path(directory, "own-1", OLD).touch()
    in_future = later()
    os.utime(Path(directory, f"{YOUNG}.log"), (in_future, in_future))
    with open(Path(directory, f"{LOCKED}.lock"), "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        leftovers.remove(PrivateDirectory(directory), later)
    left = {path.name for path in Path(directory).iterdir()}
    assert left == {f"{name}{end}" for name in (YOUNG, LOCKED) for end in ENDS} | {"notes.txt"}


def test_a_lock_that_was_removed_is_taken_anew(directory: str) -> None:
    """The lock of a name is that of the file that is there."""
    place = PrivateDirectory(directory)
    first = place.try_lock("x.lock")
    assert first is not None
    assert place.try_lock("x.lock") is None
    place.remove("x.lock")
    second = place.try_lock("x.lock")
    assert second is not None
    assert place.try_lock("x.lock") is None
    for handle in (first, second):
        os.close(handle)


@pytest.mark.cluster
@pytest.mark.parametrize("is_killed", [False, True])
def test_a_master_that_lives_keeps_its_files(
    is_killed: bool, site: Cluster, connect: Connect, directory: str
) -> None:
    """A master that answers keeps its files, however old they are; the files of one that was killed
    are removed."""
    connect(target(site)).run(["true"], timeout=PATIENCE)
    [master] = masters_in(directory)
    before = set(os.listdir(directory))
    if is_killed:
        os.kill(master, signal.SIGKILL)
        while masters_in(directory):
            time.sleep(0.1)
    leftovers.remove(PrivateDirectory(directory), later)
    of_target = {name for name in before if name.endswith(".known")}
    assert set(os.listdir(directory)) == (of_target if is_killed else before)
