"""What the bridge observes of jobs when callers use the API for people."""

import pytest

from connectors.dummy.connector import DummyConnector
from connectors.dummy.settings import DummySettings
from dssr.bridge import Bridge
from dssr.jobs import Jobs
from dssr.jobs.request import JobRequest, Origin
from dssr.settings.validation import completed
from executors.native import Native


@pytest.mark.parametrize("by_list", [True, False])
def test_the_start_and_end_of_a_job_are_noted(
    by_list: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A list or a look at one job finds its wait and its end, each of which counts once."""
    caplog.set_level("INFO", logger="dssr.observed")
    now = [1_900_000_000.0]
    settings = completed(DummySettings(snapshot_age=0.0, dummy_failing=0, executor="native"))
    bridge = Bridge(DummyConnector(settings, lambda: now[0]), Native(), settings)
    jobs = Jobs(bridge)
    job, _ = jobs.submit(JobRequest(script="echo hi\n"), Origin(caller="alice", key="k"))
    for _ in range(4):
        now[0] += 6  # 5 s in the queue, 10 s of running
        if by_list:
            jobs.index()
        else:
            jobs.find(job.id)
    assert [message.partition(":")[0] for message in caplog.messages] == ["Submitted", "Ended"]
    figures = {(f.name, *f.labels): f.value for f in bridge.figures()}
    assert figures["dssr_jobs_submitted_total",] == 1
    assert figures["dssr_jobs_ended_total", ("state", "COMPLETED")] == 1
    assert bridge.observed.waits.buckets()[-1][1] == 1
