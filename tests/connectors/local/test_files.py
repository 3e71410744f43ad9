"""Files that are whole or not there, and locks that end with their holder."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.local import files
from dssr.errors import Unavailable

HOLDER = "import sys, time; from connectors.local import files; from pathlib import Path\n"
HOLDER += "files.try_lock(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)"


def test_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    """The new content replaces the old one, for the owner alone, and no temporary file is left."""
    path = tmp_path / "fact"
    files.write(path, b"old")
    files.write_json(path, {"new": 1})
    assert files.read_json(path) == {"new": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["fact"]


def test_a_write_that_fails_leaves_the_old(tmp_path: Path) -> None:
    """A write that fails leaves the old content and nothing half-written."""
    (tmp_path / "fact" / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match="fact"):
        files.write(tmp_path / "fact", b"new")
    assert os.listdir(tmp_path) == ["fact"]


def test_create_has_one_winner(tmp_path: Path) -> None:
    """A file is created once; the second caller gets an error and changes nothing."""
    files.create(tmp_path / "started", b"1")
    with pytest.raises(FileExistsError):
        files.create(tmp_path / "started", b"2")
    assert files.read(tmp_path / "started") == b"1"
    assert os.listdir(tmp_path) == ["started"]


def test_no_reader_sees_half_a_file(tmp_path: Path) -> None:
    """A reader finds no file or the whole file while another process creates or replaces it."""
    path, data, seen = tmp_path / "fact", b"x" * 2**20, set()

    def look() -> None:
        while len(content := files.read(path) or b"") != len(data) + 1:
            seen.add(len(content))

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        for _ in range(20):
            files.create(path, data)
            path.unlink()
        files.write(path, data + b"!")
        looking.result()
    assert seen <= {0, len(data)}


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    """A missing fact is None and no error."""
    assert files.read(tmp_path / "fact") is files.read_json(tmp_path / "fact") is None


def test_a_lock_is_held_against_other_threads_too(tmp_path: Path) -> None:
    """Two descriptors of one process are two holders; closing the first one frees the lock."""
    first = files.try_lock(tmp_path / "lock")
    assert first is not None
    assert files.try_lock(tmp_path / "lock") is None
    with pytest.raises(Unavailable, match="lock"), files.locked(tmp_path / "lock", 0.05):
        pass
    os.close(first)
    with files.locked(tmp_path / "lock", 0.05):
        assert files.try_lock(tmp_path / "lock") is None


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    """kill -9 frees what the process held."""
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert files.try_lock(path) is None
        holder.kill()
    lock = files.try_lock(path)
    assert lock is not None
    os.close(lock)
