"""Without accounting, and with a controller that forgets jobs at once, the jobs' own records
decide; and job ids are used again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import Cluster, Options
from tests.dssr.http.web.browsing import states, text_of
from tests.end_to_end.service import Job, eventually
from tests.faults.conftest import Begin, make_whole
from tests.faults.upstream import (
    Ledger,
    Upstream,
    directory_of,
    end_of,
    ends_well,
    running,
    submit_until_taken,
)
from tests.faults.visitor import Visitor

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def forgetful(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster without accounting, whose controller forgets a job two seconds after its end."""
    booted = Cluster.up(options=Options(accounting=False, min_job_age=2))
    yield booted
    booted.down()


@pytest.fixture(scope="module")
def upstream(forgetful: Cluster, begin: Begin) -> Upstream:
    """One bridge for all tests."""
    return begin(forgetful, {"JARVICE_SETTLING_TIME": "3"})


@pytest.fixture
def ledger(forgetful: Cluster) -> Iterator[Ledger]:
    """A fresh ledger; the cluster is whole afterwards."""
    yield Ledger(forgetful)
    make_whole(forgetful)


def forgotten(cluster: Cluster, job: Job) -> None:
    """Wait until the controller knows nothing of the job."""
    look = ["squeue", "-h", "-t", "all", "-j", job.jobid, "-o", "%A"]
    eventually(lambda: cluster.run("login", look).stdout.strip(), lambda listed: not listed)


def test_a_completed_job(forgetful: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """A job's record proves its completion when Slurm has forgotten it."""
    task = ledger.task("completed")
    job = submit_until_taken(upstream, task)
    eventually(lambda: ledger.runs(task))
    forgotten(forgetful, job)
    ends_well(upstream, ledger, task, job)


def test_pages_say_that_there_is_no_accounting(forgetful: Cluster, tmp_path: Path) -> None:
    """Each page of the portal says that the cluster keeps no accounting, with the age of that; a
    job that Slurm has forgotten is on them as its record says."""
    visitor = Visitor(forgetful, tmp_path)
    ends = visitor.browser.submit(script="#!/bin/bash\nexit 3\n", name="ends")
    job = visitor.browser.open(f"/api/v1{ends}").json()
    forgotten(forgetful, Job(job["name"], job["number"], job["native_id"], ""))
    eventually(lambda: states(visitor.browser.open(ends)), lambda seen: seen == ["FAILED"])
    visitor.open("/cluster")
    for page, answer in visitor.open_all().items():
        assert "keeps no accounting: the end of a job is known from" in text_of(answer), page
        assert "It was asked" in text_of(answer), page
    assert "The state rests on: record" in text_of(visitor.browser.open(ends))
    visitor.service.stop()


@contextmanager
def as_it_was(cluster: Cluster, host: str, directory: str) -> Iterator[None]:
    """The host keeps seeing the directory as it is now, as with a file server's cache, whatever
    changes there."""
    over = f"cp -a {directory} /tmp/as-it-was && mount --bind /tmp/as-it-was {directory}"
    done = cluster.run(host, ["sh", "-c", over])
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        cluster.run(host, ["sh", "-c", f"umount -l {directory}; rm -rf /tmp/as-it-was"])


def test_a_record_that_is_seen_late(forgetful: Cluster, begin: Begin, ledger: Ledger) -> None:
    """While the login node does not see the record and Slurm has forgotten the job, the response is
    503; then it is the job's end."""
    patient = begin(forgetful)
    task = ledger.task("seen-late", waits=True)
    job = running(patient, ledger, task)
    directory = directory_of(forgetful, task)
    with as_it_was(forgetful, "login", directory):
        ledger.may_end(task)
        forgotten(forgetful, job)
        eventually(lambda: forgetful.path(f"{directory}/record").exists())
        eventually(lambda: patient.listed(job), lambda listed: listed is False)
        answer = patient.post("/exitstatus", job.args)
        assert (answer.status_code, "nothing shows yet how it ended" in answer.text) == (503, True)
    ends_well(patient, ledger, task, job)


def test_a_cancelled_job(forgetful: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """A job cancelled through the bridge gets rc -15, whether it ran or not."""
    task, held = ledger.task("cancelled", waits=True), ledger.task("held")
    ran = running(upstream, ledger, task)
    answer = upstream.try_submit(held.text, held.name, held.number, held=True)
    never_ran = Job(held.name, held.number, *answer.json())
    for job in (ran, never_ran):
        assert upstream.post("/terminate", job.args).json() is True
    for job in (ran, never_ran):
        forgotten(forgetful, job)
    rc, output, termination = end_of(upstream, ran)
    assert (rc, output.splitlines()[0]) == (-15, "cancelled begins")
    assert "CANCELLED" in termination
    assert end_of(upstream, never_ran)[0] == -15
    assert ledger.runs(task) == [ran.jobid]
    assert ledger.runs(held) == []


def test_a_job_out_of_time(forgetful: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """The record of a job that reached its time limit reports TIMEOUT, rc -9."""
    task = ledger.task("late", waits=True, JOBOBJ_WALLTIME="00:01:00")
    job = running(upstream, ledger, task)
    forgetful.run("login", ["scontrol", "update", f"jobid={job.jobid}", "EndTime=now+1"])
    eventually(lambda: upstream.listed(job), lambda listed: listed is False)
    forgotten(forgetful, job)
    rc, output, termination = end_of(upstream, job)
    assert rc == -9
    assert "TIMEOUT" in termination
    assert output.startswith("late begins")
    assert ledger.runs(task) == [job.jobid]


def test_a_job_of_which_nothing_is_left(
    forgetful: Cluster, upstream: Upstream, ledger: Ledger
) -> None:
    """A job without a row and a record gets 503 for the settling time, and is then reported as
    lost, which its output says."""
    task = ledger.task("vanished", waits=True)
    job = running(upstream, ledger, task)
    forgetful.stop("login", "slurmctld")
    wipe(forgetful)
    early = upstream.post("/exitstatus", job.args)
    assert early.status_code == 503
    rc, output, _ = end_of(upstream, job)
    assert rc == -9
    assert "nor a record shows how it ended" in output


def wipe(cluster: Cluster) -> None:
    """The controller loses its state and begins again with job 1; it ends what the nodes still
    run."""
    cluster.run("login", ["sh", "-c", "rm -rf /var/spool/slurmctld/*"])
    cluster.start("login", "slurmctld")


def test_a_job_id_used_again(forgetful: Cluster, upstream: Upstream, ledger: Ledger) -> None:
    """When the controller uses a job id again, name, number and id still identify the old job and
    the new one, and cancelling the old one does not touch the new one, of any user."""
    forgetful.stop("login", "slurmctld")
    wipe(forgetful)
    forgetful.wait_idle()
    old, other = ledger.task("old-1"), ledger.task("old-2", waits=True)
    first, second = submit_until_taken(upstream, old), running(upstream, ledger, other)
    assert (first.jobid, second.jobid) == ("1", "2")
    eventually(lambda: upstream.listed(first), lambda listed: listed is False)
    ledger.may_end(other)
    eventually(lambda: upstream.listed(second), lambda listed: listed is False)
    forgetful.stop("login", "slurmctld")
    wipe(forgetful)
    forgetful.wait_idle()
    new = ledger.task("new-1", waits=True)
    again = running(upstream, ledger, new)
    theirs = [
        "sbatch",
        "--parsable",
        "--job-name=jarvice_old-2",
        "--output=/dev/null",
        "--wrap=sleep 600",
    ]
    stranger = forgetful.run("login", theirs, user="bob").stdout.decode().strip()
    assert (again.jobid, stranger) == ("1", "2")
    for job in (first, second):
        assert upstream.post("/runstatus", job.args).json() == [None] * 4
        assert upstream.post("/terminate", job.args).json() is True
    ends_well(upstream, ledger, old, first)
    ends_well(upstream, ledger, other, second)
    assert upstream.listed(again) is True
    ledger.may_end(new)
    ends_well(upstream, ledger, new, again)
    left = forgetful.run("login", ["squeue", "-h", "-o", "%A %u"]).stdout.decode().split("\n")
    assert f"{stranger} bob" in left
