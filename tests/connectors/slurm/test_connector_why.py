"""Why jobs of a real cluster are in their states."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from dssr.job import JobState
from tests.cluster import Cluster
from tests.connectors.slurm.conftest import Begin
from tests.connectors.slurm.owned import ended, job, printed, submit
from tests.connectors.slurm.test_connector_cluster import commands
from tests.end_to_end.service import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

FAILS = "#!/bin/bash\necho one\nno-such-program --now\n"


@pytest.mark.parametrize("owner", ["", "alice"])
def test_a_cancellation_through_the_bridge_is_said(begin: Begin, owner: str) -> None:
    """Slurm records the user id alone; the bridge's own mark says that it gave the order."""
    connector = begin()
    ref = submit(connector, job(owner))
    assert printed(connector, ref, b"begun")
    connector.cancel(ref)
    assert ended(connector, ref)[0] is JobState.CANCELLED
    assert "was cancelled through this bridge after" in connector.why(ref).summary


def test_the_jobs_own_exit_code_is_said(begin: Begin) -> None:
    """The record has the code of the user's command, 127, where Slurm has the batch script's."""
    connector = begin()
    ref = submit(connector, job("", FAILS))
    assert ended(connector, ref)[0] is JobState.FAILED
    why = connector.why(ref)
    assert "the command no-such-program was not found" in why.summary
    assert any("Exit code 127" in sentence for sentence in why.because)
    assert any("its output shows: " in sentence.lower() for sentence in why.because)
    assert any("the job's own record: exit=" in said for said in why.evidence)


def test_one_explanation_serves_all_callers(begin: Begin) -> None:
    """Sixteen callers who ask again and again cost the login node two commands, and a change of
    the job's state makes a new explanation."""
    connector = begin(JARVICE_SNAPSHOT_AGE="60")
    ref = submit(connector, replace(job(""), held=True))
    connector.snapshot()
    before = commands(connector)
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda _: connector.why(ref), range(64)))
    assert commands(connector) <= before + 3, "the snapshot is one of them"
    assert {why.summary.partition(":")[0] for why in said} == {
        f"Job {ref.native_id} is held (JobHeldUser)"
    }
    connector.release(ref)
    eventually(lambda: "is running" in connector.why(ref).summary)
    connector.cancel(ref)


def test_jobs_ahead_are_counted(begin: Begin, site: Cluster) -> None:
    """A job that waits behind others says how many they are."""
    words = ["sbatch", "--parsable", "-o", "/dev/null", "-N", "2", "--exclusive", "-t", "10"]
    for _ in range(3):
        done = site.run("login", [*words, "--wrap", "sleep 600"], user="bob")
        assert done.returncode == 0, done.stderr
    running = ["squeue", "-h", "-u", "bob", "-t", "R", "-o", "%A"]
    assert eventually(lambda: site.run("login", running).stdout)
    connector = begin()
    ref = submit(connector, replace(job(""), nodes=2, exclusive=True))
    assert eventually(lambda: connector.snapshot()[ref.native_id].reason == "Priority")
    why = connector.why(ref)
    assert "(Priority)" in why.summary
    ahead = [each for each in why.because if each.startswith("Ahead of it in its partition: 2 ")]
    assert ahead, why.as_text()
    connector.cancel(ref)


def test_a_record_says_in_short_why_its_job_waits_or_failed(begin: Begin) -> None:
    """The sentence comes from the record alone: no command is sent for it."""
    connector = begin()
    held = submit(connector, replace(job(""), held=True))
    fails = submit(connector, job("", FAILS))
    assert ended(connector, fails)[0] is JobState.FAILED
    assert eventually(lambda: len(connector.records().jobs) >= 2)
    jobs = {each.ref.native_id: each for each in connector.records().jobs}
    before = commands(connector)
    assert connector.summary(jobs[held.native_id]).startswith("Its user, or a coordinator")
    assert connector.summary(jobs[fails.native_id]).startswith("Exit code 1")
    assert commands(connector) == before
    connector.cancel(held)
