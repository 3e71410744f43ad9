"""A web program that reports where it runs: GET / and GET /nvidia-smi; POST / reports what it got.

It listens on ``$DSSR_SOCKET``, a Unix socket that no other user of the node can reach.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from typing import Any

from waitress import serve  # type: ignore[import-untyped]

PART = 1 << 20  # bytes that are read at a time: an upload need not fit into memory
Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], object]


def nvidia_smi(*arguments: str) -> str:
    """What ``nvidia-smi`` prints; '' on a node without it."""
    if not shutil.which("nvidia-smi"):
        return ""
    done = subprocess.run(["nvidia-smi", *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


# Asked once: the health check gets / every few seconds, and nvidia-smi may take one.
GPUS = nvidia_smi("-L").splitlines()


def place() -> dict[str, Any]:
    """Which job this is, and where."""
    return {
        "service": os.environ["DSSR_SERVICE"],
        "generation": int(os.environ["DSSR_GENERATION"]),
        "job": os.environ["SLURM_JOB_ID"],
        "node": os.environ["SLURMD_NODENAME"],
        "gpus": GPUS,
    }


def received(environ: Environ) -> dict[str, Any]:
    """How much was sent, and its digest."""
    digest, size = hashlib.sha256(), 0
    while part := environ["wsgi.input"].read(PART):
        digest.update(part)
        size += len(part)
    return {"bytes": size, "sha256": digest.hexdigest()}


def app(environ: Environ, start: Start) -> Iterable[bytes]:
    """The WSGI application (PEP 3333)."""
    status, kind = "200 OK", "application/json"
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "GET", "/":
            text = json.dumps(place(), indent=2) + "\n"
        case "GET", "/nvidia-smi":
            text, kind = nvidia_smi() or "This node has no nvidia-smi.\n", "text/plain"
        case "POST", "/":
            text = json.dumps({**place(), **received(environ)}, indent=2) + "\n"
        case _:
            status, kind, text = "404 Not Found", "text/plain", "GET /, GET /nvidia-smi, POST /\n"
    body = text.encode()
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    # The mode: the folder of the socket is private already; this says so once more.
    serve(app, unix_socket=os.environ["DSSR_SOCKET"], unix_socket_perms="600")
