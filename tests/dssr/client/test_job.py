import time
from typing import cast

import pytest

from dssr.client import BridgeFault, Client, Conflict, NotFound, WaitTimeout
from dssr.client.documents import JobDocument
from dssr.client.job import Changed, Job, Printed
from dssr.client.session import Session


def test_digits_are_a_whole_id(client: Client) -> None:
    """The number of a job that is not known is not the beginning of another one's id or name."""
    job = client.submit("true", name="2026-run")
    assert client.job("2026-").id == job.id
    with pytest.raises(NotFound, match="2026"):
        client.job("2026")


def test_output_is_followed_while_it_is_printed(client: Client) -> None:
    """Text comes while the job runs, states between, and the iterator ends with the job."""
    job = client.submit("echo first; sleep 3; echo last; exit 4")
    news = list(job.live())
    assert "".join(n.text for n in news if isinstance(n, Printed)) == "first\nlast\n"
    states = [n.document["state"] for n in news if isinstance(n, Changed)]
    assert (states[-1], job.state, job.document["exit_code"]) == ("FAILED", "FAILED", 4)
    assert len([n for n in news if isinstance(n, Printed)]) == 2


def test_output_begins_where_the_caller_says(client: Client) -> None:
    """Output can be had from a byte on, or its last lines, also from a job that has ended."""
    job = client.submit("seq 1 9").wait(60)
    assert "".join(job.follow(after=14)) == "8\n9\n"
    assert "".join(job.follow(tail=1)) == job.output(tail=1) == "9\n"
    assert b"".join(job.output_pieces(14)) == b"8\n9\n"
    assert b"".join(job.output_pieces(18)) == b""


def test_a_listener_may_leave(client: Client) -> None:
    """A stream that is no longer wanted ends at once, and its bridge has room for others."""
    job = client.submit("sleep 600")
    for _ in range(70):  # more than one caller may have at once
        stream = job.live()
        assert isinstance(next(stream), Changed)
        stream.close()
    assert job.cancel().wait(60).state == "CANCELLED"


def test_a_wait_ends_with_the_job_or_in_time(client: Client) -> None:
    """A wait returns soon after the end, or raises after the time that the caller gave."""
    job = client.submit("sleep 600")
    began = time.monotonic()
    with pytest.raises(WaitTimeout, match=f"Job {job.id} is "):
        job.wait(1)
    assert time.monotonic() - began < 30
    assert job.cancel().wait(60).is_final


def test_a_job_is_held_and_released(client: Client) -> None:
    """Orders return the job as it is afterwards, and one that cannot be is a conflict."""
    job = client.submit("true", held=True)
    assert job.state == "HELD"
    assert "held" in job.why()["summary"].lower()
    assert job.release().wait(60).state == "COMPLETED"
    with pytest.raises(Conflict):
        job.hold()


def test_the_script_is_kept(client: Client) -> None:
    """The script is there after the end."""
    assert "echo kept" in client.submit("echo kept").wait(60).script()


@pytest.mark.parametrize("forged", ["\x1b[2J", "7\ndssr", "7; rm -rf ~", "../7", "-f", ""])
def test_an_id_is_a_plain_word(forged: str) -> None:
    """A bridge cannot have a program print or paste something else as a job's id."""
    document = cast(JobDocument, {"id": forged})
    with pytest.raises(BridgeFault, match="id is no id"):
        Job(cast(Session, None), document)
    for good in ("20261127-9f3a1c", "17", "17_4", "17.batch"):
        assert Job(cast(Session, None), cast(JobDocument, {"id": good})).id == good
