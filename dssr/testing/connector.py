"""The rules for every connector. ``dssr.testing`` says how to run them.

Tests use job names of their own, so that one cluster may serve them all, one after the other.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from dssr.errors import Conflict, NotFinal, NotFound
from dssr.job import JobRef, JobState, Submitted
from dssr.seams import (
    ChecksJobs,
    ExplainsJobs,
    HoldsJobs,
    KeepsRecords,
    ReadsOutput,
    ShowsCluster,
)
from dssr.testing.abilities import CheckContract, ClusterContract, HoldContract, OutputContract
from dssr.testing.harness import LAUNCH, Harness
from dssr.testing.records import TOKEN_LIFE, RecordsContract

# What a connector may offer beside the calls of every connector, and the rules for it.
RULES: Mapping[type, type] = {
    KeepsRecords: RecordsContract,
    HoldsJobs: HoldContract,
    ReadsOutput: OutputContract,
    ChecksJobs: CheckContract,
    ShowsCluster: ClusterContract,
}


class ConnectorContract:
    """The rules for every connector."""

    def test_each_ability_is_tested(self, harness: Harness) -> None:
        """The tests of a connector inherit the rules for each of its abilities."""
        able = [
            rules for protocol, rules in RULES.items() if isinstance(harness.connector, protocol)
        ]
        assert [rules.__name__ for rules in able if not isinstance(self, rules)] == []

    def test_submit_answers_with_a_decimal_native_id(self, harness: Harness) -> None:
        """A native id is a decimal string that is not empty."""
        native_id = harness.submit(harness.succeeding(harness.name())).native_id
        assert native_id.isascii()
        assert native_id.isdecimal()

    def test_the_same_token_again_gives_the_same_answer(self, harness: Harness) -> None:
        """The same submission again, also after the job's end, makes no second job."""
        spec = harness.succeeding(harness.name())
        first = harness.connector.submit(spec, LAUNCH)
        assert harness.connector.submit(spec, LAUNCH) == first
        ref = replace(spec.ref, native_id=first.native_id)
        harness.result(ref)
        assert harness.connector.submit(spec, LAUNCH) == first
        assert (status := harness.status(ref)) is None or status.state.is_final

    def test_eight_at_once_make_one_job(self, harness: Harness) -> None:
        """Eight threads that submit the same at once get one answer, and one job is made."""
        spec = replace(harness.succeeding(harness.name()), held=True)

        def submit(_: int) -> Submitted:
            return harness.connector.submit(spec, LAUNCH)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(submit, range(8)))
        assert answers == [answers[0]] * 8
        mine = [s.ref for s in harness.connector.snapshot().values() if s.ref.name == spec.name]
        assert mine == [replace(spec.ref, native_id=answers[0].native_id)]
        harness.connector.cancel(mine[0])

    def test_another_script_under_the_same_name_and_number_is_a_conflict(
        self, harness: Harness
    ) -> None:
        """Name and number belong to the script that was submitted first."""
        with harness.held(name := harness.name()):
            other = replace(harness.succeeding(name), source="something else")
            with pytest.raises(Conflict, match="use another number"):
                harness.connector.submit(other, LAUNCH)

    def test_another_number_is_another_job(self, harness: Harness) -> None:
        """The same name and script under another number is a job of its own."""
        name = harness.name()
        first, second = (harness.submit(harness.succeeding(name, number)) for number in (1, 2))
        assert first.native_id != second.native_id
        assert harness.result(first).state is harness.result(second).state is JobState.COMPLETED

    def test_a_pending_job_is_queued(self, harness: Harness) -> None:
        """A pending job is in the snapshot with its reference, no nodes and no elapsed time."""
        with harness.held(harness.name()) as ref:
            status = harness.wait(lambda: harness.status(ref))
            assert (status.ref, status.nodes, status.elapsed) == (ref, (), 0)
            assert status.state.is_queued

    def test_a_running_job_is_running_and_then_in_neither_list(self, harness: Harness) -> None:
        """A running job is in the snapshot with its nodes, and after its end it does not run."""
        ref = harness.running(harness.lasting(harness.name()))
        status = harness.status(ref)
        assert status is not None
        assert status.ref == ref
        assert len(status.nodes) == 1
        harness.connector.cancel(ref)
        harness.result(ref)
        after = harness.status(ref)
        assert after is None or not (after.state.is_queued or after.state.is_running)

    def test_no_result_while_pending(self, harness: Harness) -> None:
        """The result of a pending job is ``NotFinal``, and the job stays pending."""
        with harness.held(harness.name()) as ref:
            with pytest.raises(NotFinal):
                harness.connector.result(ref)
            assert harness.wait(lambda: harness.status(ref)).state.is_queued

    def test_no_result_while_running(self, harness: Harness) -> None:
        """The result of a running job is ``NotFinal``; it goes on, also after ``clean``."""
        ref = harness.running(harness.lasting(harness.name()))
        with pytest.raises(NotFinal):
            harness.connector.result(ref)
        harness.connector.clean(ref)
        assert harness.wait(lambda: harness.status(ref)).state.is_running
        harness.connector.cancel(ref)
        assert harness.result(ref).state is JobState.CANCELLED

    def test_a_job_that_ends_well_is_completed(self, harness: Harness) -> None:
        """A job that ends well is COMPLETED, with its duration and its output."""
        result = harness.result(harness.submit(harness.succeeding(harness.name())))
        assert result.state is JobState.COMPLETED
        assert 0 <= result.elapsed <= harness.patience
        assert result.output.data

    def test_a_job_that_fails_is_failed(self, harness: Harness) -> None:
        """A job that fails is FAILED."""
        assert (
            harness.result(harness.submit(harness.failing(harness.name()))).state is JobState.FAILED
        )

    def test_a_result_is_repeated(self, harness: Harness) -> None:
        """A result is the same each time, before and after ``clean``."""
        ref = harness.submit(harness.succeeding(harness.name()))
        first = harness.result(ref)
        assert harness.connector.result(ref) == first
        harness.connector.clean(ref)
        assert harness.connector.result(ref) == first
        harness.connector.clean(ref)
        assert harness.connector.result(ref) == first

    def test_an_unknown_job_has_no_result(self, harness: Harness) -> None:
        """The result of an unknown job is ``None``, and cleaning it does nothing."""
        for native_id in ("", "999999999", "nonsense", "../1", "-1", "٣"):
            ref = JobRef(harness.name(), 1, native_id)
            harness.connector.clean(ref)
            assert harness.connector.result(ref) is None

    def test_nothing_can_be_done_to_an_unknown_job(self, harness: Harness) -> None:
        """To cancel, release, read or describe an unknown job is ``NotFound``."""
        ref = JobRef(harness.name(), 1, "999999999")
        for act in (harness.connector.cancel, harness.connector.release):
            with pytest.raises(NotFound, match="was submitted here"):
                act(ref)
        with pytest.raises(NotFound, match="was submitted here"):
            harness.connector.output(ref, 10)
        with pytest.raises(NotFound):
            harness.connector.describe(ref)

    def test_a_native_id_counts_only_with_its_own_name_and_number(self, harness: Harness) -> None:
        """A reference whose parts belong to different jobs is unknown and reaches none of them."""
        with harness.held(name := harness.name()) as ref:
            for wrong in (replace(ref, name=harness.name()), replace(ref, number=2)):
                assert harness.connector.result(wrong) is None
                with pytest.raises(NotFound):
                    harness.connector.cancel(wrong)
            assert harness.status(ref) is not None, f"{name} is still there"

    def test_cancelling_a_pending_job(self, harness: Harness) -> None:
        """A pending job ends as CANCELLED after 0 s; to cancel it again is no error."""
        with harness.held(harness.name()) as ref:
            harness.connector.cancel(ref)
            result = harness.result(ref)
            assert (result.state, result.elapsed) == (JobState.CANCELLED, 0)

    def test_cancelling_a_running_job(self, harness: Harness) -> None:
        """A running job that is cancelled ends as CANCELLED."""
        ref = harness.running(harness.lasting(harness.name()))
        harness.connector.cancel(ref)
        assert harness.result(ref).state is JobState.CANCELLED

    def test_cancelling_after_the_end_changes_nothing(self, harness: Harness) -> None:
        """A job that has ended keeps its state, whether or not its result was read before."""
        asked, unasked = (harness.submit(harness.succeeding(harness.name())) for _ in range(2))
        first = harness.result(asked)
        harness.wait(lambda: (status := harness.status(unasked)) is None or status.state.is_final)
        harness.connector.cancel(asked)
        harness.connector.cancel(unasked)
        assert harness.result(asked) == first
        assert harness.result(unasked).state is JobState.COMPLETED

    def test_a_released_job_runs(self, harness: Harness) -> None:
        """A held job is pending until its release and then runs as any other."""
        ref = harness.submit(replace(harness.succeeding(harness.name()), held=True))
        for _ in range(5):
            harness.pass_time()
        assert harness.wait(lambda: harness.status(ref)).state.is_queued
        harness.connector.release(ref)
        assert harness.result(ref).state is JobState.COMPLETED

    def test_describe_names_the_job(self, harness: Harness) -> None:
        """The description contains the job's name and native id."""
        with harness.held(harness.name()) as ref:
            text = harness.connector.describe(ref)
            assert ref.name in text
            assert ref.native_id in text

    def test_why_explains_a_job_that_waits_and_one_that_has_ended(self, harness: Harness) -> None:
        """Of a held job the cure says that it must be released; an unknown job is ``NotFound``."""
        connector = harness.connector
        if not isinstance(connector, ExplainsJobs):
            return
        with harness.held(harness.name()) as ref:
            held = connector.why(ref)
            assert (ref.native_id in held.summary, "held" in held.summary) == (True, True)
            assert "elease" in " ".join(held.cure)
            harness.connector.cancel(ref)
            assert harness.result(ref).state is JobState.CANCELLED
            assert "ancelled" in connector.why(ref).summary.capitalize()
        with pytest.raises(NotFound):
            connector.why(JobRef(harness.name(), 1, "999999999"))

    def test_the_answer_to_a_submission_holds_no_credentials(self, harness: Harness) -> None:
        """The answer to a submission contains none of the job's secrets."""
        spec = replace(
            harness.succeeding(harness.name()),
            secrets=(("JARVICE_DOCKER_PASSWORD", "hunter2squared"),),
        )
        submitted = harness.connector.submit(spec, LAUNCH)
        assert "hunter2squared" not in submitted.script
        assert submitted.script

    def test_a_token_is_free_a_quarter_of_an_hour_after_the_result(self, harness: Harness) -> None:
        """For 15 minutes after its result a job keeps its name and number; then the same request
        is a new job, and the old one keeps its result."""
        spec = harness.succeeding(harness.name())
        old = harness.submit(spec)
        harness.later(TOKEN_LIFE * 2)
        assert harness.submit(spec) == old, "a token is kept until the result was read"
        first = harness.result(old)
        harness.connector.clean(old)
        harness.later(TOKEN_LIFE - 60)
        assert harness.submit(spec) == old
        with pytest.raises(Conflict):
            harness.submit(replace(spec, source="something else"))
        harness.later(120)
        new = harness.submit(spec)
        assert new.native_id != old.native_id
        assert harness.result(new).state is JobState.COMPLETED
        assert harness.connector.result(old) == first

    def test_ping_and_close(self, harness: Harness) -> None:
        """``ping`` and the snapshot work with a healthy scheduler, and ``ping`` submits no job;
        ``close`` works twice."""
        with harness.held(harness.name()) as ref:
            assert harness.wait(lambda: harness.status(ref)).ref == ref
            before = harness.connector.snapshot().keys()
            for _ in range(2):
                harness.connector.ping()
            assert harness.connector.snapshot().keys() <= before
        harness.connector.close()
        harness.connector.close()
