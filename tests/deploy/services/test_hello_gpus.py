"""The example hello on a node with a GPU, as a process of this machine."""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.services.wheels import EXAMPLES
from tests.end_to_end.service import eventually

DATA = bytes(3_000_000)
PROGRAM = '#!/bin/sh\necho "GPU 0: a card"\n[ "$1" = -L ] || echo "all of it"\n'


def get(path: str, place: Path, data: bytes = b"") -> str:
    """The response that the program on this socket gives; '' while it does not listen yet."""
    with socket.socket(socket.AF_UNIX) as client:
        if client.connect_ex(str(place)):
            return ""
        length = f"Content-Length: {len(data)}\r\n" if data else ""
        method = "POST" if data else "GET"
        client.sendall(f"{method} {path} HTTP/1.0\r\n{length}\r\n".encode() + data)
        with client.makefile() as answer:
            return answer.read()


@pytest.mark.parametrize("flags", [[], ["-S"]], ids=["with waitress", "with Python alone"])
def test_it_reports_what_nvidia_smi_says(flags: list[str], tmp_path: Path) -> None:
    """GET lists the GPUs of the job, and GET /nvidia-smi is what that program prints."""
    (tmp_path / "nvidia-smi").write_text(PROGRAM)
    (tmp_path / "nvidia-smi").chmod(0o755)
    place = tmp_path / "socket"
    own = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "DSSR_SOCKET": str(place),
        "DSSR_SERVICE": "hello", "DSSR_GENERATION": "1", "SLURM_JOB_ID": "7",
        "SLURMD_NODENAME": "node1",
    }  # fmt: skip
    words = [sys.executable, *flags, str(EXAMPLES / "hello/hello.py")]
    with subprocess.Popen(words, env=own) as process:
        try:
            eventually(place.exists)
            assert '"GPU 0: a card"' in eventually(lambda: get("/", place))
            assert get("/nvidia-smi", place).endswith("GPU 0: a card\nall of it\n")
            assert place.stat().st_mode & 0o077 == 0
            digest = hashlib.sha256(DATA).hexdigest()
            assert digest in get("/", place, DATA)
        finally:
            process.terminate()
