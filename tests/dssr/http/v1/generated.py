"""Requests that a program makes of the API's description, right and wrong ones, alone and in
sequences."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dssr.http.v1.event_feeds import EventStream, EventWait
from dssr.http.v1.job_feeds import JobWait, OutputStream

# Wrong logins from one address are 429 after a while, which is what this check does not expect;
# and DELETE cancels a job, whose record stays.
UNFIT = "ignored_auth,use_after_free"
# What the state of a job and its files makes of a right request: beside the program's own list,
# there may be a file already, or none of the bytes that are asked for. There are no services.
EXPECTED = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "416", "429", "5xx"]
[[operations]]
include-path-regex = "/services"
warnings = false
"""


def assert_no_fault(
    served: Any, place: Path, monkeypatch: pytest.MonkeyPatch, *options: str
) -> None:
    """The responses to all requests are as the description says. ``options``: of the
    program, as its credentials; ``place``: a directory for its settings."""
    for feed in (EventStream, EventWait, JobWait, OutputStream):  # which may take a minute or more
        monkeypatch.setattr(feed, "read", lambda _: None)
    (place / "schemathesis.toml").write_text(EXPECTED)
    program = Path(sys.executable).parent / "schemathesis"
    words = [
        *(program, "run", f"{served.url}/openapi.json", "--url", served.root),
        *("--exclude-checks", UNFIT, "--max-examples", "5", "--generation-deterministic"),
        *("--no-color", "--max-redirects", "0", *options),
    ]
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert "No issues found" in done.stdout
