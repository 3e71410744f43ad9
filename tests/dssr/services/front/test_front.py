"""A front as a process."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dssr.services.front.programs import echo, raw_program, web_program
from tests.dssr.services.front.running import front, until

_STARTS_AND_DIES = """
import json, os, subprocess, sys
front = subprocess.Popen(
    [sys.executable, "-m", "dssr.services.front", sys.argv[1]],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
)
print(front.stdout.readline().decode(), flush=True)
os.kill(os.getpid(), 9)
"""


def test_it_outlives_what_started_it(folder: Path) -> None:
    """A front that was started by a process that is killed goes on, with its address."""
    configuration = folder / "configuration.json"
    configuration.write_text(json.dumps({"name": "demo", "folder": str(folder)}))
    words = [sys.executable, "-c", _STARTS_AND_DIES, str(configuration)]
    starter = subprocess.run(words, capture_output=True, check=False)
    about = json.loads(starter.stdout)
    assert starter.returncode == -signal.SIGKILL
    os.kill(about["pid"], signal.SIGHUP)
    with socket.create_connection(("127.0.0.1", about["port"]), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 421"
    os.kill(about["pid"], signal.SIGTERM)
    assert until(lambda: not Path(about["control"]).exists())


def test_a_front_that_was_stopped_for_a_while_goes_on(folder: Path) -> None:
    """A machine that sleeps stops the front: afterwards connections and address are as before."""
    with (
        raw_program(folder / "program", echo),
        front(folder, http=False) as running,
        running.connect() as client,
    ):
        running.aim(folder / "program")
        os.kill(running.pid, signal.SIGSTOP)
        client.sendall(b"hello")
        with running.connect() as other:
            other.sendall(b"other")
            os.kill(running.pid, signal.SIGCONT)
            assert client.recv(10) == b"hello"
            assert other.recv(10) == b"other"
        assert running.order("status")["health"]["state"] == "healthy"


def test_stop_lets_connections_end(folder: Path) -> None:
    """``stop`` takes no new connections, and ends when the open ones have ended."""
    with web_program(folder / "program") as program, front(folder) as running:
        running.aim(program.path)
        with running.connect() as client:
            client.sendall(b"GET /hang?0.5 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert until(lambda: running.order("status")["target"]["connections"] == 1)
            running.order("stop", drain=30)
            assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")
        assert running.process.wait(10) == 0
        with pytest.raises(ConnectionRefusedError):
            running.connect()


def test_a_signal_stops_it_at_once(folder: Path) -> None:
    """SIGTERM ends the front and its connections, and leaves nothing but the unlocked file."""
    with (
        raw_program(folder / "program", echo),
        front(folder, http=False) as running,
        running.connect() as client,
    ):
        running.aim(folder / "program")
        assert running.stop() == 0
        assert client.recv(1) == b""
    assert sorted(os.listdir(folder)) == ["demo.lock"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", "The configuration cannot be read: "),
        ('{"name": "demo"}', "'folder' is missing."),
        ('{"name": "demo", "folder": "/proc/none"}', "The folder /proc/none cannot be made: "),
        (
            '{"name": "demo", "folder": "FOLDER", "forwards": "teleport"}',
            "There is no way to forward ports 'teleport'",
        ),
    ],
)
def test_what_is_wrong_is_said_on_stdout(folder: Path, text: str, error: str) -> None:
    """A front that cannot start says why in its first line, and ends with 1."""
    words = [sys.executable, "-m", "dssr.services.front"]
    given = text.replace("FOLDER", str(folder)).encode()
    done = subprocess.run(words, input=given, capture_output=True, check=False)
    assert done.returncode == 1
    assert error in json.loads(done.stdout)["error"]


def test_more_connections_than_files(folder: Path) -> None:
    """When no more files can be opened, new connections wait, and are served later."""
    script = (
        "import resource, runpy; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40));"
        "runpy.run_module('dssr.services.front', run_name='__main__')"
    )
    with (
        raw_program(folder / "program", echo),
        front(folder, http=False, command=[sys.executable, "-c", script]) as running,
    ):
        running.aim(folder / "program")
        clients = [running.connect() for _ in range(30)]
        for client in clients:
            client.sendall(b"hello")
            assert client.recv(10) == b"hello"
            client.close()


def test_a_gap_is_reported_with_its_length(folder: Path) -> None:
    """When there was no target for a while, the next one's incident says for how long; the first
    target of a front has none."""
    with raw_program(folder / "program", echo), front(folder, http=False) as running:
        running.aim(folder / "program")
        running.order("drain")
        running.aim(folder / "program", "second")
        (incident,) = running.order("status")["incidents"]
        assert (incident["target"], incident["state"]) == ("second", "current")
        assert incident["reason"].startswith("Callers waited for it for ")
