"""Slurm's controller pauses, dies and loses its answers while jobs are submitted, by both APIs."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.person import Person
from tests.faults.upstream import (
    Ledger,
    Task,
    Upstream,
    directory_of,
    ends_well,
    intent_of,
    submit_once,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster
SiteScript = Callable[[str], None]


@pytest.fixture(scope="module", params=[Upstream, Person])
def caller(request: pytest.FixtureRequest) -> type[Upstream]:
    """Who calls the bridges: the same holds for both APIs."""
    kind: type[Upstream] = request.param
    return kind


@pytest.fixture
def sbatch(whole: Cluster) -> Iterator[SiteScript]:
    """``sbatch(text)``: a script of the site replaces sbatch; in it ``real`` is sbatch itself."""
    file = whole.path("/usr/local/bin/sbatch")

    def install(text: str) -> None:
        file.write_text(f'#!/bin/bash\nreal() {{ /usr/bin/sbatch "$@"; }}\n{text}\n')
        file.chmod(0o755)

    yield install
    file.unlink(missing_ok=True)


def attempts(cluster: Cluster, upstream: Upstream, task: Task) -> int:
    """How many times sbatch was called for a task: each call but the first is marked by a
    directory."""
    directory = cluster.path(directory_of(cluster, upstream.as_kept(task)))
    return max((int(made.suffix[1:]) for made in directory.glob("attempt.*")), default=1)


def test_paused_while_submitting(
    whole: Cluster, upstream: Upstream, ledger: Ledger, outage: float
) -> None:
    """When sbatch waits longer than the upstream may, the upstream gets 503; in the end there is
    one job for each submission."""
    tasks = [ledger.task(f"slow-{n}") for n in range(4)]
    whole.pause("login", "slurmctld")
    with ThreadPoolExecutor() as pool:
        for _ in range(max(2, int(outage / 5))):
            answers = list(pool.map(lambda task: submit_once(upstream, task), tasks))
            assert [answer.status_code for answer in answers] == [503] * len(tasks)
    whole.resume("login", "slurmctld")
    for task in tasks:
        ends_well(upstream, ledger, task, submit_until_taken(upstream, task))
        assert attempts(whole, upstream, task) == 1


def test_killed_while_submitting(whole: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """When no controller took the request, the upstream gets 503, and the next attempt is made
    without a waiting time."""
    task = ledger.task("refused")
    whole.stop("login", "slurmctld")
    assert submit_once(upstream, task).status_code == 503
    whole.start("login", "slurmctld")
    ends_well(upstream, ledger, task, submit_until_taken(upstream, task))


def test_killed_with_the_request_in_its_hands(
    whole: Cluster, upstream: Upstream, ledger: Ledger
) -> None:
    """When the controller dies with the request, the job is submitted again only after the time in
    which it could still appear, and after a search that finds none."""
    task = ledger.task("in-hands")
    whole.pause("login", "slurmctld")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(submit_once, upstream, task)
        eventually(lambda: [p for p in whole.processes("login") if p.name == "sbatch"])
        assert first.result().status_code == 503
    whole.stop("login", "slurmctld")
    whole.start("login", "slurmctld")
    eventually(
        lambda: [p for p in whole.processes("login") if p.name == "sbatch"], lambda found: not found
    )
    answer = submit_once(upstream, task)
    if answer.status_code == 503:  # sbatch's own repetition was in vain
        wait_in_vain(whole, upstream, task)
    job = submit_until_taken(upstream, task)
    ends_well(upstream, ledger, task, job)


def wait_in_vain(cluster: Cluster, upstream: Upstream, task: Task) -> None:
    """Make the last attempt 200 seconds older."""
    kept = upstream.as_kept(task)
    marks = f"{intent_of(kept)} {directory_of(cluster, kept)}/attempt.*"
    cluster.run("login", ["sh", "-c", f"touch -h -c -d '200 seconds ago' {marks}"])


def test_the_answer_of_a_made_job_is_lost(
    whole: Cluster, sbatch: SiteScript, upstream: Upstream, ledger: Ledger
) -> None:
    """A job elects itself, and the upstream gets its id, whatever becomes of sbatch after the
    controller has created the job."""
    failed = (
        'real "$@" >/dev/null; echo "sbatch: error: Batch job submission failed: {}" >&2; exit 1'
    )
    endings = {
        "killed": 'real "$@" >/dev/null; kill -KILL $$',
        "silent": 'real "$@" >/dev/null',
        "zero-bytes": failed.format("Zero Bytes were transmitted or received"),
        "receive-failure": failed.format("Unable to contact slurm controller (receive failure)"),
        "timed-out": failed.format("Socket timed out on send/recv operation"),
    }
    for name, text in endings.items():
        task = ledger.task(f"lost-{name}")
        sbatch(text)
        assert submit_once(upstream, task).status_code in (200, 201, 503)
        ends_well(upstream, ledger, task, submit_until_taken(upstream, task))
        assert attempts(whole, upstream, task) == 1


def test_a_made_job_that_waits_is_found(
    whole: Cluster, sbatch: SiteScript, upstream: Upstream, ledger: Ledger
) -> None:
    """When sbatch's answer is lost and the job is still pending, the search finds it after the
    waiting time, and sbatch does not run again."""
    task = ledger.task("pending")
    sbatch('real --begin=now+3600 "$@" >/dev/null; kill -KILL $$')
    assert submit_once(upstream, task).status_code == 503
    assert submit_once(upstream, task).status_code == 503
    wait_in_vain(whole, upstream, task)
    job = submit_until_taken(upstream, task)
    assert attempts(whole, upstream, task) == 1
    whole.run("login", ["scontrol", "update", f"jobid={job.jobid}", "starttime=now"])
    ends_well(upstream, ledger, task, job)


def test_an_attempt_that_died_before_sbatch(
    whole: Cluster, sbatch: SiteScript, upstream: Upstream, ledger: Ledger
) -> None:
    """An attempt that died before sbatch has created no job, which only time shows: the upstream
    gets 503 until then, and one job after it."""
    task = ledger.task("never-made")
    sbatch("kill -KILL $$")
    assert submit_once(upstream, task).status_code == 503
    sbatch('real "$@"')
    assert submit_once(upstream, task).status_code == 503
    assert ledger.runs(task) == []
    wait_in_vain(whole, upstream, task)
    ends_well(upstream, ledger, task, submit_until_taken(upstream, task))
    assert attempts(whole, upstream, task) == 2


def test_a_slow_first_attempt_and_a_second_one(
    whole: Cluster, sbatch: SiteScript, upstream: Upstream, ledger: Ledger
) -> None:
    """When a first sbatch was only asleep and creates a second job, one of the two is elected, the
    other one ends before it runs anything, and every response names the elected one."""
    task = ledger.task("overtaken")
    sbatch(
        f'touch {ledger.path}/asleep; until [ -e {ledger.path}/go ]; do sleep 0.1; done; real "$@"'
    )
    with ThreadPoolExecutor() as pool:
        first = pool.submit(submit_once, upstream, task)
        eventually(lambda: whole.path(f"{ledger.path}/asleep").exists())
        assert first.result().status_code == 503
    sleeper = [
        p
        for p in whole.processes("login")
        if "/usr/local/bin/sbatch" in p.command and p.name == "sbatch"
    ]
    for process in sleeper:
        os.kill(process.pid, signal.SIGSTOP)
    wait_in_vain(whole, upstream, task)
    whole.path(f"{ledger.path}/go").touch()
    job = submit_until_taken(upstream, task)
    for process in sleeper:
        os.kill(process.pid, signal.SIGCONT)
    ends_well(upstream, ledger, task, job)
    eventually(
        lambda: any(p.name == "sbatch" for p in whole.processes("login")), lambda runs: not runs
    )
    whole.wait_idle()
    assert submit_until_taken(upstream, task) == job
    assert ledger.runs(task) == [job.jobid]
