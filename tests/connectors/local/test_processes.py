"""Finding the processes of a job."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from connectors.local import processes

TREE = "sleep 600 & setsid sleep 600 & wait"


@pytest.fixture
def tree() -> Iterator[int]:
    """The pid of a shell with an odd name and two children, one of them in its own session."""
    words = ["bash", "-c", f"exec -a 'a) S 1 (b' bash -c '{TREE}'"]
    with subprocess.Popen(
        words, start_new_session=True, env={**os.environ, "MARK": "of this test"}
    ) as shell:
        processes.wait_until_none(
            lambda: [] if len(processes.descendants(shell.pid)) == 2 else [own()], 30
        )
        yield shell.pid
        targets = [*processes.descendants(shell.pid), *processes.marked("MARK=of this test")]
        processes.send(targets, signal.SIGKILL)


def own() -> processes.Process:
    """This process."""
    return processes.Process(os.getpid(), os.getppid(), os.getpgrp())


def test_descendants_whatever_their_group(tree: int) -> None:
    """All descendants of a process are found, in other groups and sessions too, and no other
    process."""
    found = processes.descendants(tree)
    assert len(found) == 2
    assert {process.parent for process in found} == {tree}
    assert len({process.group for process in found} - {tree}) == 1


def test_marked_processes_are_found_without_their_parents(tree: int) -> None:
    """A mark in the environment is inherited, and finds processes that nothing else connects; a
    part of the mark finds none."""
    assert {process.pid for process in processes.marked("MARK=of this test")} >= {
        p.pid for p in processes.descendants(tree)
    }
    assert processes.marked("MARK=of this") == []


def test_killing_until_none_is_left(tree: int) -> None:
    """A signal at each look ends all processes, and a process that has ended already is skipped."""
    children = processes.descendants(tree)
    assert processes.wait_until_none(lambda: processes.descendants(tree), 30, signal.SIGKILL)
    processes.send(children, signal.SIGTERM)
    assert processes.descendants(tree) == []


def test_a_process_that_does_not_end_is_reported(tree: int) -> None:
    """A process that does not end within the time is reported, and the caller gets control back."""
    assert not processes.wait_until_none(lambda: processes.descendants(tree), 0)


def test_orphans_are_adopted() -> None:
    """A grandchild whose parent has ended becomes a child of the process that asked for it."""
    script = (
        "import os, subprocess, sys; from connectors.local import processes\n"
        "processes.adopt_orphans()\n"
        "words = ['bash', '-c', 'setsid sleep 600 >/dev/null & echo $!']\n"
        "pid = int(subprocess.check_output(words))\n"
        "found = processes.descendants(os.getpid())\n"
        "print([(p.pid, p.parent == os.getpid()) for p in found] == [(pid, True)], pid)\n"
    )
    answer, pid = subprocess.check_output([sys.executable, "-c", script], text=True).split()
    with suppress(ProcessLookupError):
        os.kill(int(pid), signal.SIGKILL)
    assert answer == "True"


@pytest.mark.cluster
def test_a_system_without_proc() -> None:
    """Where the system does not show processes, a command says what to use instead."""
    lines = f"mount -t tmpfs none /proc && exec {sys.executable} -m dssr jobs"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", lines], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "only where Linux shows their processes in /proc: name a cluster" in done.stderr
