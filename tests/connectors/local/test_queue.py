"""First come, first served, as long as there are cores."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace

from dssr.job import JobRef, JobState
from tests.connectors.local.harness import LocalHarness

Make = Callable[..., LocalHarness]
WAITING = 'while [ ! -e "$DSSR_JOB_DIR/go" ]; do sleep 0.05; done\n'


def go(site: LocalHarness, ref: JobRef) -> None:
    """Let a job that waits for it end."""
    (site.scratch / ".jarvice/jobs" / ref.native_id / "go").touch()


def states(site: LocalHarness, *refs: JobRef) -> list[str]:
    """Where the snapshot sees these jobs."""
    snapshot = site.connector.snapshot()
    return [
        snapshot[ref.native_id].state.value if ref.native_id in snapshot else "gone" for ref in refs
    ]


def test_cores_are_counted(make: Make) -> None:
    """Jobs run together only as far as their cores go, and the next one starts when one ends,
    without a call of the bridge."""
    site = make(local_cores=2)
    one, two, three = (site.submit(site.job(WAITING, f"job{n}", plain=True)) for n in range(3))
    site.wait(lambda: states(site, one, two, three) == ["RUNNING", "RUNNING", "PENDING"])
    assert site.connector.snapshot()[three.native_id].reason == "waits for cores"
    go(site, two)
    site.wait(lambda: site.folder(three).started())
    assert states(site, one, two, three) == ["RUNNING", "gone", "RUNNING"]


def test_a_job_that_has_its_cores_does_not_wait_for_them(make: Make) -> None:
    """A job that was submitted to an idle machine is being started, or runs."""
    site = make(local_cores=2)
    site.connector.snapshot()
    ref = site.submit(site.job(WAITING, "job", plain=True))
    status = site.connector.snapshot()[ref.native_id]
    assert (status.state.value, status.reason) in [("PENDING", "is being started"), ("RUNNING", "")]


def test_no_job_overtakes(make: Make) -> None:
    """A small job does not start before a large one that came first, though there would be room for
    it."""
    site = make(local_cores=2)
    first = site.submit(site.job(WAITING, "first", plain=True))
    large = site.submit(site.job(WAITING, "large", plain=True, cores=2))
    small = site.submit(site.job(WAITING, "small", plain=True))
    site.wait(lambda: states(site, first, large, small) == ["RUNNING", "PENDING", "PENDING"])
    go(site, first)
    site.wait(lambda: states(site, first, large, small) == ["gone", "RUNNING", "PENDING"])
    go(site, large)
    site.wait(lambda: states(site, large, small) == ["gone", "RUNNING"])
    began = [site.folder(job).started() or 0.0 for job in (first, large, small)]
    assert began == sorted(began)


def test_a_held_job_blocks_no_other(make: Make) -> None:
    """A held job takes no core and no place in the queue."""
    site = make(local_cores=1)
    held = site.submit(replace(site.job(WAITING, "held", plain=True), held=True))
    other = site.submit(site.job(WAITING, "other", plain=True))
    site.wait(lambda: states(site, held, other) == ["PENDING", "RUNNING"])
    assert site.connector.snapshot()[held.native_id].reason == "held"


def test_cancelling_in_the_queue(make: Make) -> None:
    """A job that is cancelled while it waits never runs, and the one behind it moves up."""
    site = make(local_cores=1)
    first, second, third = (site.submit(site.job(WAITING, f"job{n}", plain=True)) for n in range(3))
    site.connector.cancel(second)
    assert site.result(second).state is JobState.CANCELLED
    go(site, first)
    site.wait(lambda: states(site, first, second, third) == ["gone", "gone", "RUNNING"])
    assert site.folder(second).started() is None


def test_a_lowered_limit_stops_no_job_for_good(make: Make) -> None:
    """A job that was accepted when there were more cores runs when it has the machine to itself."""
    large = make(local_cores=4).submit(
        replace(make().job(WAITING, "large", plain=True, cores=4), held=True)
    )
    site = make(local_cores=2)
    small = site.submit(site.job(WAITING, "small", plain=True))
    site.wait(lambda: states(site, small) == ["RUNNING"])
    site.connector.release(large)
    assert states(site, large) == ["PENDING"]
    go(site, small)
    site.wait(lambda: states(site, small, large) == ["gone", "RUNNING"])


def test_a_dead_supervisor_frees_its_place(make: Make) -> None:
    """When the process that watches over a job is killed, its cores go to the next job."""
    site = make(local_cores=1)
    first, second = (site.submit(site.job(WAITING, f"job{n}", plain=True)) for n in range(2))
    site.wait(lambda: states(site, first, second) == ["RUNNING", "PENDING"])
    os.kill(site.supervisor(first), signal.SIGKILL)
    site.wait(lambda: states(site, first, second) == ["gone", "RUNNING"])
    assert site.result(first).state is JobState.NODE_FAIL


def test_a_job_whose_supervisor_died_before_it_began_is_started_again(make: Make) -> None:
    """A job whose supervisor died before it ran anything is still pending, and starts once."""
    site = make(local_cores=1)
    blocker = site.submit(site.job(WAITING, "blocker", plain=True))
    ref = site.submit(site.job("echo ran\n", "job", plain=True))
    site.folder(ref).alive.touch(0o600)  # what a supervisor leaves that was killed at once
    go(site, blocker)
    result = site.result(ref)
    assert (result.state, result.output.data) == (JobState.COMPLETED, b"ran\n")
