"""``Key=value`` of scontrol, with what users may write into it."""

import pytest

from connectors.slurm.words.fields import fields, job_fields
from tests.cluster.record_why import FORGED_NAME
from tests.connectors.slurm.recordings import GENERATIONS, recorded
from tests.connectors.slurm.situations import SITUATIONS, sections_of


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_fields_of_a_running_job(generation: str) -> None:
    """Values with colons, equal signs and brackets are whole; absent ones are empty."""
    job = job_fields(recorded(generation, "show_job.txt"))
    assert job["JobId"] == "15"
    assert (job["UserId"], job["JobState"], job["Reason"]) == ("jarvice(2001)", "RUNNING", "None")
    assert (job["TimeLimit"], job["NodeList"]) == ("1-02:04:00", "node[1-2]")
    assert "gres/gpu=2" in job.get("ReqTRES", job.get("TRES", ""))
    assert job["Dependency"] == job["Licenses"] == ""


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_forged_name_is_skipped(generation: str) -> None:
    """A job whose name holds whole lines of scontrol's is read by its own lines."""
    text = sections_of(generation, "hostile")["job"]
    assert "JobState=COMPLETED" in text
    assert job_fields(text, FORGED_NAME)["JobState"] == "PENDING"
    assert job_fields(text, FORGED_NAME)["UserId"] == "alice(2002)"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_forged_comment_is_not_read(generation: str) -> None:
    """The comment follows the job's command, and nothing from there on is read."""
    text = sections_of(generation, "Priority")["job"]
    assert "Reason=Lies" in text
    job = job_fields(text)
    assert (job["Reason"], job["JobState"]) == ("Priority", "PENDING")
    assert not {"Comment", "Command", "WorkDir"} & set(job)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_recorded_job_is_read(generation: str) -> None:
    """Each generation prints the fields that the sentences are made of."""
    for situation in SITUATIONS[generation]:
        job = job_fields(sections_of(generation, situation)["job"])
        assert {"JobId", "JobState", "Reason", "TimeLimit", "Partition", "StartTime"} <= set(job)


@pytest.mark.parametrize(
    "text",
    ["", "slurm_load_jobs error: Invalid job id specified\n", "JobId=x JobName=y\n", "JobId=1"],
)
def test_an_answer_without_a_job_is_empty(text: str) -> None:
    """An error of scontrol has no fields."""
    assert job_fields(text) == {}


def test_the_first_value_of_a_key_is_taken() -> None:
    """The first value of a key is taken, because later lines may be a user's."""
    assert fields("A=1 B=x y\n  C=(null) A=2\n D=N/A") == {"A": "1", "B": "x y", "C": "", "D": ""}
