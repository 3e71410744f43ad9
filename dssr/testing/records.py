"""The rules for connectors that keep records of their jobs. ``dssr.testing`` says how to run
them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from dssr.errors import Conflict, NotFound
from dssr.job import JobRef, JobState, Submitted
from dssr.record import End, JobRecord
from dssr.seams import KeepsRecords
from dssr.testing.harness import LAUNCH, Harness

TOKEN_LIFE = 15 * 60  # seconds
STRANGE_IDS = ("", "0", "999999999", "nonsense", "../1", "-1", "a/b", "\0", "x" * 64)


def keeper(harness: Harness) -> KeepsRecords:
    """The harness's connector, which keeps records."""
    assert isinstance(harness.connector, KeepsRecords)
    return harness.connector


def listed(harness: Harness, ref: JobRef) -> JobRecord:
    """The job's record in the list of all jobs, as soon as that shows it."""

    def look() -> JobRecord | None:
        return next((job for job in keeper(harness).records().jobs if job.ref == ref), None)

    return harness.wait(look)


def record(harness: Harness, ref: JobRef) -> JobRecord:
    """The job's record, with what is only known of single jobs."""
    return keeper(harness).record(listed(harness, ref).id)


def ended(harness: Harness, ref: JobRef) -> JobRecord:
    """The job's record, once the list shows its end."""
    harness.result(ref)
    harness.wait(lambda: listed(harness, ref).is_final)
    return record(harness, ref)


def ends_of(harness: Harness, *refs: JobRef) -> list[End]:
    """All final states, once those of these jobs are among them."""

    def look() -> list[End] | None:
        keeper(harness).records()
        ends = list(keeper(harness).ends(0))
        return ends if set(refs) <= {end.job.ref for end in ends} else None

    return harness.wait(look)


class RecordsContract:
    """The rules for records, for final states in order, and for jobs that keep their files."""

    def test_a_job_has_one_id_from_its_submission_to_its_end(self, harness: Harness) -> None:
        """A job is found by one id while it waits, while it runs and after its end."""
        spec = replace(harness.kept(harness.name()), held=True)
        ref = harness.submit(spec)
        waiting = record(harness, ref)
        assert (waiting.state.is_queued, waiting.is_held) == (True, True)
        assert (waiting.started, waiting.ended, waiting.nodes) == (None, None, ())
        harness.connector.release(ref)
        over = ended(harness, ref)
        assert (over.id, over.ref, over.is_held) == (waiting.id, ref, False)
        assert (over.state, over.exit_code, over.signal) == (JobState.COMPLETED, 0, None)
        assert over.evidence

    def test_the_times_of_a_job_are_in_order(self, harness: Harness) -> None:
        """A job is submitted, then started, then ended; it has run for the time between."""
        over = ended(harness, harness.submit(harness.kept(harness.name())))
        assert over.submitted is not None
        assert over.started is not None
        assert over.ended is not None
        assert int(over.submitted) <= over.started <= over.ended
        assert abs(over.elapsed - (over.ended - over.started)) <= 2
        assert len(over.nodes) == 1

    def test_a_running_job_has_its_nodes_and_no_end(self, harness: Harness) -> None:
        """The record of a running job has its start and its node, and no end."""
        ref = harness.running(harness.lasting(harness.name()))
        harness.wait(lambda: listed(harness, ref).state is JobState.RUNNING)
        running = record(harness, ref)
        assert running.started is not None
        assert (len(running.nodes), running.ended, running.exit_code) == (1, None, None)
        harness.connector.cancel(ref)
        assert ended(harness, ref).state is JobState.CANCELLED

    def test_a_job_that_was_cancelled_in_the_queue_never_started(self, harness: Harness) -> None:
        """The record of a job that was cancelled while it waited has an end and no start."""
        with harness.held(harness.name()) as ref:
            harness.connector.cancel(ref)
            over = ended(harness, ref)
        assert (over.state, over.started, over.elapsed) == (JobState.CANCELLED, None, 0)
        assert over.ended is not None

    def test_a_failed_job_has_its_exit_code(self, harness: Harness) -> None:
        """The record of a job that failed by its exit code has that code."""
        failing = harness.failing(harness.name())
        over = ended(harness, harness.submit(replace(failing, by_exit_code=True)))
        assert over.state is JobState.FAILED
        assert over.exit_code

    def test_the_list_has_all_jobs_newest_first(self, harness: Harness) -> None:
        """Jobs that wait, run and have ended are in one list, the newest first."""
        over = harness.submit(harness.kept(harness.name()))
        harness.result(over)
        running = harness.running(harness.lasting(harness.name()))
        with harness.held(harness.name()) as held:
            for ref in (over, running, held):
                listed(harness, ref)
            jobs = keeper(harness).records().jobs
            mine = [job.ref for job in jobs if job.ref in (over, running, held)]
            assert mine == [held, running, over]
            times = [job.submitted or 0.0 for job in jobs]
            assert times == sorted(times, reverse=True)
        harness.connector.cancel(running)

    def test_the_record_says_what_was_submitted(self, harness: Harness) -> None:
        """The record has the executor, the image, the labels and the digest of the script, which is
        kept byte for byte as it was submitted."""
        labels = (("project", "water"), ("it's", 'a "label"'))
        original = "\ufeffecho working\r\n\techo '\u00fc' $HOME"
        more = {"labels": labels, "image": "/images/a.sif", "held": True, "original": original}
        spec = harness.kept(harness.name(), **more)
        ref = harness.submit(spec)
        about = record(harness, ref).about
        assert (about.executor, about.image) == (spec.executor, spec.image)
        assert (about.labels, about.keeps_files) == (labels, True)
        script = keeper(harness).script(record(harness, ref).id)
        assert script == original.encode()
        assert about.script_sha256 == hashlib.sha256(script).hexdigest()
        harness.connector.cancel(ref)

    def test_a_job_of_the_legacy_api_is_in_the_list_until_it_is_forgotten(
        self, harness: Harness
    ) -> None:
        """A job that keeps no files is in the list, also after it was cleaned."""
        ref = harness.submit(harness.succeeding(harness.name()))
        before = ended(harness, ref)
        harness.connector.clean(ref)
        after = record(harness, ref)
        assert (after.id, after.state, after.ended) == (before.id, before.state, before.ended)
        assert not after.about.keeps_files

    def test_an_id_that_no_job_has_is_not_found(self, harness: Harness) -> None:
        """The record and the script of an id that no job has are ``NotFound``."""
        for id in STRANGE_IDS:
            with pytest.raises(NotFound):
                keeper(harness).record(id)
            with pytest.raises(NotFound):
                keeper(harness).script(id)

    def test_the_version_changes_with_a_job_and_not_by_itself(self, harness: Harness) -> None:
        """A new list has another version when a job has changed, and otherwise the same."""
        with harness.held(harness.name()) as ref:
            listed(harness, ref)

            def look() -> int | None:
                before = keeper(harness).records()
                harness.wait(lambda: keeper(harness).records().taken > before.taken)
                after = keeper(harness).records()
                return after.version if after.version == before.version else None

            version = harness.wait(look)
            harness.connector.cancel(ref)
            assert ended(harness, ref).state is JobState.CANCELLED
            assert keeper(harness).records().version != version

    def test_each_final_state_has_one_place_in_the_order(self, harness: Harness) -> None:
        """Final states have rising serial numbers, each job has one, and a repeated call answers
        the same."""
        refs = [harness.submit(harness.kept(harness.name())) for _ in range(3)]
        for ref in refs:
            harness.result(ref)
        ends = ends_of(harness, *refs)
        serials = [end.serial for end in ends]
        assert serials == sorted(set(serials))
        assert serials[0] >= 1
        assert len({end.job.id for end in ends}) == len(ends)
        assert all(end.job.is_final for end in ends)
        assert list(keeper(harness).ends(0)) == ends
        assert list(keeper(harness).ends(serials[-2])) == ends[-1:]
        assert list(keeper(harness).ends(serials[-1])) == []

    def test_a_job_that_runs_has_no_place_in_the_order(self, harness: Harness) -> None:
        """Only jobs that have ended are among the final states."""
        over = harness.submit(harness.kept(harness.name()))
        with harness.held(harness.name()) as ref:
            harness.result(over)
            assert ref not in {end.job.ref for end in ends_of(harness, over)}

    def test_one_key_makes_one_job(self, harness: Harness) -> None:
        """The same request with the same key is the same job, and the answer says so."""
        spec = harness.kept(harness.name(), idempotency=harness.name())
        first = harness.connector.submit(spec, LAUNCH)
        again = harness.connector.submit(spec, LAUNCH)
        assert (first.again, again.again, again.native_id) == (False, True, first.native_id)
        ref = replace(spec.ref, native_id=first.native_id)
        assert record(harness, ref).id == first.id == again.id
        harness.result(ref)
        harness.connector.clean(ref)
        assert harness.connector.submit(spec, LAUNCH).again

    def test_a_key_with_another_request_is_a_conflict(self, harness: Harness) -> None:
        """Another request with a key that a job has is a ``Conflict``, and makes no job."""
        spec = harness.kept(harness.name(), idempotency=harness.name())
        ref = harness.submit(spec)
        other = replace(spec, name=harness.name(), source="something else")
        for wrong in (other, replace(spec, source="something else")):
            with pytest.raises(Conflict, match="send a new key"):
                harness.connector.submit(wrong, LAUNCH)
        assert harness.connector.result(other.ref) is None
        assert harness.result(ref).state is JobState.COMPLETED

    def test_sixteen_at_once_with_one_key_make_one_job(self, harness: Harness) -> None:
        """Of sixteen threads that submit with one key one makes the job, and all get its id."""
        spec = harness.kept(harness.name(), idempotency=harness.name(), held=True)

        def submit(_: int) -> Submitted:
            return harness.connector.submit(spec, LAUNCH)

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(submit, range(16)))
        assert len({answer.native_id for answer in answers}) == 1
        assert sorted(answer.again for answer in answers) == [False] + [True] * 15
        harness.connector.cancel(replace(spec.ref, native_id=answers[0].native_id))

    def test_a_job_that_keeps_its_files_is_not_cleaned(self, harness: Harness) -> None:
        """A result and ``clean`` leave the output of a job that keeps its files, and its name and
        number stay its own."""
        spec = harness.kept(harness.name())
        ref = harness.submit(spec)
        first = harness.result(ref)
        size = record(harness, ref).output_bytes
        harness.connector.clean(ref)
        harness.later(TOKEN_LIFE * 2)
        assert harness.connector.result(ref) == first
        assert record(harness, ref).output_bytes == size
        assert harness.submit(spec) == ref
        with pytest.raises(Conflict):
            harness.connector.submit(replace(spec, source="something else"), LAUNCH)
