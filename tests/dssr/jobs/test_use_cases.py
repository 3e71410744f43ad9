"""What can be done with jobs, over connectors with all abilities and with none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from connectors.dummy.connector import DummyConnector
from connectors.dummy.settings import DummySettings
from dssr.bridge import Bridge
from dssr.errors import Conflict, NotFound, Unavailable
from dssr.job import JobRef, JobState, Output, Submitted
from dssr.jobs import Jobs
from dssr.jobs.index import EVERY
from dssr.jobs.request import JobRequest, Origin
from dssr.jobs.states import state_of
from dssr.record import JobRecord, OutputPart
from dssr.settings import Settings
from dssr.settings.validation import completed
from executors.native import Native

ASKED, ALICE = JobRequest(script="echo hi\n"), Origin(caller="alice", key="k")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dummy(clock: Clock) -> Jobs:
    """The jobs of a bridge whose connector has every ability: 5 s in the queue, 10 s of running."""
    settings = completed(DummySettings(snapshot_age=0.0, dummy_failing=0, executor="native"))
    connector = DummyConnector(settings, clock)
    return Jobs(Bridge(connector, Native(), settings))


@pytest.fixture
def plain(bridge: Bridge) -> Jobs:
    """The jobs of a bridge whose connector has none."""
    return Jobs(bridge)


def test_a_replay_is_the_same_job(dummy: Jobs) -> None:
    """The same request with the same key is one job, and the answer says that it came before."""
    first, again = dummy.submit(ASKED, ALICE)
    assert not again
    assert dummy.submit(ASKED, ALICE) == (first, True)
    with pytest.raises(Conflict):
        dummy.submit(JobRequest(script="echo no\n"), ALICE)
    assert len(dummy.page(EVERY, 10).jobs) == 1


def test_each_order_has_a_line_in_the_log(dummy: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    """A submission, each order about the job, and its end are one line each that names the job."""
    caplog.set_level("INFO")
    job, _ = dummy.submit(ASKED, ALICE)
    dummy.cancel(dummy.release(dummy.hold(job)))
    about = f"job {job.ref.name}/{job.ref.number}"
    lines = [text for text in caplog.messages if about in text]
    assert [text.partition(":")[0] for text in lines] == [
        "Submitted", "Held", "Released", "Cancelled", "Ended",
    ]  # fmt: skip


def test_what_is_kept_of_a_job_is_located(clock: Clock) -> None:
    """Where the connector can, a job is found for its files without the scheduler; a name, and what
    the connector does not know so, is found as for all else."""

    class Locating(DummyConnector):
        asked: ClassVar[list[str]] = []

        def located(self, id: str) -> JobRecord:
            self.asked.append(id)
            if id == "7":
                return located
            raise NotFound("It is not here.")

    located = JobRecord("x", JobRef("job", 1, "7"), JobState.UNKNOWN)
    settings = completed(DummySettings(snapshot_age=0.0, dummy_failing=0, executor="native"))
    jobs = Jobs(Bridge(Locating(settings, clock), Native(), settings))
    job, _ = jobs.submit(ASKED, ALICE)
    assert jobs.locate("7") is located
    assert jobs.locate(job.id) == job
    assert jobs.locate(job.ref.name) == job
    assert Locating.asked[:2] == ["7", job.id]


def test_both_apis_report_one_state(dummy: Jobs, clock: Clock) -> None:
    """While a job goes its way, its record and the snapshot of the legacy API agree."""
    job, _ = dummy.submit(ASKED, ALICE)
    for state in (JobState.PENDING, JobState.RUNNING):
        assert dummy.find(job.id).state is state
        assert dummy.bridge.snapshot()[job.ref.native_id].state is state
        clock.now += 6
    clock.now += 10
    assert dummy.find(job.id).state is JobState.COMPLETED
    result = dummy.bridge.result(job.ref)
    assert result is not None
    assert result.state is JobState.COMPLETED


def test_an_ended_job_keeps_its_state(dummy: Jobs, clock: Clock) -> None:
    """A job that has ended can be cancelled without effect, and neither held nor released."""
    job, _ = dummy.submit(ASKED, ALICE)
    clock.now += 20
    ended = dummy.find(job.id)
    assert dummy.cancel(ended).state is JobState.COMPLETED
    with pytest.raises(Conflict):
        dummy.release(ended)
    with pytest.raises(Conflict, match="only a job that waits"):
        dummy.hold(ended)


def test_a_running_job_cannot_be_held(dummy: Jobs, clock: Clock) -> None:
    """Only a job that waits can be held, and a held one can be released."""
    job, _ = dummy.submit(ASKED, ALICE)
    held = dummy.hold(job)
    assert state_of(held) == "HELD"
    assert state_of(dummy.release(held)) == "PENDING"
    clock.now += 6
    with pytest.raises(Conflict, match=r"RUNNING: only a job that waits .* To end it, cancel it"):
        dummy.hold(dummy.find(job.id))
    clock.now += 60
    with pytest.raises(Conflict, match=r"only a job that waits can be held\.$"):
        dummy.hold(dummy.find(job.id))


def test_the_script_and_the_output_can_be_read(dummy: Jobs, clock: Clock) -> None:
    """The script is as it was submitted; the output is read from any byte on."""
    job, _ = dummy.submit(ASKED, ALICE)
    assert dummy.script(job) == ASKED.script.encode()
    assert dummy.output_part(job, 0, 100).data == b""
    clock.now += 20
    whole = dummy.output_part(job, 0, 10_000)
    assert dummy.output_part(job, 5, 10).data == whole.data[5:15]
    assert whole.data.endswith(dummy.tail(job, 1).data)


def test_what_was_submitted_is_reported_although_nothing_can_be_read(
    plain: Jobs, connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that the scheduler has taken is reported, even when the next question fails."""
    monkeypatch.setattr(connector, "snapshot", lambda: (_ for _ in ()).throw(Unavailable("no")))
    job, _ = plain.submit(JobRequest(script="echo\n", held=True), ALICE)
    assert (job.id, state_of(job), job.evidence) == ("1", "HELD", ("submission",))


def test_an_earlier_submission_of_which_nothing_can_be_read_is_unknown(
    plain: Jobs, connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay is the earlier job, which may run or have ended, so that it is not reported as
    waiting."""
    plain.submit(JobRequest(script="echo\n", held=True), ALICE)
    monkeypatch.setattr(connector, "snapshot", lambda: (_ for _ in ()).throw(Unavailable("no")))
    monkeypatch.setattr(connector, "submit", _again(connector.submit))
    job, again = plain.submit(JobRequest(script="echo\n", held=True), ALICE)
    assert again
    assert (job.is_final, state_of(job), job.evidence) == (False, "UNKNOWN", ("submission",))


def _again(submit: Callable[..., Submitted]) -> Callable[..., Submitted]:
    return lambda *words: replace(submit(*words), again=True)


def test_without_records_a_job_is_what_the_snapshot_lists(plain: Jobs, connector: Any) -> None:
    """A job is found by its native id until it ends; everything that needs no record works."""
    job, _ = plain.submit(ASKED, ALICE)
    assert (job.id, plain.find("job").id) == ("1", "1")
    connector.set("1", JobState.RUNNING, reason="here")
    assert plain.find("1").state is JobState.RUNNING
    assert plain.why(plain.find("1")).summary == "Job 1 is RUNNING (here)."
    connector.jobs["1"].output = Output(b"one\ntwo\n")
    assert plain.output_part(job, 4, 2).data == b"tw"
    connector.jobs["1"].output = Output(b"one\ntwo\n", cut=100)
    assert plain.output_part(job, 4, 2) == OutputPart(b"on", 100, 108)
    assert plain.output_part(job, 104, 9) == OutputPart(b"two\n", 104, 108)
    assert plain.tail(job, 1).data == b"two\n"
    assert plain.check(ASKED, ALICE).batch_script == "#!/bin/bash\necho hi\n"
    with pytest.raises(NotFound, match="No script"):
        plain.script(job)
    with pytest.raises(Conflict, match="only a job that waits"):
        plain.hold(plain.find("1"))
    assert plain.cancel(plain.find("1")).id == "1"
    with pytest.raises(NotFound):
        plain.find("1")


def test_without_the_ability_a_job_is_not_held(plain: Jobs) -> None:
    """The error says how to submit a held job."""
    with pytest.raises(Conflict, match='"held": true'):
        plain.hold(plain.submit(ASKED, ALICE)[0])


def test_the_connector_is_asked_once_for_one_snapshot(plain: Jobs, connector: Any) -> None:
    """An index is made once for each answer of the cluster."""
    snapshot = connector.snapshot()
    connector.snapshot = lambda: snapshot
    assert plain.index() is plain.index()
    assert plain.taken == snapshot.taken


def test_an_executor_finds_what_is_the_sites(connector: Any) -> None:
    """A job with an image gets the site's directories and proxies, a plain one nothing."""
    settings = completed(Settings(executor="native", http_proxy="http://it's"))
    jobs = Jobs(Bridge(connector, Native(), settings))
    jobs.submit(JobRequest(script="echo\n", image="/a.sif"), Origin())
    assert "export SCHTTP_PROXY='http://it'\"'\"'s'\n" in connector.jobs["1"].spec.parameters
    assert connector.launches[0]
    jobs.submit(ASKED, Origin())
    assert (connector.jobs["2"].spec.parameters, connector.launches[1]) == ("", "")


def test_a_job_of_both_apis_is_found_by_its_legacy_name(dummy: Jobs) -> None:
    """The index finds a job as the legacy API names it."""
    job, _ = dummy.submit(ASKED, ALICE)
    assert dummy.index().of_ref(JobRef("job", job.ref.number, job.ref.native_id)).id == job.id
