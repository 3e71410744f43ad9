"""The file of the audit log."""

import logging
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from dssr.access.audit_file import AuditFile
from dssr.errors import SettingsError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


def test_lines_are_appended(path: Path) -> None:
    """A restart continues the file, which has mode 600."""
    for line in ("one", "two"):
        file = AuditFile(str(path))
        file.write(line)
        file.close()
    assert path.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_was_moved_away_is_followed_by_a_new_one(path: Path) -> None:
    """A file that was moved, removed or replaced, as logrotate does, is noticed without a
    signal."""
    file = AuditFile(str(path))
    file.write("one")
    path.rename(path.with_suffix(".1"))
    file.write("two")
    path.unlink()
    file.write("three")
    path.with_suffix(".new").write_text("")
    path.with_suffix(".new").rename(path)
    file.write("four")
    assert path.with_suffix(".1").read_text() == "one\n"
    assert path.read_text() == "four\n"
    before = len(os.listdir("/proc/self/fd"))
    file.close()
    assert len(os.listdir("/proc/self/fd")) == before - 1


def test_threads_and_processes_write_whole_lines(path: Path) -> None:
    """Lines that several threads and processes write at once stay whole."""
    files = [AuditFile(str(path)), AuditFile(str(path))]

    def write(file: AuditFile, letter: str) -> None:
        for _ in range(200):
            file.write(letter * 300)

    threads = [threading.Thread(target=write, args=(files[i % 2], "abcd"[i])) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = path.read_text().splitlines()
    assert sorted(set(lines)) == [letter * 300 for letter in "abcd"]
    assert len(lines) == 800


def test_a_dash_means_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    """Lines go to stderr, which stays open when the audit log is closed."""
    file = AuditFile("-")
    file.write('{"a": 1}')
    file.close()
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == '{"a": 1}\nstill there\n'


@pytest.mark.parametrize("kind", ["missing directory", "directory", "pipe", "device"])
def test_what_cannot_be_written_stops_the_start(kind: str, path: Path) -> None:
    """The error about a log that cannot be written names the setting, and a pipe without a reader
    does not hang the start."""
    if kind == "missing directory":
        path = path / "x"
    elif kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = Path("/dev/null")
    with pytest.raises(SettingsError, match=r"JARVICE_SCHED_AUDIT_LOG is .* cannot be written"):
        AuditFile(str(path))


def test_a_pipe_with_a_reader_is_refused_too(path: Path) -> None:
    """A pipe is refused as the audit log although a reader has opened it."""
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(SettingsError, match="for stderr write -"):
            AuditFile(str(path))
    finally:
        os.close(reader)


def test_a_log_that_fails_later_is_reported_once_and_calls_go_on(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has one error when writing fails, and one when it works again, with the number of
    missing lines.
    """
    file = AuditFile(str(path))
    path.rename(path.with_suffix(".1"))
    path.mkdir()
    for line in ("lost", "lost too"):
        file.write(line)
    path.rmdir()
    file.write("back")
    assert path.read_text() == "back\n"
    logged = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(logged) == 2
    assert "THE AUDIT LOG CANNOT BE WRITTEN" in logged[0]
    assert "2 lines are missing" in logged[1]


def test_a_line_that_was_torn_spoils_no_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a partial write, such as on a full disk, the next entry begins on a line of its own."""
    file = AuditFile(str(path))
    real = os.write

    def half(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    file.write("0123456789")
    monkeypatch.setattr(os, "write", real)
    file.write("whole")
    assert path.read_text().splitlines() == ["01234", "whole"]


@pytest.mark.parametrize("line", ["\udcff", "ü", "x" * 100_000])
def test_any_text_is_a_line(line: Any, path: Path) -> None:
    """Any text is one line, with characters outside of ASCII as escapes."""
    file = AuditFile(str(path))
    file.write(line)
    assert path.read_bytes() == line.encode("ascii", "backslashreplace") + b"\n"
