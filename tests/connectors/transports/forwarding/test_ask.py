"""What ssh runs to ask a person, and a second factor at the login of forwards."""

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.transports.forwarding import ask
from dssr.errors import LoginRefused
from tests.cluster import Cluster
from tests.connectors.transports.forwarding.conftest import Forward, said
from tests.connectors.transports.forwarding.test_forwards import pid_of, works
from tests.connectors.transports.openssh.conftest import ANOTHER_PORT, another_sshd
from tests.end_to_end.service import eventually


@contextmanager
def person(path: Path, answer: str) -> Iterator[list[str]]:
    """A process at that socket that answers each question so; the questions."""
    asked: list[str] = []
    listener = socket.socket(socket.AF_UNIX)

    def serve() -> None:
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            with client, client.makefile() as file:
                if line := file.readline():
                    asked.append(json.loads(line)["question"])
                    client.sendall(f"{json.dumps({'answer': answer})}\n".encode())

    listener.bind(str(path))
    listener.listen()
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield asked
    finally:
        path.unlink()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_an_answer_is_printed(folder: Path) -> None:
    """The program passes the question on and prints the answer; without a person, it fails."""
    path = folder / "it's"
    program = ask.environment(folder, str(path))["SSH_ASKPASS"]
    with person(path, "open sesame") as asked:
        assert ask.is_answered(str(path))
        done = subprocess.run([program, "What's the word?"], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "open sesame\n")
        assert asked == ["What's the word?"]
    assert not ask.is_answered(str(path))
    assert subprocess.run([program, "And now?"], capture_output=True).returncode == 1


@pytest.mark.cluster
def test_a_second_factor(site: Cluster, forwards: Forward, folder: Path, port: int) -> None:
    """A person is asked once at the login. After a loss while there is none, the status says that
    one is needed, and the forward is back once there is."""
    hashed = site.run("login", ["openssl", "passwd", "-6", "opensesame"]).stdout.decode().strip()
    both = ("PasswordAuthentication=yes", "AuthenticationMethods=publickey,password")
    assert site.run("login", ["usermod", "-p", hashed, "alice"]).returncode == 0
    path = folder / "person"
    try:
        with another_sshd(site, "login", *both):
            with person(path, "opensesame") as asked:
                made = forwards(user="alice", port=ANOTHER_PORT, ask=str(path))
                forward = made.open("node1", port)
                assert said(forward) == b"hello\n"
                assert len(asked) == 1
            os.kill(pid_of(made), signal.SIGKILL)
            lost = eventually(made.status, lambda found: found["needs_person"])
            assert "on a terminal only" in lost["error"]
            with pytest.raises(LoginRefused):
                made.open("node2", port)
            with person(path, "opensesame") as asked:
                works(forward)
                assert len(asked) == 1
    finally:
        site.run("login", ["usermod", "-p", "*", "alice"])
