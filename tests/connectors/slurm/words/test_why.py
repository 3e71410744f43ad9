"""Why a job is in its state, on what three generations of Slurm said of real jobs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words.findings import Findings
from connectors.slurm.words.states import state_of
from connectors.slurm.words.why import explain
from dssr.job import JobState
from tests.connectors.slurm.explanations import EXPECTED
from tests.connectors.slurm.recordings import GENERATIONS
from tests.connectors.slurm.situations import SITUATIONS, findings, why


@pytest.mark.parametrize(
    ("generation", "situation"),
    [(each, name) for each in GENERATIONS for name in EXPECTED if name in SITUATIONS[each]],
)
def test_every_situation_is_explained(generation: str, situation: str) -> None:
    """The summary, a figure of what is known, and a cure are those of the job."""
    explanation = why(generation, situation)
    summary, known, cure = EXPECTED[situation]
    assert summary in explanation.summary
    assert not known or any(known in sentence for sentence in explanation.because), explanation
    assert not cure or any(one in text for one in cure.split("|") for text in explanation.cure), (
        explanation
    )


def test_every_recorded_situation_is_examined() -> None:
    """No recording is left without an expectation, except those of single limits and of images."""
    recorded = {name for names in SITUATIONS.values() for name in names}
    others = {name for name in recorded if name.startswith(("QOS", "Assoc", "Max", "image"))}
    assert recorded - others == set(EXPECTED) - others


@pytest.mark.parametrize("generation", GENERATIONS)
def test_explanations_are_whole(generation: str) -> None:
    """Each part of an explanation is a whole sentence, without gaps where a figure was not
    found."""
    for situation in SITUATIONS[generation]:
        explanation = why(generation, situation)
        sentences = [explanation.summary, *explanation.because, *explanation.cure]
        assert explanation.evidence, situation
        for sentence in (each for each in sentences if "output" not in each):
            assert sentence.endswith("."), sentence
            assert not re.search(r"None|\(null\)|  |[{}]| [.,](\s|$)", sentence), sentence


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_forged_name_explains_nothing(generation: str) -> None:
    """Lines of scontrol's in a job's name and comment are not believed."""
    for situation in ("hostile", "Priority"):
        explanation = why(generation, situation)
        assert "(Priority)" in explanation.summary
        assert "Lies" not in explanation.as_text()
        assert "root" not in explanation.as_text()


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_expected_start(generation: str) -> None:
    """scontrol's StartTime is what squeue --start shows; a held job and one that never starts have
    none."""
    start = findings(generation, "BeginTime").job["StartTime"]
    assert why(generation, "BeginTime").expected_start == float(start)
    assert why("24.11", "Priority").expected_start is None  # Slurm did not know one yet
    for situation in ("JobHeldUser", "requeued_held", "DependencyNeverSatisfied"):
        assert why(generation, situation).expected_start is None


def test_how_many_jobs_are_ahead() -> None:
    """The waiting jobs of the partition with a higher priority are counted, and older jobs with the
    same one."""
    found = findings("24.11", "Priority")
    own = int(found.native_id)
    rows = f"{own}|50\n{own + 3}|51\n{own - 1}|50\n{own + 1}|50\n{own + 2}|0\n"
    said = why("24.11", "Priority", sections={**found.sections, "queue": rows})
    ahead = "Ahead of it in its partition: 2 jobs of a higher priority, or as high and older."
    assert ahead in said.because
    silent = why("24.11", "Priority", sections={**found.sections, "queue": "squeue: error: no"})
    assert not any("Ahead" in sentence for sentence in silent.because)


def test_gpus_of_nodes_that_are_away_are_not_free() -> None:
    """Of each kind of row the GPUs count as often as there are nodes; broken rows count nothing."""
    rows = (
        "2       mixed     gpu:a100:4(S:0-1)   gpu:a100:1(IDX:0)\n"
        "1       drained   gpu:4               gpu:0\n"
        "3       idle      (null)              gpu:0\nsinfo: error\n7\n"
    )
    found = findings("24.11", "Resources")
    explanation = why("24.11", "Resources", sections={**found.sections, "gpus": rows})
    assert "Free in its partition: 6 of 12 GPUs." in explanation.because


def test_squeues_word_explains_a_job_while_scontrol_is_silent() -> None:
    """The reason in the snapshot explains a pending job while scontrol is silent."""
    explanation = explain(JobState.PENDING, Findings("7"), "QOSMaxJobsPerUserLimit")
    assert explanation.summary.startswith("Job 7 waits (QOSMaxJobsPerUserLimit): the QOS limits")
    assert explanation.evidence == ("squeue: QOSMaxJobsPerUserLimit",)


@pytest.mark.parametrize("state", [JobState.REQUEUE_HOLD, JobState.SPECIAL_EXIT])
def test_a_job_that_is_held_again(state: JobState) -> None:
    """A job that Slurm has put back into the queue as held is explained as waiting."""
    explanation = explain(state, Findings("7"), "job requeued in held state")
    assert "is held" in explanation.summary


def test_the_record_has_the_users_own_exit_code() -> None:
    """The explanation has the exit code of the job's step from the record, and not the batch
    script's 0 or 1."""
    found = Findings("7", record={"exit": "1", "step": "127"}, output=b"sh: foo: not found\n")
    explanation = explain(JobState.FAILED, found)
    assert "the command foo was not found" in explanation.summary
    assert any("Exit code 127" in sentence for sentence in explanation.because)
    assert explanation.evidence == ("the job's own record: exit=1 step=127",)


@pytest.mark.parametrize(
    ("marker", "words"),
    [("failure", "printed JARVICE_CMD_FAILURE"), ("none", "did not print JARVICE_CMD_SUCCESS")],
)
def test_the_marker_decides_how_an_upstreams_job_ended(marker: str, words: str) -> None:
    """A script that ends with exit code 0 fails by what it printed, or did not print."""
    record = {"exit": "1", "step": "0", "marker": marker}
    assert words in explain(JobState.FAILED, Findings("7", record=record)).summary


def test_accounting_alone_shows_less() -> None:
    """sacct of 24.11 prints exit codes from 128 on less 128, and the explanation says so."""
    sections = {"accounting": findings("24.11", "child_segfault").sections["accounting"]}
    found = Findings(sections["accounting"].split("|")[0], sections=sections)
    explanation = explain(JobState.FAILED, found)
    assert any("higher by 128" in sentence for sentence in explanation.because)
    assert explanation.evidence == ("sacct: State=FAILED ExitCode=11:0",)


def test_the_memory_that_was_used() -> None:
    """The explanation has the largest memory of the steps, beside what was asked for."""
    rows = "7|OUT_OF_MEMORY|0:125|0:0|9|5|1|10|60M||n1|None\n" + "".join(
        f"7.{step}|OUT_OF_MEMORY|0:125||9||1|10||{size}|n1|\n"
        for step, size in (("batch", "1024K"), ("0", "60416K"))
    )
    explanation = explain(JobState.OUT_OF_MEMORY, Findings("7", sections={"accounting": rows}))
    assert explanation.because[:2] == (
        "It asked for 60 MB of memory.",
        "Its largest task used 59 MB when accounting last looked.",
    )


def test_a_cancellation_through_the_bridge() -> None:
    """The bridge's own mark says more than the user id that Slurm records, its service user's."""
    explanation = why("24.11", "cancelled_by_user", cancelled=1795753545.0)
    assert "was cancelled through this bridge" in explanation.summary
    assert explanation.evidence[-1] == "cancelled through the bridge at 2026-11-27 04:25:45 UTC"


def test_a_preempting_job_that_cannot_be_seen() -> None:
    """The explanation says so when the preempting job is hidden (PrivateData)."""
    sections = {**findings("24.11", "PREEMPTED").sections, "successors": ""}
    explanation = why("24.11", "PREEMPTED", sections=sections)
    assert explanation.because[0].startswith("Slurm does not record for which job")


def test_a_lost_job_lists_what_was_examined() -> None:
    """Each source is named with what it said, and what was not asked is not claimed."""
    sections = {"job": "slurm_load_jobs error: Invalid job id specified\n", "accounting": ""}
    explanation = explain(JobState.UNKNOWN, Findings("7", sections=sections))
    assert explanation.summary == "How job 7 ended is unknown: nothing that was examined shows it."
    assert explanation.because == (
        "Slurm's controller does not show the job. It says: slurm_load_jobs error: Invalid job id "
        "specified",
        "Slurm's accounting has no row of the job. It says: nothing",
        "The job left no record of its end in its directory.",
        "It was not cancelled through this bridge.",
    )
    assert len(explain(JobState.UNKNOWN, Findings("7")).because) == 2


def test_a_lost_job_of_which_something_is_known() -> None:
    """What the sources do show is part of the explanation."""
    found = findings("24.11", "running", record={"exit": "0"}, cancelled=0.0)
    explanation = explain(JobState.UNKNOWN, found)
    assert "Slurm's controller shows the state RUNNING." in explanation.because
    assert "The job's own record says exit code 0." in explanation.because
    assert any("cancelled through this bridge at 1970" in text for text in explanation.because)


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_is_explained_without_evidence(state: JobState) -> None:
    """While Slurm is silent, the explanation is short, and no figure is made up."""
    explanation = explain(state, Findings("7"))
    assert "ob 7" in explanation.summary
    assert explanation.summary.endswith(".")
    assert "None" not in explanation.as_text()


_SECTIONS = ("job", "accounting", "partition", "free", "nodes", "limits", "licenses", "others",
             "reservations", "successors", "queue",
             "gpus")  # fmt: skip
_LINES = st.lists(st.sampled_from(
    ["JobId=7 JobName=x\n   UserId=a(1) GroupId=a(1)\n", "   JobState=PENDING Reason=Resources ",
     "7|FAILED|1:0|0:0|x|y|z|0|1K|2K|n[1-", "a|b|c|d|e", "1/2/3|4", "QOS=x(1)\n    MaxJobs=1(1)",
     "Dependency=afterok:1(failed)?,:", "=\n", "ReservationName=\n", "\x00\x1b", "\u202e", "|||||"]
))  # fmt: skip


@given(st.sampled_from(list(JobState)), st.dictionaries(st.sampled_from(_SECTIONS), _LINES))
def test_any_answer_is_read(state: JobState, lines: dict[str, list[str]]) -> None:
    """Broken, cut and forged answers make a poorer explanation and no error."""
    sections = {name: "\n".join(parts) for name, parts in lines.items()}
    explanation = explain(state, Findings("7", sections=sections), "Resources")
    assert explanation.summary.endswith(".")


def test_the_state_is_the_callers() -> None:
    """The explanation never decides another state than the rules of evidence did."""
    found = findings("24.11", "TIMEOUT")
    assert state_of(found.job["JobState"]) is JobState.TIMEOUT
    assert " was cancelled" in explain(JobState.CANCELLED, found).summary


def test_an_empty_line_about_gpus_is_none() -> None:
    """A line without a word, where sinfo's figures of GPUs are expected, is left out."""
    found = Findings("7", "", {"gpus": "\n2 idle gpu:2 gpu:1\n"}, {}, b"", None)
    assert "2 of 4 GPUs" in " ".join(explain(JobState.PENDING, found, "Resources").because)
