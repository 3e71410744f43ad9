"""The requests that load the bridge."""

import base64
import itertools
import json
import time
from urllib.parse import quote_plus

from tests.bench import load
from tests.end_to_end.service import script

_PADDING = "# " + "x" * 76 + "\n"
SCRIPT = script(_PADDING * 115 + "echo JARVICE_CMD_SUCCESS")  # 9 kB, as upstreams' scripts have
PLAIN_SCRIPT = "#!/bin/bash\n" + _PADDING * 115 + "true\n"
_PLACEHOLDER = "987654321987"  # replaced by the number in a request that is used again and again
_numbers = itertools.count(int(time.time()) * 1000)


def submissions() -> load.Request:
    """Another job's submission at each call; the jobs are held, so that they themselves cost
    nothing."""
    args = {
        "name": "bench",
        "number": int(_PLACEHOLDER),
        "nodes": 1,
        "hpc_script": {"native": base64.b64encode(SCRIPT.encode()).decode()},
        "bearer": "",
        "held": True,
    }
    before, after = (part for part in _form(args).split(_PLACEHOLDER.encode()))
    return lambda: load.post("/submit", before + str(next(_numbers)).encode() + after)


def job_submissions() -> load.Request:
    """The same as ``submissions``, of plain scripts and by the API for people."""
    body = json.dumps({"script": PLAIN_SCRIPT, "name": "bench", "nodes": 1, "held": True}).encode()

    def request() -> bytes:
        key = f"Idempotency-Key: {next(_numbers)}"
        return load.post("/api/v1/jobs", body, "application/json", key)

    return request


def submitted(body: bytes) -> tuple[int, str]:
    """A job's number and native id, from the response to its submission."""
    jobid, text = json.loads(body)
    return int(text.partition("number ")[2].partition(".")[0]), jobid


def about(path: str, name: str, number: int, jobid: str) -> bytes:
    """A call about a job."""
    return load.post(path, _form({"name": name, "number": number, "jobid": jobid}))


def always(request: bytes) -> load.Request:
    """The same request at each call."""
    return lambda: request


def _form(args: dict[str, object]) -> bytes:
    return f"args={quote_plus(json.dumps(args))}".encode()
