"""The log of a bridge in a process of its own."""

import json
import signal
from typing import Any

import requests


def test_the_log_as_json(environ: dict[str, str], start: Any) -> None:
    """Each line is a JSON object; those of a request have its id."""
    process = start(
        environ | {"JARVICE_SCHED_LOG_FORMAT": "json", "JARVICE_SCHED_LOGLEVEL": "Info"}
    )
    url = process.until(r"listening on (http://[^\s\"]+)")[1]
    requests.get(url + "/no-such-call", headers={"X-Request-Id": "mine"}, timeout=30)
    assert process.end(signal.SIGTERM) == 0
    lines = [json.loads(line) for line in process.log.splitlines()]
    assert {frozenset(line) for line in lines} == {
        frozenset(("time", "level", "logger", "message", "request_id"))
    }
    [about] = [line for line in lines if line["request_id"]]
    assert about["request_id"] == "mine"
    assert about["level"] == "WARNING"
    assert about["message"].startswith("GET /no-such-call from 127.0.0.1: 404")
