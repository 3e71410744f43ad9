from html.parser import HTMLParser
from typing import Any

import pytest

from dssr.client import display
from dssr.client.documents import JobDocument

HOSTILE = '<script>alert("x")</script>\x1b[2J\n'


def document(**more: Any) -> JobDocument:
    """A job that has failed."""
    found: Any = {
        "id": "20300131-0123456789ab", "native_id": "7", "name": "relax", "state": "FAILED",
        "is_final": True, "explanation": "Exit code 3: an error.", "exit_code": 3,
        "submitted_at": "2030-01-31T12:00:00Z", "started_at": "2030-01-31T12:00:05Z",
        "ended_at": "2030-01-31T12:01:05Z", "expected_start_at": None, "elapsed_seconds": 60,
        "walltime_seconds": 600, "nodes": ["node1", "node2"], "node_count": 2, "cores": 16,
        "memory_mb": None, "gpus": 1, "partition": "batch", "working_directory": "/scratch/w",
    }  # fmt: skip
    job: JobDocument = found | more
    return job


def test_a_job_is_shown_in_a_terminal() -> None:
    """The lines say what the job is, how it ended and why, when, and what it used."""
    assert display.text(document()).splitlines() == [
        "relax (20300131-0123456789ab): FAILED, exit code 3",
        "  Exit code 3: an error.",
        "  submitted  2030-01-31T12:00:00Z",
        "  started    2030-01-31T12:00:05Z",
        "  ended      2030-01-31T12:01:05Z",
        "  ran for    60 s of 600 s",
        "  uses       2 nodes, 16 cores, 1 GPU",
        "  on         node1, node2",
        "  partition  batch",
        "  directory  /scratch/w",
    ]
    assert display.short(document()) == "<Job 20300131-0123456789ab 'relax' FAILED>"


def test_a_job_that_waits_has_its_expected_start() -> None:
    """Before the start there is the expected one, and no other times."""
    waiting = document(
        state="PENDING", is_final=False, started_at=None, ended_at=None, exit_code=None,
        elapsed_seconds=0, nodes=[], expected_start_at="2030-01-31T13:00:00Z", explanation="",
    )  # fmt: skip
    shown = display.text(waiting)
    assert "expected   2030-01-31T13:00:00Z" in shown
    assert "ran for" not in shown
    assert shown.splitlines()[0].endswith("PENDING")


def test_no_text_of_a_user_moves_the_cursor() -> None:
    """Control characters of names and directories do not reach the terminal."""
    shown = display.text(document(name=HOSTILE, working_directory=HOSTILE, explanation=HOSTILE))
    assert all(line.isprintable() for line in shown.splitlines())
    assert display.short(document(name=HOSTILE)).isprintable()


@pytest.mark.parametrize("member", ["name", "explanation", "working_directory", "partition"])
def test_no_text_of_a_user_is_markup(member: str) -> None:
    """A notebook shows what a user wrote as text."""

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            assert tag != "script"
            seen.append(tag)

    seen: list[str] = []
    Tags().feed(display.html(document(**{member: HOSTILE})))
    assert {"div", "b", "span", "table", "tr", "td"} <= set(seen)
