"""``dssr why``: summary, because, cure."""

from datetime import UTC, datetime

from dssr.cli.explanation import lines
from dssr.client.documents import Explanation
from tests.dssr.cli.running import Dssr


def test_an_explanation(dssr: Dssr) -> None:
    """The summary is followed by what is known and by what to do; --json is the API's document."""
    job = dssr.submit("echo oops >&2; exit 3")
    assert dssr("wait", job).code == 3
    document = dssr("why", job, "--json").document
    shown = dssr("why", job).out.splitlines()
    text = " ".join(" ".join(shown).split())
    assert shown[0] == document["summary"]
    assert shown.index("Because") < shown.index("What to do")
    for sentence in (*document["because"], *document["cure"]):
        assert f"- {sentence}" in text


def test_times_are_those_of_this_machine() -> None:
    """Times in sentences are as on the page of the job, in the zone of this machine."""
    now = datetime.now().astimezone()
    utc = now.astimezone(UTC)
    why: Explanation = {
        "summary": "Job 7 completed.",
        "because": [f"It ran on n1 from {utc:%Y-%m-%d %H:%M:%S} UTC to later."],
        "cure": [],
        "expected_start_at": None,
        "evidence": [],
    }
    assert list(lines(why))[2] == f"  - It ran on n1 from {now:%H:%M:%S} to later."


def test_a_job_that_waits(dssr: Dssr) -> None:
    """A held job has its reason."""
    assert "held" in dssr("why", dssr.submit("true", "--held")).out
