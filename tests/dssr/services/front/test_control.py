"""The control socket."""

import json
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.dssr.services.front.running import PATIENCE, RunningFront, front


def said(running: RunningFront, *lines: bytes) -> list[Any]:
    """The answers to these lines on one connection."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(running.about["control"])
        client.sendall(b"".join(lines))
        client.shutdown(socket.SHUT_WR)
        with client.makefile() as answers:
            return [json.loads(answer) for answer in answers]


def test_one_answer_a_line(folder: Path) -> None:
    """Each line of a connection is answered in its turn, wrong ones with a sentence."""
    with front(folder) as running:
        first, wrong, unknown, last = said(
            running, b'{"do": "status"}\n', b"status\n", b'{"do": "dance"}\n', b'{"do": "status"}\n'
        )
    assert first["name"] == last["name"] == "demo"
    assert wrong == {"error": "The line is not JSON."}
    assert "'do' must be one of status, take, target, drain, observe, stop." in unknown["error"]


def test_it_is_private(folder: Path) -> None:
    """No other user can open the control socket, and it goes with the front."""
    with front(folder) as running:
        control = Path(running.about["control"])
        assert stat.S_IMODE(control.stat().st_mode) == 0o600
    assert not control.exists()


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"do": "target", "name": "a"}, "'port' must be a number from 1 to 65535."),
        ({"do": "target", "name": "a", "host": 1, "port": 1}, "'host' must be a text on one line."),
        ({"do": "target", "name": "a", "host": "127.0.0.1", "port": 1, "within": 0}, "not ready"),
        ({"do": "target", "name": "a", "socket": "/a\nb"}, "'socket' must be a text on one line."),
        ({"do": "target", "name": "a", "socket": "/a", "check": 1}, "'check' must be true or"),
        ({"do": "target", "name": "a", "socket": "/a", "secret": "x\ny"}, "'secret' must be a"),
        ({"do": "target", "name": "a", "socket": "/a", "secret": "x y"}, "must be one word."),
        ({"do": "drain", "drain": -1}, "'drain' must be a number of seconds."),
        ({"do": "stop", "drain": "long"}, "'drain' must be a number of seconds."),
        ({"do": "observe", "check": "x"}, "'check' is one of job, host, port, path"),
    ],
)
def test_wrong_orders_change_nothing(folder: Path, order: dict[str, Any], problem: str) -> None:
    """An order that cannot be read is answered with its problem, and the front goes on."""
    with front(folder) as running:
        assert problem in running.order(**order)["error"]
        assert running.order("status")["target"] is None
