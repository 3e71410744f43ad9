"""The dummy connector where the contract does not reach."""

import time

import pytest

from connectors.dummy.connector import plugin
from connectors.dummy.settings import DummySettings
from dssr.errors import NotFound, Refused
from dssr.job import JobRef, JobSpec, JobState
from dssr.seams import ServesInteractive


class Clock:
    """Time that goes on when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def spec(name: str = "job", **fields: object) -> JobSpec:
    """Any job."""
    return JobSpec(name, 1, 1, "source", "script", **fields)  # type: ignore[arg-type]


def test_the_settings_decide() -> None:
    """The times and the share of failures are those of the settings."""
    clock = Clock()
    connector = plugin(DummySettings(dummy_queued=3, dummy_running=4, dummy_failing=100), clock)
    ref = JobRef("job", 1, connector.submit(spec(), "").native_id)
    states = []
    for _ in range(7):
        states.append(connector.snapshot()[ref.native_id].state)
        clock.now += 1
    assert states == [JobState.PENDING] * 3 + [JobState.RUNNING] * 4
    result = connector.result(ref)
    assert result is not None
    assert (result.state, result.elapsed) == (JobState.FAILED, 4)
    assert result.output.data.endswith(b"JARVICE Job failed, investigate logs\n")


def test_output_by_lines() -> None:
    """A job has no output before it runs; then its last lines are shown, also after cleaning."""
    clock = Clock()
    connector = plugin(DummySettings(dummy_queued=3, dummy_running=4, dummy_failing=0), clock)
    ref = JobRef("job", 1, connector.submit(spec(), "").native_id)
    with pytest.raises(NotFound):
        connector.output(ref, 10)
    clock.now += 5
    assert connector.output(ref, 1).data == b"It is RUNNING.\n"
    assert connector.output(ref, 0).data == b""
    clock.now += 5
    connector.result(ref)
    connector.clean(ref)
    assert connector.output(ref, 1).data == b"JARVICE Job completed OK\n"


@pytest.mark.parametrize(
    ("interactive", "domain", "host"),
    [(False, "d.example", ""), (True, "d.example", ".d.example/")],
)
def test_an_interactive_job_has_an_address(interactive: bool, domain: str, host: str) -> None:
    """A job has an address while it runs, if the settings say that jobs are interactive; then
    interactive jobs are served."""
    clock = Clock()
    connector = plugin(
        DummySettings(
            dummy_queued=3, dummy_running=4, dummy_interactive=interactive, jobs_domain=domain
        ),
        clock,
    )
    assert isinstance(connector, ServesInteractive)
    assert connector.serves_interactive() is interactive
    ref = JobRef("job", 1, connector.submit(spec(interactive=True), "").native_id)
    assert connector.server(ref) is None
    clock.now += 5
    server = connector.server(ref)
    assert (server is not None and server.url.endswith(host)) is interactive
    clock.now += 5
    assert connector.server(ref) is None
    assert connector.server(JobRef("other", 1)) is None


def test_release_of_a_started_job_is_refused() -> None:
    """A running job cannot be released; a release of a pending job that is not held changes
    nothing."""
    clock = Clock()
    connector = plugin(DummySettings(dummy_queued=3), clock)
    ref = JobRef("job", 1, connector.submit(spec(), "").native_id)
    clock.now += 2
    connector.release(ref)
    clock.now += 2
    assert connector.snapshot()[ref.native_id].state is JobState.RUNNING
    with pytest.raises(Refused):
        connector.release(ref)


def test_memory_is_given_back() -> None:
    """Cleaned jobs are forgotten after the retention time, jobs without a result are not."""
    clock = Clock()
    connector = plugin(DummySettings(dummy_queued=0, dummy_running=0, retention=3600.0), clock)
    refs = [
        JobRef(name, 1, connector.submit(spec(name), "").native_id)
        for name in ("cleaned", "unasked")
    ]
    connector.result(refs[0])
    connector.clean(refs[0])
    clock.now += 3601
    connector.submit(spec("another"), "")
    assert connector.result(refs[0]) is None
    assert connector.result(refs[1]) is not None


def test_another_start_gives_out_other_ids() -> None:
    """A bridge that was restarted does not give an old job's id to a new job."""
    now = time.time()
    first, second = plugin(DummySettings(), lambda: now), plugin(DummySettings(), lambda: now + 60)
    assert first.submit(spec(), "").native_id != second.submit(spec(), "").native_id
