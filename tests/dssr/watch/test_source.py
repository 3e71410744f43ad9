"""What the watch asks, with connectors that have all abilities and with one that has none."""

from dataclasses import replace

from connectors.dummy.connector import DummyConnector
from connectors.dummy.settings import DummySettings
from dssr.bridge import Bridge
from dssr.job import JobSpec, JobState, Output
from dssr.jobs import Jobs
from dssr.settings import Settings
from dssr.settings.validation import completed
from dssr.watch import JobSource
from tests.dssr.conftest import MemoryConnector, PlainExecutor

SPEC = JobSpec("name", 1, 1, source="echo", script="echo")


def test_a_connector_with_records_and_outputs_is_asked_for_them() -> None:
    """Final states have the connector's serial numbers, and outputs are read from any byte on."""
    now = 1_900_000_000.0
    settings = completed(DummySettings(executor="native", connector="dummy", snapshot_age=0.0))
    connector = DummyConnector(settings, lambda: now)
    source = JobSource(Jobs(Bridge(connector, PlainExecutor(), settings)), connector)
    ref = replace(SPEC.ref, native_id=connector.submit(SPEC, "").native_id)
    now += 1000
    assert [job.ref for job in source.records().jobs] == [ref]
    [end] = source.ends(0)
    assert (end.job.ref, source.ends(end.serial)) == (ref, [])
    whole = source.read_outputs({ref: 0}, 1000)[ref]
    assert source.read_outputs({ref: 5}, 7)[ref].data == whole.data[5:12]


def test_a_connector_without_them_shows_what_it_can() -> None:
    """Listed jobs take the place of records, the last lines that of the output, and there are no
    ends."""
    connector = MemoryConnector()
    settings = completed(Settings(executor="native"))
    source = JobSource(Jobs(Bridge(connector, PlainExecutor(), settings)), connector)
    ref = replace(SPEC.ref, native_id=connector.submit(SPEC, "").native_id)
    assert [job.ref for job in source.records().jobs] == [ref]
    assert source.ends(0) == ()
    part = source.read_outputs({ref: 0}, 1000)[ref]
    assert (part.data, part.size, part.is_complete) == (b"", 0, False)
    connector.jobs[ref.native_id].output = Output(b"hello\n")
    connector.set(ref.native_id, JobState.COMPLETED)
    part = source.read_outputs({ref: 2}, 4)[ref]
    assert (part.data, part.offset, part.size, part.is_complete) == (b"llo\n", 2, 6, True)
