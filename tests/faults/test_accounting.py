"""The accounting daemon goes away and comes back, alone and with the controller."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Job, eventually, numbers, script
from tests.faults.upstream import (
    Ledger,
    Task,
    Upstream,
    ends_well,
    kill_controller,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster


def test_accounting_down_and_back(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """Without accounting, the controller and the jobs' records report every end; when it is back,
    with late rows, the reports are the same."""
    begun = ledger.task("begun-before", waits=True)
    before = submit_until_taken(upstream, begun)
    whole.stop("login", "slurmdbd")
    inside = ledger.task("all-inside")
    during = submit_until_taken(upstream, inside)
    ends_well(upstream, ledger, inside, during)
    ledger.may_end(begun)
    ends_well(upstream, ledger, begun, before)
    last = ledger.task("reported-after")
    job = submit_until_taken(upstream, last)
    whole.wait_idle()
    whole.start("login", "slurmdbd")
    for task, reported in ((last, job), (inside, during), (begun, before)):
        ends_well(upstream, ledger, task, reported)


def paused(cluster: Cluster) -> None:
    """The controller holds its connections and says nothing."""
    cluster.pause("login", "slurmctld")


@pytest.fixture(params=[paused, kill_controller], ids=["paused", "killed"])
def controller_goes(request: pytest.FixtureRequest, whole: Cluster) -> Callable[[], None]:
    """The controller stops to answer. Either way squeue would try for some twenty seconds, longer
    than an upstream may wait."""
    return lambda: request.param(whole)


def comes_back(cluster: Cluster) -> None:
    """Start accounting first, because the controller does not start without it."""
    cluster.start("login", "slurmdbd")
    cluster.resume("login", "slurmctld")
    cluster.start("login", "slurmctld")


@dataclass(frozen=True)
class Ended:
    """Three jobs that have ended, and whose results are not known to the upstream yet."""

    well: Job
    badly: Job
    plain: Job  # well, by its script's exit code

    @classmethod
    def of(cls, upstream: Upstream) -> "Ended":
        """Submit the three, and wait until they have left the lists."""
        texts = {
            "well": script("echo JARVICE_CMD_SUCCESS"),
            "badly": script("exit 3"),
            "plain": "#!/bin/sh\ntrue\n",
        }
        jobs = [
            submit_until_taken(upstream, Task(name, next(numbers), text))
            for name, text in texts.items()
        ]
        for job in jobs:
            eventually(partial(upstream.listed, job), lambda listed: listed is False)
        return cls(*jobs)

    def rcs(self, upstream: Upstream) -> list[int | None]:
        """The rc of each job now; ``None`` for 503."""
        jobs = (self.well, self.badly, self.plain)
        with ThreadPoolExecutor(len(jobs)) as pool:
            answers = pool.map(lambda job: upstream.post("/exitstatus", job.args), jobs)
        return [answer.json()[0] if answer.status_code == 200 else None for answer in answers]


def accounted(cluster: Cluster, job: Job) -> bool:
    """Whether the database has the job's end."""
    look = ["sacct", "-n", "-X", "-P", "-j", job.jobid, "-o", "End"]
    return b":" in cluster.run("login", look).stdout


def test_the_controller_is_silent_and_accounting_knows(
    whole: Cluster, upstream: Upstream, controller_goes: Callable[[], None]
) -> None:
    """While the controller is silent, accounting's final states are reported in time."""
    ended = Ended.of(upstream)
    for job in (ended.well, ended.badly, ended.plain):
        eventually(partial(accounted, whole, job))
    controller_goes()
    assert ended.rcs(upstream) == [0, 1, 0]
    comes_back(whole)
    assert ended.rcs(upstream) == [0, 1, 0]


def test_only_the_record_is_left(
    whole: Cluster, upstream: Upstream, controller_goes: Callable[[], None]
) -> None:
    """Without controller and accounting, a record proves the end of a job whose steps all went
    well; any other job gets 503 with what the record says, and its end once Slurm answers."""
    ended = Ended.of(upstream)
    whole.stop("login", "slurmdbd")
    controller_goes()
    assert ended.rcs(upstream) == [0, None, None]
    assert "exit code 1" in upstream.post("/exitstatus", ended.badly.args).text
    comes_back(whole)
    assert eventually(lambda: ended.rcs(upstream), lambda rcs: None not in rcs) == [0, 1, 0]


def test_accounting_hangs(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """A slurmdbd that takes sacct's request and never answers delays only the calls that need
    it."""
    task = ledger.task("well-known")
    job = submit_until_taken(upstream, task)
    eventually(lambda: upstream.listed(job), lambda listed: listed is False)
    whole.pause("login", "slurmdbd")
    ends_well(upstream, ledger, task, job)


def test_accounting_and_controller_down(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """Without controller and accounting, the bridge reports what a job's record proves, and no end
    of a job without a record."""
    over, runs = ledger.task("over"), ledger.task("runs", waits=True)
    ended, running = submit_until_taken(upstream, over), submit_until_taken(upstream, runs)
    whole.stop("login", "slurmdbd")
    while not ledger.runs(over) or upstream.listed(ended):
        assert upstream.listed(running) is not False
    kill_controller(whole)
    assert upstream.post("/exitstatus", ended.args).json()[0] == 0
    assert upstream.post("/exitstatus", running.args).status_code == 503
    for daemon in ("slurmdbd", "slurmctld"):
        whole.start("login", daemon)
    ends_well(upstream, ledger, over, ended)
    ledger.may_end(runs)
    ends_well(upstream, ledger, runs, running)
