"""The accounting daemon goes away and comes back."""

import pytest

from tests.cluster import Cluster
from tests.faults.story import Ledger, Upstream, ends_well, kill_controller, persist

pytestmark = pytest.mark.cluster


def test_accounting_down_and_back(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """Jobs are taken, run and end without it, and their ends are told by the controller and their own records; when it is
    there again, with rows that are late, the same is told."""
    begun = ledger.task("begun-before", waits=True)
    before = persist(upstream, begun)
    whole.stop("login", "slurmdbd")
    inside = ledger.task("all-inside")
    during = persist(upstream, inside)
    ends_well(upstream, ledger, inside, during)
    ledger.may_end(begun)
    ends_well(upstream, ledger, begun, before)
    last = ledger.task("told-after")
    job = persist(upstream, last)
    whole.wait_idle()
    whole.start("login", "slurmdbd")
    for task, told in ((last, job), (inside, during), (begun, before)):
        ends_well(upstream, ledger, task, told)


def test_accounting_and_controller_down(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """Neither answers: either nothing is told, or what the job's own record proves; of one without a record, nothing."""
    over, runs = ledger.task("over"), ledger.task("runs", waits=True)
    ended, running = persist(upstream, over), persist(upstream, runs)
    whole.stop("login", "slurmdbd")
    while not ledger.runs(over) or upstream.listed(ended):
        assert upstream.listed(running) is not False
    kill_controller(whole)
    answer = upstream.post("/exitstatus", ended.args)
    assert answer.status_code == 503 or answer.json()[0] == 0
    assert upstream.post("/exitstatus", running.args).status_code == 503
    for daemon in ("slurmdbd", "slurmctld"):
        whole.start("login", daemon)
    ends_well(upstream, ledger, over, ended)
    ledger.may_end(runs)
    ends_well(upstream, ledger, runs, running)
