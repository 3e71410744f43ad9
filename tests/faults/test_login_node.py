"""sshd, its sessions and the network of the login node go away, before, during and after a
submission and for a while."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

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


@pytest.fixture
def sshd_config(whole: Cluster) -> Iterator[str]:
    """sshd's configuration, put back afterwards."""
    file = whole.path("/etc/ssh/sshd_config")
    before = file.read_text()
    yield before
    file.write_text(before)
    restart_sshd(whole)


def restart_sshd(cluster: Cluster) -> None:
    """End it with all its sessions, and start it anew."""
    cluster.stop("login", "sshd")
    cluster.start("login", "sshd")


def test_sessions_killed_before_and_after_sbatch(
    whole: Cluster, upstream: Upstream, ledger: Ledger
) -> None:
    """A connection that died while it was unused does not delay the next caller."""
    assert upstream.get("/gc").status_code == 200
    restart_sshd(whole)
    task = ledger.task("before")
    job = submit_until_taken(upstream, task)
    restart_sshd(whole)
    assert submit_until_taken(upstream, task) == job
    ends_well(upstream, ledger, task, job)


def test_sessions_killed_during_sbatch(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """When a session dies while sbatch waits for a slow controller, its work is finished, and the
    upstream that sends again gets the result."""
    assert upstream.get("/gc").status_code == 200
    task = ledger.task("during")
    whole.pause("login", "slurmctld")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(submit_once, upstream, task)
        eventually(lambda: [p for p in whole.processes("login") if p.name == "sbatch"])
        restart_sshd(whole)
        assert first.result().status_code == 503
    assert [p for p in whole.processes("login") if p.name == "sbatch"]
    whole.resume("login", "slurmctld")
    ends_well(upstream, ledger, task, submit_until_taken(upstream, task))


def test_sshd_stopped(whole: Cluster, upstream: Upstream, ledger: Ledger, outage: float) -> None:
    """While sshd refuses connections every call gets 503; afterwards everything is as it was."""
    pair = Pair.begin(upstream, ledger)
    whole.stop("login", "sshd")
    pair.silent(outage)
    whole.start("login", "sshd")
    wait_for_recovery(upstream)
    pair.end()


def test_network_down(whole: Cluster, begin: Begin, ledger: Ledger, outage: float) -> None:
    """While packets to the login node are lost every call gets 503 in time; afterwards everything
    is as it was."""
    # A controller without its cable would lose its nodes and run their jobs again: it is on login.
    beside = {
        "JARVICE_SLURM_CLUSTER_ADDR": whole.address_of("login2"),
        "JARVICE_SLURM_SSH_HOST_KEY": whole.host_key_of("login2"),
    }
    upstream = begin(whole, beside)
    pair = Pair.begin(upstream, ledger)
    whole.link("login2", up=False)
    pair.silent(outage)
    whole.link("login2", up=True)
    wait_for_recovery(upstream)
    pair.end()


def test_network_down_in_the_middle_of_a_submission(
    whole: Cluster, upstream: Upstream, ledger: Ledger
) -> None:
    """When the network fails while sbatch runs, the job that comes of it is the one that is
    reported later."""
    assert upstream.get("/gc").status_code == 200
    task = ledger.task("unplugged")
    whole.pause("login", "slurmctld")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(submit_once, upstream, task)
        eventually(lambda: [p for p in whole.processes("login") if p.name == "sbatch"])
        whole.link("login", up=False)
        assert first.result().status_code == 503
    whole.resume("login", "slurmctld")
    whole.link("login", up=True)
    ends_well(upstream, ledger, task, submit_until_taken(upstream, task))


def test_one_session_and_one_start_at_a_time(
    whole: Cluster, sshd_config: str, upstream: Upstream, ledger: Ledger
) -> None:
    """With MaxSessions 1 and MaxStartups 1, eight callers at once share the one session."""
    strict = "".join(
        line for line in sshd_config.splitlines(keepends=True) if not line.startswith("Max")
    )
    whole.path("/etc/ssh/sshd_config").write_text(f"{strict}MaxSessions 1\nMaxStartups 1\n")
    restart_sshd(whole)
    recovers(upstream, ledger, "first")
    tasks = [ledger.task(f"strict-{n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda task: submit_until_taken(upstream, task), tasks))
    for task, job in zip(tasks, jobs, strict=True):
        ends_well(upstream, ledger, task, job)
