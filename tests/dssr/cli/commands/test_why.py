"""``dssr why``: summary, because, cure."""

from tests.dssr.cli.running import Dssr


def test_an_explanation(dssr: Dssr) -> None:
    """The summary is followed by what is known and by what to do; --json is the API's document."""
    job = dssr.submit("echo oops >&2; exit 3")
    assert dssr("wait", job).code == 3
    document = dssr("why", job, "--json").document
    lines = dssr("why", job).out.splitlines()
    text = " ".join(" ".join(lines).split())
    assert lines[0] == document["summary"]
    assert lines.index("Because") < lines.index("What to do")
    for sentence in (*document["because"], *document["cure"]):
        assert f"- {sentence}" in text


def test_a_job_that_waits(dssr: Dssr) -> None:
    """A held job has its reason."""
    assert "held" in dssr("why", dssr.submit("true", "--held")).out
