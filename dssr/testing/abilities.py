"""The rules for what a connector may do beside the calls of every connector: hold jobs, read output
from any byte on, check submissions, show the cluster. ``dssr.testing`` says how to run them."""

import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from dssr.errors import Conflict, NotFound
from dssr.job import JobRef, JobState
from dssr.record import OutputPart
from dssr.seams import (
    ChecksJobs,
    ClusterView,
    Count,
    HoldsJobs,
    KeepsRecords,
    Node,
    Partition,
    ReadsOutput,
    ShowsCluster,
)
from dssr.testing.harness import LAUNCH, Harness

SECRET = "hunter2squared"


def holder(harness: Harness) -> HoldsJobs:
    """The harness's connector, which can hold jobs."""
    assert isinstance(harness.connector, HoldsJobs)
    return harness.connector


def output_from(harness: Harness, ref: JobRef, offset: int, limit: int = 1 << 20) -> OutputPart:
    """A part of the output of a job that the connector knows."""
    return outputs_from(harness, {ref: offset}, limit)[ref]


def outputs_from(
    harness: Harness, offsets: Mapping[JobRef, int], limit: int = 1 << 20
) -> Mapping[JobRef, OutputPart]:
    """Parts of the outputs of these jobs, the first of which the connector is to know."""
    connector = harness.connector
    assert isinstance(connector, ReadsOutput)
    if isinstance(connector, KeepsRecords):  # as the bridge, which finds a job before it reads
        listed = next(iter(offsets))
        harness.wait(lambda: any(job.ref == listed for job in connector.records().jobs))
    return connector.read_outputs(offsets, limit)


def printed_from(harness: Harness, ref: JobRef, offset: int) -> OutputPart:
    """A part of the job's output, as soon as there is more than ``offset`` bytes."""

    def look() -> OutputPart | None:
        part = output_from(harness, ref, offset)
        return part if part.data else None

    return harness.wait(look)


def checker(harness: Harness) -> ChecksJobs:
    """The harness's connector, which can check submissions."""
    assert isinstance(harness.connector, ChecksJobs)
    return harness.connector


def view(harness: Harness) -> ClusterView:
    """The cluster as it is shown now."""
    assert isinstance(harness.connector, ShowsCluster)
    return harness.connector.cluster()


class HoldContract:
    """The rules for holding jobs."""

    def test_a_job_that_waits_can_be_held(self, harness: Harness) -> None:
        """A job that waits for its time stays in the queue once it is held."""
        spec = harness.kept(harness.name(), options=(("begin", "now+1hour"),))
        ref = harness.submit(spec)
        holder(harness).hold(ref)
        for _ in range(5):
            harness.pass_time()
        assert harness.wait(lambda: harness.status(ref)).state.is_queued
        harness.connector.cancel(ref)
        assert harness.result(ref).state is JobState.CANCELLED

    def test_a_held_job_can_be_held_again_and_released(self, harness: Harness) -> None:
        """To hold a held job changes nothing: one release lets it start."""
        ref = harness.submit(replace(harness.succeeding(harness.name()), held=True))
        holder(harness).hold(ref)
        harness.connector.release(ref)
        assert harness.result(ref).state is JobState.COMPLETED

    def test_a_running_job_is_not_held(self, harness: Harness) -> None:
        """To hold a running job is a ``Conflict``, and the job goes on."""
        ref = harness.running(harness.lasting(harness.name()))
        with pytest.raises(Conflict, match="only a job that waits can be held"):
            holder(harness).hold(ref)
        assert harness.wait(lambda: harness.status(ref)).state.is_running
        harness.connector.cancel(ref)

    def test_a_job_that_has_ended_is_not_held(self, harness: Harness) -> None:
        """To hold a job that has ended is a ``Conflict``."""
        ref = harness.submit(harness.succeeding(harness.name()))
        harness.result(ref)
        with pytest.raises(Conflict, match="only a job that waits can be held"):
            holder(harness).hold(ref)

    def test_an_unknown_job_is_not_held(self, harness: Harness) -> None:
        """To hold an unknown job is ``NotFound``."""
        with pytest.raises(NotFound):
            holder(harness).hold(JobRef(harness.name(), 1, "999999999"))


class OutputContract:
    """The rules for reading output from any byte on."""

    def test_the_parts_make_the_whole(self, harness: Harness) -> None:
        """Parts of a few bytes, read one after the other, are the whole output."""
        ref = harness.submit(harness.kept(harness.name()))
        whole = harness.result(ref).output.data
        seen, part = b"", output_from(harness, ref, 0, 7)
        while part.data:
            assert (part.offset, part.size, len(part.data) <= 7) == (len(seen), len(whole), True)
            seen += part.data
            assert part.is_complete == (len(seen) == len(whole))
            part = output_from(harness, ref, len(seen), 7)
        assert seen == whole
        assert part.is_complete

    def test_output_can_be_read_while_the_job_runs(self, harness: Harness) -> None:
        """What a running job has printed can be read, and is not complete."""
        ref = harness.running(harness.lasting(harness.name()))
        early = printed_from(harness, ref, 0)
        assert not early.is_complete
        harness.connector.cancel(ref)
        whole = harness.result(ref).output.data
        assert whole.startswith(early.data)
        assert output_from(harness, ref, len(early.data)).data == whole[len(early.data) :]

    def test_a_job_that_waits_has_an_empty_part(self, harness: Harness) -> None:
        """A job that has printed nothing has an empty part, which is not complete."""
        with harness.held(harness.name()) as ref:
            part = output_from(harness, ref, 0)
            assert (part.data, part.size, part.is_complete) == (b"", 0, False)

    def test_several_jobs_are_read_at_once(self, harness: Harness) -> None:
        """Each of several jobs is read from its own place; an unknown one is left out."""
        one, two = (harness.submit(harness.kept(harness.name())) for _ in range(2))
        first, second = (harness.result(ref).output.data for ref in (one, two))
        unknown = JobRef(harness.name(), 1, "999999999")
        parts = outputs_from(harness, {two: 0, one: 2, unknown: 0})
        assert {ref: part.data for ref, part in parts.items()} == {one: first[2:], two: second}

    def test_there_is_nothing_behind_the_end(self, harness: Harness) -> None:
        """A part behind the end is empty, and says how much output there is."""
        ref = harness.submit(harness.kept(harness.name()))
        size = len(harness.result(ref).output.data)
        part = output_from(harness, ref, size + 1000)
        assert (part.data, part.size) == (b"", size)

    def test_the_end_of_the_output_can_be_read_after_cleaning(self, harness: Harness) -> None:
        """What was kept of the output of a job that was cleaned is read as before."""
        ref = harness.submit(harness.succeeding(harness.name()))
        whole = harness.result(ref).output.data
        harness.connector.clean(ref)
        part = output_from(harness, ref, 2)
        assert (part.data, part.offset, part.size) == (whole[2:], 2, len(whole))
        assert part.is_complete


class CheckContract:
    """The rules for checking submissions."""

    def test_a_check_submits_nothing(self, harness: Harness) -> None:
        """A check shows what would be submitted, and there is no job afterwards."""
        spec = harness.kept(harness.name())
        assert checker(harness).check(spec, LAUNCH).batch_script
        assert harness.connector.result(spec.ref) is None
        assert spec.name not in {s.ref.name for s in harness.connector.snapshot().values()}
        assert not harness.connector.submit(spec, LAUNCH).again

    def test_a_check_shows_no_credentials(self, harness: Harness) -> None:
        """The batch script and the options contain no value of the job's environment."""
        spec = harness.kept(harness.name(), secrets=(("TOKEN_OF_MINE", SECRET),))
        checked = checker(harness).check(spec, LAUNCH)
        assert SECRET not in checked.batch_script
        assert SECRET not in " ".join([*checked.options, *checked.warnings])


def is_sound(count: Count) -> bool:
    """Whether the parts of a count are not more than its total."""
    parts = (count.free, count.busy, count.down)
    return min(parts) >= 0 and sum(parts) <= count.total


class ClusterContract:
    """The rules for showing the cluster."""

    def test_the_cluster_has_a_name_and_nodes(self, harness: Harness) -> None:
        """The view names the scheduler, its version, the host and each node once."""
        shown = view(harness)
        assert shown.scheduler
        assert shown.version
        assert shown.host
        names = [node.name for node in shown.nodes]
        assert names
        assert len(set(names)) == len(names)
        assert shown.taken <= time.monotonic()

    def test_the_counts_are_sound(self, harness: Harness) -> None:
        """No count has more free, busy and missing ones than there are."""
        shown = view(harness)
        places: list[Node | Partition] = [*shown.nodes, *shown.partitions]
        counts = [c for place in places for c in (place.cores, place.memory_mb, place.gpus)]
        counts += [partition.nodes for partition in shown.partitions]
        assert [count for count in counts if not is_sound(count)] == []
        assert sum(node.cores.total for node in shown.nodes) > 0

    def test_the_queue_has_jobs_that_wait_and_run(self, harness: Harness) -> None:
        """A held job and a running one are in the queue, and the running one keeps cores busy."""
        running = harness.running(harness.lasting(harness.name()))
        with harness.held(harness.name()) as held:

            def look() -> ClusterView | None:
                shown = view(harness)
                states = {job.native_id: job.state for job in shown.queue}
                is_there = held.native_id in states
                return shown if is_there and states.get(running.native_id) else None

            shown = harness.wait(look)
            states = {job.native_id: job.state for job in shown.queue}
            assert states[running.native_id] is JobState.RUNNING
            assert states[held.native_id].is_queued
            assert sum(node.cores.busy for node in shown.nodes) >= 1
        harness.connector.cancel(running)
