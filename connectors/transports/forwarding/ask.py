"""A person is asked what ``ssh`` wants to know: this is its ``SSH_ASKPASS`` (ssh(1)).

``python -m connectors.transports.forwarding.ask SOCKET QUESTION KIND`` passes the question on to
the process that listens on that Unix socket, which has a terminal, and prints its answer. Both are
objects of JSON on a line: ``question`` and ``answer``.
"""

import json
import shlex
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_NOTICE = "none"  # what is only to be shown, until ssh ends this program: 'touch the key'


def is_answered(path: str) -> bool:
    """Whether a process listens there."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True


def environment(folder: Path, path: str) -> Mapping[str, str]:
    """What ssh needs to ask at that socket. ``folder``: gets the program that it runs."""
    program = folder / "ask"
    words = shlex.join([sys.executable, "-m", __name__, path])
    program.write_text(f'#!/bin/sh\nexec {words} "$1" "$SSH_ASKPASS_PROMPT"\n', encoding="utf-8")
    program.chmod(0o700)
    # DISPLAY: for an ssh before 8.4, which has no terminal, either.
    return {"SSH_ASKPASS": str(program), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": "none"}


def main(path: str, question: str, kind: str) -> int:
    """The exit code: 0 with an answer."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            line = json.dumps({"question": question, "is_notice": kind == _NOTICE})
            client.sendall(f"{line}\n".encode())
            with client.makefile("rb") as file:
                answer = json.loads(file.readline())["answer"]
    except (OSError, ValueError, KeyError):
        return 1
    print(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
