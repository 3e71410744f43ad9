"""The lock file."""

import fcntl
import json
import os
import signal
import stat
import time
from pathlib import Path

import pytest

from dssr.errors import SettingsError
from dssr.services.front import lock
from dssr.services.front.lock import FrontLock, FrontRuns, owner_of, private_folder
from tests.dssr.services.front.running import front


def test_a_front_has_one_owner(folder: Path) -> None:
    """A second holder is refused, and learns who holds the lock."""
    held = FrontLock(folder / "demo.lock")
    held.write({"name": "demo", "pid": 7, "control": "/run/demo.control"})
    with pytest.raises(FrontRuns, match=r"process 7: ask it through /run/demo\.control") as raised:
        FrontLock(folder / "demo.lock")
    assert raised.value.owner["pid"] == 7
    assert owner_of(folder / "demo.lock") == raised.value.owner
    held.release()
    assert owner_of(folder / "demo.lock") is None
    FrontLock(folder / "demo.lock").release()


@pytest.mark.parametrize("left", ["", '{"name": "demo", "pid": 7}'], ids=["new", "of the past"])
def test_a_look_does_not_take_the_lock(
    folder: Path, left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that looks at the file has it for a moment, for which a new holder waits."""
    (folder / "demo.lock").write_text(left)
    looks = (folder / "demo.lock").open()
    fcntl.flock(looks, fcntl.LOCK_SH)
    monkeypatch.setattr(time, "sleep", lambda _: looks.close())
    held = FrontLock(folder / "demo.lock")
    assert owner_of(folder / "demo.lock") == {}
    held.release()


def test_a_holder_that_has_just_begun_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its lock and its first word, a holder is waited for until it says who it is."""
    held = FrontLock(folder / "demo.lock")
    monkeypatch.setattr(time, "sleep", lambda _: held.write({"name": "demo", "pid": 7}))
    with pytest.raises(FrontRuns, match="process 7"):
        FrontLock(folder / "demo.lock")


def test_a_missing_file_has_no_owner(folder: Path) -> None:
    """Where no front has been, there is no owner."""
    assert owner_of(folder / "demo.lock") is None


def test_a_second_front_says_who_has_the_first(folder: Path) -> None:
    """A front of a name that is taken ends with a code of its own, and says whom to ask."""
    with front(folder) as first, front(folder) as second:
        assert second.process.wait(10) == 3
        assert second.about["owner"] == first.about
        assert owner_of(folder / "demo.lock") == first.about


def test_the_lock_of_a_killed_front_is_free(folder: Path) -> None:
    """A front that was killed leaves nothing that stops its successor."""
    with front(folder) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait(10)
        assert json.loads((folder / "demo.lock").read_text()) == first.about
        assert owner_of(folder / "demo.lock") is None
        with front(folder) as second:
            assert second.order("status")["pid"] == second.pid


def test_the_folder_is_this_users_alone(folder: Path) -> None:
    """A folder that others can enter, or a link to one, is refused; a new one is private."""
    made = private_folder(folder / "a" / "new")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o750)
    with pytest.raises(SettingsError, match="chmod 700"):
        private_folder(made)
    (folder / "link").symlink_to(folder / "a")
    with pytest.raises(SettingsError, match="not a folder of this user"):
        private_folder(folder / "link")


@pytest.mark.parametrize("kind", ["nfs4", "lustre", "fuse.sshfs"])
def test_a_network_file_system_is_refused(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock on a network file system may exclude no other process, so it is not used."""
    mounts = folder / "mountinfo"
    mounts.write_text(
        f"1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / {folder} rw shared:1 - {kind} server:/a rw\n"
    )
    monkeypatch.setattr(lock, "_MOUNTS", mounts)
    with pytest.raises(SettingsError, match=kind):
        private_folder(folder)
