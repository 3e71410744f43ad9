"""``GET /jobs/{id}/output?follow=true``, of outputs that a test prints."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from dssr.errors import Unavailable
from dssr.http.v1.models import Job
from dssr.job import JobRef
from dssr.record import OutputPart
from tests.dssr.http.v1.listening import Listener


class Printed:
    """The output of all jobs. ``places``: where each read began."""

    def __init__(self) -> None:
        self.data = b""
        self.is_complete = False
        self.places: list[int] = []

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``."""
        self.places += offsets.values()
        return {
            ref: OutputPart(self.data[at : at + limit], at, len(self.data), self.is_complete)
            for ref, at in offsets.items()
        }


@pytest.fixture
def printed(v1: Any) -> Printed:
    """What the jobs of the bridge print."""
    printed = Printed()
    v1.connector.read_outputs = printed.read_outputs
    return printed


def follow(v1: Any, id: str, query: str = "", last_id: str = "") -> Listener:
    """Follow the job's output."""
    return Listener(f"{v1.url}/jobs/{id}/output?follow=true{query}", last_id)


def test_output_arrives_as_it_is_printed_with_the_job_and_its_end(
    v1: Any, printed: Printed
) -> None:
    """The job comes first and at each change of its state; its last state comes behind all output,
    and then the end."""
    id = v1.submit()["id"]
    listener = follow(v1, id)
    assert listener.next().data["state"] == "PENDING"
    v1.now += 6
    assert listener.next().data["state"] == "RUNNING"
    printed.data += "1 €\n".encode()
    at = time.monotonic()
    event = listener.next()
    assert time.monotonic() - at < 3.0
    assert (event.name, event.data, event.id) == ("output", {"offset": 0, "text": "1 €\n"}, "6")
    printed.data += b"last\xe2"
    printed.is_complete = True
    v1.now += 20
    events = listener.rest()
    assert "".join(e.data["text"] for e in events if e.name == "output") == "last\ufffd"
    assert [e.name for e in events][-2:] == ["state", "end"]
    assert events[-2].data["state"] == "COMPLETED"
    assert events[-1].data == {"offset": 11}
    Job.model_validate(events[-2].data)


def test_a_client_that_comes_back_goes_on_where_it_was(v1: Any, printed: Printed) -> None:
    """The id of an event is the place behind its text."""
    printed.data = b"0123456789"
    id = v1.submit()["id"]
    first = follow(v1, id)
    assert first.until("output")[-1].data["text"] == "0123456789"
    first.close()
    printed.data += b"abc"
    again = follow(v1, id, "&after=3", first.last_id)
    assert again.until("output")[-1].data == {"offset": 10, "text": "abc"}
    again.close()
    other = follow(v1, id, "&after=3")
    assert other.until("output")[-1].data["offset"] == 3
    other.close()


def test_the_last_lines_come_first_where_they_are_asked_for(v1: Any, printed: Printed) -> None:
    """``tail`` with ``follow`` begins at a line, as tail -f does."""
    printed.data = b"one\ntwo\nthree\n"
    listener = follow(v1, v1.submit()["id"], "&tail=2")
    assert listener.until("output")[-1].data == {"offset": 4, "text": "two\nthree\n"}
    listener.close()


def test_a_truncated_output_starts_again(v1: Any, printed: Printed) -> None:
    """An event with offset 0 begins the new output."""
    printed.data = b"first output\n"
    listener = follow(v1, v1.submit()["id"])
    listener.until("output")
    printed.data = b"new\n"
    assert listener.next().data == {"offset": 0, "text": "new\n"}
    listener.close()


def test_the_output_of_a_job_that_has_ended_comes_and_ends(v1: Any, printed: Printed) -> None:
    """A listener who comes late gets everything, and the end."""
    printed.data, printed.is_complete = b"x" * 200_000, True
    id = v1.submit()["id"]
    v1.now += 100
    events = follow(v1, id).rest()
    assert sum(len(e.data["text"]) for e in events if e.name == "output") == 200_000
    assert [e.name for e in events][-2:] == ["state", "end"]


def test_listeners_of_one_job_share_each_read(v1: Any, printed: Printed) -> None:
    """Ten listeners cause as many reads as one."""
    id = v1.submit()["id"]
    printed.data = b"line\n"
    listeners = [follow(v1, id) for _ in range(10)]
    began = time.monotonic()
    for listener in listeners:
        assert listener.until("output")[-1].data["text"] == "line\n"
        listener.close()
    assert len(printed.places) <= (time.monotonic() - began) / 2 + 2


def test_an_outage_of_the_scheduler_is_a_comment(
    v1: Any, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Output arrives while the scheduler does not answer, and a comment says that it does not."""
    listener = follow(v1, v1.submit()["id"])
    listener.next()

    def silent() -> None:
        raise Unavailable("The controller does not answer.")

    monkeypatch.setattr(v1.connector, "records", silent)
    time.sleep(2.0)  # in which it is asked
    printed.data = b"line\n"
    assert listener.next().data["text"] == "line\n"
    assert listener.comments.count("The controller does not answer.") == 1
    listener.close()


def test_an_unknown_job_is_an_ordinary_404(v1: Any) -> None:
    """An error before the stream begins is a problem with its status."""
    answer = v1.get("/jobs/none/output?follow=true")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
