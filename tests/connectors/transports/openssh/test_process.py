"""Whether a process that is no child of ours lives."""

import os
import subprocess

import pytest

from connectors.transports.openssh.process import Process


def follow(process: subprocess.Popen[bytes]) -> list[bool]:
    """Whether it seemed to live before it was killed, as a zombie, and after it was reaped."""
    followed = Process(process.pid)
    seen = [followed.lives]
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    seen.append(followed.lives)
    process.wait()
    seen.append(followed.lives)
    followed.close()
    return seen


def test_an_ended_process_is_noticed() -> None:
    """A process that has ended does not live, also while no process has asked how it ended."""
    assert follow(subprocess.Popen(["sleep", "60"])) == [True, False, False]


def test_without_pidfd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no descriptors for processes, a process lives until it is reaped."""
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    assert follow(subprocess.Popen(["sleep", "60"])) == [True, True, False]


def test_what_is_not_followed_does_not_live() -> None:
    """After ``close``, and for a process that was gone before, the answer is no."""
    followed = Process(os.getpid())
    assert followed.lives
    followed.close()
    followed.close()
    assert not followed.lives
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert not Process(ended.pid).lives
