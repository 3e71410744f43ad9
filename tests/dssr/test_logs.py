"""How the log is written."""

import contextvars
import json
import logging
import sys
from datetime import UTC, datetime

import pytest

from dssr import request_id
from dssr.logs import JsonLines, Lines


def written(by: logging.Formatter, message: str, request: str = "", fault: bool = False) -> str:
    """A record of an error as that formatter writes it during a request with that id."""

    def write() -> str:
        if request:
            request_id.begin(request)
        try:
            raise ValueError("a fault")
        except ValueError:
            info = sys.exc_info() if fault else None
        return by.format(
            logging.LogRecord("dssr.x", logging.ERROR, "here", 1, "%s", (message,), info)
        )

    context = contextvars.Context()  # as in a thread that has worked on no request
    return context.run(write)


@pytest.mark.parametrize(
    ("message", "request_", "lines"),
    [
        ("one", "", "ERROR one"),
        ("one\n  two\nthree", "", "ERROR one\nERROR   two\nERROR three"),
        ("", "", "ERROR "),
        ("one\ntwo", "abc", "ERROR one [request abc]\nERROR two [request abc]"),
    ],
)
def test_each_line_has_its_level_and_its_request(message: str, request_: str, lines: str) -> None:
    """A search for errors or for a request finds every line of a message."""
    assert written(Lines("%(levelname)s %(message)s"), message, request_) == lines


def test_other_handlers_get_the_message_as_it_was() -> None:
    """The formatter leaves the record unchanged."""
    record = logging.LogRecord("x", logging.ERROR, "here", 1, "%s", ("a\nb",), None)
    Lines("%(message)s").format(record)
    assert (record.getMessage(), record.message) == ("a\nb", "a\nb")


@pytest.mark.parametrize("message", ["one", 'a\n"b"\t\x00', "ä \u2028 \udcff"])
def test_json_is_one_object_a_line(message: str) -> None:
    """The message arrives exactly as it was, on one line, with time, level, logger and request."""
    line = written(JsonLines(), message, "abc")
    assert len(line.splitlines()) == 1
    found = json.loads(line)
    time = datetime.fromisoformat(found.pop("time"))
    assert abs((datetime.now(UTC) - time).total_seconds()) < 60
    assert found == {
        "level": "ERROR",
        "logger": "dssr.x",
        "message": message,
        "request_id": "abc",
    }


def test_json_has_the_traceback_of_a_fault_and_null_without_a_request() -> None:
    """A traceback is a member of its own; a line that belongs to no request has ``null``."""
    found = json.loads(written(JsonLines(), "one", fault=True))
    assert found["request_id"] is None
    assert found["message"] == "one"
    assert found["traceback"].startswith("Traceback")
    assert found["traceback"].endswith("ValueError: a fault")
