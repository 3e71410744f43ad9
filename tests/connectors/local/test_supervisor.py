"""Jobs that outlive the bridge, and what is reported when the process that watches over them does
not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.local import files, processes
from connectors.local.queue import CANCELLED_UNSEEN, LOST
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState
from dssr.testing.harness import SUCCESS
from tests.connectors.local.harness import LocalHarness

BRIDGE = """
import sys, time
from connectors.local.connector import LocalConnector
from dssr.errors import Unavailable
from dssr.job import JobSpec
from connectors.local.settings import LocalSettings
state, scratch, *scripts = sys.argv[1:]
bridge = LocalConnector(LocalSettings(state_dir=state, scratch_dir=scratch, local_cores=1))
for number, script in enumerate(scripts, 1):
    spec = JobSpec("job", number, 1, source=script, script=script)
    bridge.submit(spec, 'bash "$DSSR_JOB_DIR/script"')
print("submitted", flush=True)
time.sleep(600)
"""


def killed_bridge(site: LocalHarness, *scripts: str) -> list[JobRef]:
    """Submit jobs through a bridge of its own, on one core, and kill -9 that bridge and all of its
    process group."""
    words = [sys.executable, "-c", BRIDGE, f"{site.state}/", f"{site.scratch}/", *scripts]
    with subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True) as bridge:
        assert bridge.stdout is not None
        assert bridge.stdout.readline() == b"submitted\n"
        os.killpg(bridge.pid, signal.SIGKILL)
    return [JobRef("job", number, str(number)) for number in range(1, len(scripts) + 1)]


def test_jobs_go_on_without_the_bridge(site: LocalHarness) -> None:
    """After kill -9 of the bridge the running job goes on, the pending one follows it, and a new
    bridge reports both."""
    first, second = killed_bridge(site, f"sleep 1; echo one\n{SUCCESS}", f"echo two\n{SUCCESS}")
    site.wait(lambda: site.folder(second).record())  # no bridge is looking
    results = [site.result(ref) for ref in (first, second)]
    assert [result.state for result in results] == [JobState.COMPLETED] * 2
    assert [result.output.data.splitlines()[0] for result in results] == [b"one", b"two"]


def test_a_killed_supervisor_is_no_end_of_the_job(site: LocalHarness) -> None:
    """After kill -9 of its supervisor a job is NODE_FAIL with the reason, its processes are ended,
    and its output is kept."""
    ref = site.submit(site.job("echo begun; setsid sleep 601 & sleep 600\n", plain=True))
    site.wait(lambda: b"begun" in site.seen(ref))
    mark = f"DSSR_JOB_DIR={site.scratch}/.jarvice/jobs/{ref.native_id}"
    site.wait(lambda: len(processes.marked(mark)) == 3)
    os.kill(site.supervisor(ref), signal.SIGKILL)
    result = site.result(ref)
    assert (result.state, result.reason, result.output.data) == (
        JobState.NODE_FAIL,
        LOST,
        b"begun\n",
    )
    assert processes.marked(mark) == []
    assert site.again().result(ref) == result


def test_a_job_lost_long_ago_ran_until_it_was_last_seen(site: LocalHarness) -> None:
    """The time after the last sign of life is no time that the job ran."""
    ref = site.running(site.job("sleep 600\n", plain=True))
    os.kill(site.supervisor(ref), signal.SIGKILL)
    folder = site.folder(ref)
    site.wait(lambda: is_free(folder.alive))
    began = int(folder.started() or 0) - 86400
    (folder.path / "started").write_text(str(began))
    os.utime(folder.alive, (began + 70.5, began + 70.5))
    result = site.result(ref)
    assert (result.state, result.elapsed) == (JobState.NODE_FAIL, 70)


def is_free(path: Path) -> bool:
    """Whether the lock of that file is free."""
    lock = files.try_lock(path)
    if lock is not None:
        os.close(lock)
    return lock is not None


def test_a_cancellation_survives_the_supervisor(site: LocalHarness) -> None:
    """The order to cancel is written down before anything is done: when the supervisor dies over
    it, the job was cancelled."""
    ref = site.running(site.job("sleep 600\n", plain=True))
    supervisor = site.supervisor(ref)
    os.kill(supervisor, signal.SIGSTOP)
    site.connector.cancel(ref)
    os.kill(supervisor, signal.SIGKILL)
    result = site.result(ref)
    assert (result.state, result.reason) == (JobState.CANCELLED, CANCELLED_UNSEEN)


def test_a_supervisor_that_is_asked_to_end(site: LocalHarness) -> None:
    """A supervisor that receives SIGTERM, as at a shutdown, ends its job and records that; it
    ignores hang-ups and interrupts."""
    ref = site.running(site.job("sleep 600\n", plain=True))
    supervisor = site.supervisor(ref)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        os.kill(supervisor, number)
    result = site.result(ref)
    assert result.state is JobState.NODE_FAIL
    assert "SIGTERM" in result.reason


def test_a_job_can_be_interrupted_though_its_supervisor_cannot(site: LocalHarness) -> None:
    """The job ignores no signal, though its supervisor passes some over and the bridge (under
    nohup, say) ignores them."""
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        printed = site.output_of("grep SigIgn /proc/self/status\n", plain=True)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    ignored = int(printed.split()[1], 16)
    assert [
        number
        for number in (*numbers, signal.SIGPIPE, signal.SIGTERM)
        if ignored & 1 << (number - 1)
    ] == []


def test_the_whole_family_is_ended(site: LocalHarness) -> None:
    """Cancelling ends children, grandchildren in a session of their own with a clean environment,
    and the deaf."""
    script = (
        "trap '' TERM\nsetsid env -i bash -c 'trap \"\" TERM; sleep 602; sleep 602' & "
        "sleep 602 & echo begun; sleep 602\n"
    )
    ref = site.submit(site.job(script, plain=True))
    supervisor = site.supervisor(ref)
    site.wait(lambda: len(processes.descendants(supervisor)) == 5)
    family = processes.descendants(supervisor)
    site.connector.cancel(ref)
    assert site.result(ref).state is JobState.CANCELLED
    assert [process for process in family if Path(f"/proc/{process.pid}").exists()] == []


def test_a_job_that_is_asked_to_end_has_last_words(site: LocalHarness) -> None:
    """SIGTERM goes to the step first, and not to the processes that carry its output; a step that
    ignores it until it succeeds is cancelled all the same."""
    ref = site.submit(
        site.job(f"trap 'echo last words; {SUCCESS.strip()}; exit' TERM\necho begun\nsleep 600\n")
    )
    site.wait(lambda: b"begun" in site.seen(ref))
    site.connector.cancel(ref)
    result = site.result(ref)
    assert b"last words" in result.output.data
    assert result.state is JobState.CANCELLED


def test_a_stopped_job_can_be_cancelled(site: LocalHarness) -> None:
    """A job that has stopped itself (SIGSTOP) ends all the same."""
    ref = site.submit(site.job("echo begun; kill -STOP $$\n", plain=True))
    site.wait(lambda: b"begun" in site.seen(ref))
    site.connector.cancel(ref)
    assert site.result(ref).state is JobState.CANCELLED


def test_a_limit_that_a_plain_script_asks_for(site: LocalHarness) -> None:
    """``#SBATCH --time`` of a plain script is enforced."""
    result = site.result(
        site.submit(site.job("#!/bin/bash\n#SBATCH --time=0:01\nsleep 600\n", plain=True))
    )
    assert result.state is JobState.TIMEOUT


def test_an_interpreter_that_is_not_there(site: LocalHarness) -> None:
    """A script whose interpreter is missing fails, and the reason says so."""
    result = site.result(site.submit(site.job("#!/no/such/interpreter -x\n", plain=True)))
    assert result.state is JobState.FAILED
    assert "/no/such/interpreter" in result.reason


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it mounts a file system of its own")
def test_a_full_disk_makes_no_end_up(site: LocalHarness) -> None:
    """A job is not over while its end cannot be written down; when there is room, its true end is
    reported."""
    with small_disk(site.state):
        ref = site.running(
            site.job('until [ -e "$DSSR_JOB_DIR/go" ]; do sleep 0.05; done\n', plain=True)
        )
        supervisor = site.supervisor(ref)
        with pytest.raises(OSError, match="No space"):
            (site.state / "filler").write_bytes(b"x" * 2**20)
        (site.scratch / ".jarvice/jobs" / ref.native_id / "go").touch()
        site.wait(lambda: not processes.descendants(supervisor))
        time.sleep(0.5)  # for it to have tried
        assert site.connector.snapshot()[ref.native_id].state is JobState.RUNNING
        with pytest.raises(Unavailable, match="No space"):
            site.submit(site.succeeding("another"))
        (site.state / "filler").unlink()
        assert site.result(ref).state is JobState.COMPLETED


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """A file system of 256 kB, mounted there."""
    path.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
