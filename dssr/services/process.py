"""The processes of services on this machine: start one, and give it orders.

Each outlives the process that started it, and is found again by its lock file.
"""

import contextlib
import json
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dssr.errors import SettingsError, Unavailable

_RUNS = 3  # the exit code where another process does the work already
_START = 30.0  # seconds in which a process must say where it listens
ANSWER = 60.0  # seconds for the answer to an order: the first target waits for the login


class ProcessGone(Unavailable):
    """The process has ended, or does not answer."""


class ProcessRefused(Unavailable):
    """It has not done what it was asked for, and says why; nothing was changed."""


def order(
    label: str, control: Path, do: str, *, patience: float = ANSWER, **more: Any
) -> dict[str, Any]:
    """What the process with that control socket answers. Raises ``ProcessGone``,
    ``ProcessRefused``."""
    line = f"{json.dumps({'do': do, **more})}\n".encode()
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(patience)
            client.connect(str(control))
            client.sendall(line)
            with client.makefile("rb") as file:
                answer = json.loads(file.readline() or b"null")
    except (OSError, ValueError) as error:
        raise ProcessGone(f"{label} does not answer: {error}.") from error
    if not isinstance(answer, dict):
        raise ProcessGone(f"{label} has ended.")
    if "error" in answer:
        raise ProcessRefused(str(answer["error"]))
    return answer


def start(label: str, module: str, settings: Mapping[str, Any], log: Path) -> Mapping[str, Any]:
    """What the process says of itself: a new one, or one that runs already. ``log``: gets what it
    writes to stderr. Raises ``SettingsError``."""
    with open(log, "ab") as said:  # which another process may be writing to
        before = said.tell()
        process = subprocess.Popen(  # noqa: S603
            (sys.executable, "-m", module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,  # Ctrl-C in the terminal is not for it
            cwd="/",
        )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(settings).encode())
            process.stdin.close()
        is_there = select.select([process.stdout], [], [], _START)[0]
        line = process.stdout.readline() if is_there else b""
    return _begun(label, process, line, lambda: _text_after(log, before))


def _begun(
    label: str, process: subprocess.Popen[bytes], line: bytes, said: Callable[[], str]
) -> Mapping[str, Any]:
    about: dict[str, Any] = json.loads(line or b"{}")
    if "control" in about:
        return about
    if process.poll() is None and not line:
        process.kill()
    owner: dict[str, Any] = about.get("owner", {})
    if process.wait() == _RUNS and "control" in owner:
        return owner  # another process was faster
    words = about.get("error") or said().strip()[-300:]
    raise SettingsError([f"{label} does not start: {words or 'it says nothing'}"])


def _text_after(log: Path, offset: int) -> str:
    return log.read_bytes()[offset:].decode("utf-8", "replace")
