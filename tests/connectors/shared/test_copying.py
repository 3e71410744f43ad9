"""Copies of directories by commands, which run on this machine."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from connectors.shared import copying, rsync
from dssr.errors import NotFound, Unwritable
from dssr.seams import PART, Completed, Purpose, Sink

BIG = bytes(range(256)) * (PART // 256 + 1)


class Machine:
    """Runs commands, and counts the bytes that they are given, and the files that are hashed."""

    def __init__(self) -> None:
        self.sent = self.hashed = 0

    def __call__(
        self, argv: Sequence[str], input: bytes | None, purpose: Purpose, sink: Sink | None = None
    ) -> Completed:
        """Run one."""
        self.sent += len(input or b"") if purpose is Purpose.SUBMIT else 0
        self.hashed += (input or b"").count(b"\0") if "sha256sum" in argv[2] else 0
        done = subprocess.run(argv, input=input or b"", capture_output=True, check=False)
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """A directory with small files, one larger than a part, a program and a link."""
    made = tmp_path / "local"
    (made / "a b").mkdir(parents=True)
    (made / "a b" / "it's").write_text("one")
    (made / "program").write_text("#!/bin/sh\n")
    (made / "program").chmod(0o755)
    (made / "big").write_bytes(BIG)
    (made / "link").symlink_to("program")
    return made


def contents(directory: Path) -> dict[str, object]:
    """All that is there."""
    found: dict[str, object] = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif path.is_file():
            found[name] = (path.read_bytes(), path.stat().st_mode)
    return found


def copied(machine: Machine, local: Path, to: Path) -> list[tuple[int, int]]:
    """Copy; what was reported."""
    reports: list[tuple[int, int]] = []
    copying.copy(machine, local, str(to), lambda done, total: reports.append((done, total)))
    return reports


def test_only_what_differs_is_sent(tmp_path: Path, local: Path) -> None:
    """The copy has the same files, links and modes; a second one sends the link alone, and a file
    that has changed; what else is there stays."""
    machine, to = Machine(), tmp_path / "there"
    place = copying.place(machine, str(to))
    assert place.path == str(to)
    reports = copied(machine, local, to)
    assert contents(to) == contents(local)
    assert reports[-1] == (len(BIG) + 13, len(BIG) + 13)
    (to / "own").write_text("stays")
    machine.sent = 0
    (local / "program").write_text("changed")
    copied(machine, local, to)
    assert machine.sent < 30_000
    assert contents(to) == {**contents(local), "own": contents(to)["own"]}


def test_only_what_times_leave_open_is_hashed(tmp_path: Path, local: Path) -> None:
    """A file of the same size and time as its copy is not read; one of another time, or that was
    copied as soon as it had changed, is, and is sent if it differs."""
    machine, to = Machine(), tmp_path / "there"
    copying.place(machine, str(to))
    files = [path for path in local.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in files:
        os.utime(path, (1e9, 1e9))
    copied(machine, local, to)
    copied(machine, local, to)
    assert machine.hashed == 0
    for _ in range(2):
        (local / "program").write_text(f"{os.urandom(5).hex()}")
        copied(machine, local, to)
    assert contents(to) == contents(local)
    assert machine.hashed == 2


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    """The error has the system's words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match="cannot be written"):
        copying.place(Machine(), str(tmp_path / "file" / "below"))


@pytest.mark.skipif(not rsync.is_here(), reason="this machine has no rsync")
def test_a_directory_is_found(tmp_path: Path) -> None:
    """The absolute path of a directory is found, and one that is not there is named."""
    (tmp_path / "a b\n").mkdir()
    assert copying.find(Machine(), str(tmp_path / "a b\n")) == str(tmp_path / "a b\n")
    with pytest.raises(NotFound, match=r"no directory .*/absent on the cluster"):
        copying.find(Machine(), str(tmp_path / "absent"))


def test_rsync_does_the_same(tmp_path: Path, local: Path) -> None:
    """rsync, over any shell, gives the same copy, and reports how far it is; a shell that fails is
    reported as such."""
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\nshift\nexec sh -c "$*"\n')
    shell.chmod(0o755)
    to = tmp_path / "with blanks"
    to.mkdir()
    reports: list[tuple[int, int]] = []
    ended = rsync.copy([str(shell)], local, str(to), lambda *now: reports.append(now))
    assert ended
    assert contents(to) == contents(local)
    assert reports[-1][0] >= len(BIG)
    assert not rsync.copy(["false"], local, str(to), lambda *_: None)
