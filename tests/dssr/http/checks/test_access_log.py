"""The log of failed requests."""

import base64
import logging
from typing import Any

import pytest

from dssr.errors import Unavailable


def test_a_request_that_succeeds_leaves_no_line(
    served: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A request that succeeds leaves no line in the log."""
    caplog.set_level(0)
    assert served.get("/running").status_code == 200
    assert [r for r in caplog.records if r.name.startswith("dssr")] == []


def test_a_request_that_fails_leaves_one_line_with_what_who_and_why(
    served: Any, failures: Any
) -> None:
    """The line has method and path, address, status and reason."""
    served.call("/runstatus", {"name": "job", "number": 1})
    assert failures() == [
        "POST /runstatus from 127.0.0.1: 400 'jobid' is missing: this call needs it."
    ]


def test_polling_for_the_end_of_a_job_is_no_warning(
    served: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The 503 for a job that has not ended is information; another failure is a warning, also with
    503.
    """
    caplog.set_level(logging.INFO)
    served.submit()
    job = {"name": "job", "number": 1, "jobid": "1"}
    assert served.call("/exitstatus", job).status_code == 503
    served.connector.failure = Unavailable("The controller is silent.")
    assert served.call("/exitstatus", job).status_code == 503
    told = [
        (r.levelname, r.getMessage().partition(": ")[2])
        for r in caplog.records
        if r.name == "dssr.http.checks.access_log"
    ]
    assert told == [
        ("INFO", "503 The job is PENDING."),
        ("WARNING", "503 The controller is silent."),
    ]


def test_a_path_cannot_forge_a_line(served: Any, failures: Any) -> None:
    """Line breaks and escape sequences of a path become harmless."""
    served.get("/x%0A2026-01-01%20ERROR%20forged%1B[31m")
    assert len(failures()) == 1
    assert failures()[0].startswith("GET /x 2026-01-01 ERROR forged?[31m from 127.0.0.1: 404")
    assert "\n" not in failures()[0]


@pytest.mark.parametrize("level", [10, 30])
def test_scripts_and_bearers_are_never_logged(
    level: int, served: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has neither script nor bearer, whether a submission succeeds, is refused or hits a
    fault.
    """
    caplog.set_level(level)
    script = "JOBOBJ_CTRSECRET=MARKED\nJOBOBJ_APPDEFVERSION=1\n"
    served.submit(script, bearer="MARKED")
    served.submit("#!/bin/bash\n# MARKED\n", bearer="MARKED")
    served.submit(bearer=["MARKED"])
    served.submit(hpc_script={"native": base64.b64encode(b"MARKED\0").decode()})
    served.submit(hpc_script={"native": "MARKED!"})
    served.connector.failure = RuntimeError("fault")
    served.submit("#!/bin/bash\n# MARKED\n", bearer="MARKED")
    assert len(caplog.records) >= 4
    assert "MARKED" not in caplog.text
    assert base64.b64encode(b"MARKED").decode()[:6] not in caplog.text
