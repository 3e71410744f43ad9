"""One of two login nodes is lost during a submission or while jobs are polled, and the other one
serves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.conftest import Begin
from tests.faults.recovery import wait_for_recovery
from tests.faults.upstream import (
    Ledger,
    Pair,
    Upstream,
    ends_well,
    recovers,
    submit_once,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster


@dataclass(frozen=True)
class Loss:
    """How one of the login nodes is lost, and how it comes back. The controller is on ``login``,
    whose cable stays in."""

    host: str
    strike: Callable[[Cluster], None]
    mend: Callable[[Cluster], None]


def without_power(cluster: Cluster) -> None:
    """login2 is off, with all its processes."""
    cluster.link("login2", up=False)
    cluster.stop("login2", "sshd")
    cluster.run("login2", ["pkill", "-KILL", "-u", cluster.user])


def with_power(cluster: Cluster) -> None:
    """login2 has booted again."""
    cluster.start("login2", "sshd")
    cluster.link("login2", up=True)


LOSSES = {
    "cable": Loss(
        "login2", lambda c: c.link("login2", up=False), lambda c: c.link("login2", up=True)
    ),
    "frozen": Loss(
        "login2", lambda c: c.pause("login2", "sshd"), lambda c: c.resume("login2", "sshd")
    ),
    "power": Loss("login2", without_power, with_power),
    "sshd": Loss("login", lambda c: c.stop("login", "sshd"), lambda c: c.start("login", "sshd")),
}


def other(loss: Loss) -> str:
    """The login node that remains."""
    return "login" if loss.host == "login2" else "login2"


@pytest.fixture(params=LOSSES)
def loss(request: pytest.FixtureRequest) -> Loss:
    """Each kind of loss in turn."""
    return LOSSES[request.param]


@pytest.fixture
def upstream(whole: Cluster, begin: Begin, loss: Loss) -> Upstream:
    """A bridge that knows both login nodes and uses the one that will be lost."""
    first, second = loss.host, other(loss)
    addresses = f"{whole.address_of(first)},{whole.address_of(second)}:{whole.port}"
    keys = f"{whole.host_key_of(first)},{whole.host_key_of(second)}"
    begun = begin(
        whole, {"JARVICE_SLURM_CLUSTER_ADDR": addresses, "JARVICE_SLURM_SSH_HOST_KEY": keys}
    )
    assert begun.get("/gc").status_code == 200
    assert sessions(whole, first)
    return begun


def sessions(cluster: Cluster, host: str) -> list[str]:
    """The service user's connections to that host."""
    return [
        p.command
        for p in cluster.processes(host)
        if p.name.startswith("sshd") and "jarvice" in p.command
    ]


def test_lost_during_a_submission(
    whole: Cluster, upstream: Upstream, loss: Loss, ledger: Ledger
) -> None:
    """When the login node is lost after sbatch has sent its request, the other node finds the
    intent, and there is one job, whatever became of sbatch."""
    task = ledger.task("during")
    whole.pause("login", "slurmctld")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(submit_once, upstream, task)
        eventually(lambda: [p for p in whole.processes(loss.host) if p.name == "sbatch"])
        loss.strike(whole)
        assert first.result().status_code == 503
    assert submit_once(upstream, task).status_code == 503
    assert not [p for p in whole.processes(other(loss)) if p.name == "sbatch"]
    whole.resume("login", "slurmctld")
    job = submit_until_taken(upstream, task)
    loss.mend(whole)
    ends_well(upstream, ledger, task, job)
    assert submit_until_taken(upstream, task) == job


def test_lost_while_polling(whole: Cluster, upstream: Upstream, loss: Loss, ledger: Ledger) -> None:
    """While a login node is lost the job is listed or the lists are not returned, all calls work
    over the other node, and the same holds when the first one is back and the other one goes."""
    pair = Pair.begin(upstream, ledger)
    loss.strike(whole)
    for _ in range(3):
        assert upstream.listed(pair.job) is not False
    wait_for_recovery(upstream)
    assert eventually(lambda: upstream.listed(pair.job), lambda listed: listed is not None)
    assert submit_until_taken(upstream, pair.task) == pair.job
    assert upstream.post("/exitstatus", pair.job.args).status_code == 503
    assert upstream.post("/runstatus", pair.job.args).json()[0]
    pair.end()
    loss.mend(whole)
    whole.stop(other(loss), "sshd")
    wait_for_recovery(upstream)
    recovers(upstream, ledger, "the-other-way-round")
    ends_well(upstream, ledger, pair.task, pair.job)
