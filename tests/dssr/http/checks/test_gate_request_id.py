"""The id of each request, over real HTTP."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr import request_id
from dssr.settings import Settings
from tests.dssr.http.raw import Connect

SENT = {"X-Request-Id": "upstream-7.1_A"}


@pytest.mark.parametrize("path", ["/live", "/running", "/no-such-call", "/submit"])
def test_the_response_has_the_callers_id(path: str, served: Any) -> None:
    """A response, one of an error too, has the id that the caller sent."""
    assert served.get(path, headers=SENT).headers["X-Request-Id"] == "upstream-7.1_A"


def test_a_request_without_an_acceptable_id_gets_one(served: Any) -> None:
    """Each such request has an id of its own, and what was sent comes back nowhere."""
    answers = [served.get("/live", headers=h) for h in ({}, {}, {"X-Request-Id": "a b"})]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert len(set(ids)) == 3
    assert all(len(each) == 16 for each in ids)


def test_a_request_that_cannot_be_read_has_an_id(served: Any, connect: Connect) -> None:
    """What never becomes a request of the application has an id in its response, too."""
    connection = connect(served)
    connection.sendall(b"GET / HTTP/1.1\r\nX: ".ljust(65_536, b"x"))
    assert b"\r\nX-Request-Id: " in connection.recv(65_536)


def test_every_line_of_a_request_has_its_id(
    served: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The connector's lines, the use case's and the log of failures have the request's id."""
    caplog.set_level(logging.INFO)
    ids: list[tuple[str, str]] = []

    def note(record: logging.LogRecord) -> bool:
        ids.append((record.name, request_id.current()))
        return True

    monkeypatch.setattr(caplog.handler, "filters", [note])
    called = served.connector._called

    def logged(what: str) -> None:
        logging.getLogger("connector").info("%s", what)
        called(what)

    monkeypatch.setattr(served.connector, "_called", logged)
    served.submit()
    requests.post(served.url + "/submit", headers=SENT, timeout=30)
    served.get("/running", headers=SENT)
    job = {"name": "job", "number": 1, "jobid": "1"}
    served.call("/terminate", job, headers=SENT)
    assert [name for name, each in ids if each == SENT["X-Request-Id"]] == [
        "dssr.http.checks.access_log", "connector", "connector", "dssr.observed",
    ]  # fmt: skip
    assert all(each for _, each in ids)


def test_the_audit_log_has_it(serve: Callable[[Settings], Any], tmp_path: Path) -> None:
    """A line of the audit log has the id of its request."""
    bridge = serve(Settings(audit_log=str(tmp_path / "audit.log")))
    bridge.call("/terminate", {"name": "job", "number": 1, "jobid": "1"}, headers=SENT)
    [line] = (tmp_path / "audit.log").read_text().splitlines()
    assert json.loads(line)["request_id"] == SENT["X-Request-Id"]
