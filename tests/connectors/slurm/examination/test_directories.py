"""Verdicts about directories that the tests' own file systems do not show."""

import os
from dataclasses import replace

import pytest

from connectors.slurm.examination.directories import scratch_directory, state_directory
from connectors.slurm.examination.site import Site
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.examination.directories import Directories, Directory
from connectors.slurm.words.examination.report import Report
from connectors.transports.local import LocalTransport
from dssr.seams import Finding, Status

GOOD = Directory("/shared/", "/shared/doctor.1/", (), "", "nfs", 1 << 30, 1 << 20)
SITE = Site(SlurmSettings(ssh_user="bob"), LocalTransport())


def examined(report: Report | None = None, **changes: object) -> Finding:
    """What is said of a scratch directory."""
    found = Directories(GOOD, replace(GOOD, **changes))  # type: ignore[arg-type]
    return scratch_directory(SITE, found, report)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, Status.OK, "can be written to (nfs, 1024.0 GB free)"),
        ({"why": "Disk quota exceeded"}, Status.FAILURE, "Disk quota exceeded"),
        ({"kind": "tmpfs"}, Status.FAILURE, "which no other host sees"),
        ({"free_kb": 2048}, Status.WARNING, "2 MB left"),
        ({"free_files": 12}, Status.WARNING, "12 more files"),
        ({"free_files": 0}, Status.OK, "can be written to"),  # some file systems count none
        ({"free_kb": None, "free_files": None}, Status.OK, "(nfs)"),
    ],
)
def test_a_directory_on_the_login_node(
    changes: dict[str, object], status: Status, words: str
) -> None:
    """A quota that is used up and a file system of one host fail; little room is a warning."""
    found = examined(None, **changes)
    assert (found.status, words in found.detail) == (status, True)
    assert ("du -xh /shared/" in found.cure) == ("quota" in words or "MB" in words or "12" in words)


def test_a_path_is_quoted_where_it_is_pasted() -> None:
    """The name of a directory is one word of the command that is pasted."""
    found = examined(None, path="/shared/$(id) x/", free_kb=2048)
    assert "du -xh '/shared/$(id) x/' |" in found.cure


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"seen": "yes", "write": "yes", "delay": "120"}, Status.OK, "within 0.1 s"),
        ({"seen": "no"}, Status.FAILURE, "not the same on node1"),
        ({"seen": "yes", "write": "no", "why": "Read-only"}, Status.FAILURE, "node1: Read-only"),
        ({"seen": "yes", "write": "yes", "delay": "31000"}, Status.WARNING, "took 31.0 s"),
    ],
)
def test_a_directory_on_the_nodes(said: dict[str, str], status: Status, words: str) -> None:
    """A node that does not see the directory, or cannot write to it, fails; a late file is a
    warning."""
    found = examined(Report({"node1": {f"scratch.{word}": said[word] for word in said}}))
    assert (found.status, words in found.detail) == (status, True)


def test_a_probe_that_left_nothing() -> None:
    """A probe job that ran and left no output shows that its node does not see the state
    directory."""
    found = state_directory(SITE, Directories(GOOD, GOOD), Report({}))
    assert (found.status, "left no output" in found.detail) == (Status.FAILURE, True)


def test_what_is_advised_is_another_place() -> None:
    """A directory at home that cannot be written to is not advised in place of itself."""
    home = os.environ["HOME"].rstrip("/")
    elsewhere = examined(None, why="Permission denied")
    at_home = examined(None, why="Permission denied", path=f"{home}/")
    assert elsewhere.advised == (("JARVICE_JOB_SCRATCH_DIR", f"{home}/"),)
    assert (at_home.advised, "/path/on/a/shared" in at_home.cure) == ((), True)
