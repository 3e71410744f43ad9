"""Which user is at the other end of a connection."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.services.front.admission import Peer, Users, _listed
from tests.dssr.services.front.programs import echo, raw_program
from tests.dssr.services.front.running import front, until

OTHER = 65534  # the user `nobody`
_AS_OTHER = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket() as client:
    client.settimeout(30)
    client.connect(("127.0.0.1", int(sys.argv[1])))
    client.sendall(b"hello\\r\\n\\r\\n")
    try:
        print(client.recv(10).decode(), end="")
    except ConnectionResetError:
        pass
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


def as_other(port: int) -> str:
    """What another user of this machine receives from that port."""
    words = [sys.executable, "-c", _AS_OTHER, str(port), str(OTHER)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A listening socket on each loopback address."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family) as made:
        yield made


@pytest.fixture
def users() -> Iterator[Users]:
    """What the kernel knows."""
    made = Users()
    yield made
    made.close()


def test_an_own_connection(listener: socket.socket, users: Users) -> None:
    """The kernel says that the other end is this user's, in both ways of asking."""
    with socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert users.user_of(accepted) == os.geteuid()
            assert list(_listed(Peer.of(accepted))) == [os.geteuid()]


def test_a_closed_connection_has_no_user(listener: socket.socket, users: Users) -> None:
    """A socket that its process has closed is not root's, as the kernel calls it."""
    client = socket.create_connection(listener.getsockname()[:2])
    accepted, _ = listener.accept()
    client.close()
    with accepted:
        assert users.user_of(accepted) is None
        assert list(_listed(Peer.of(accepted))) == []


@as_root
@pytest.mark.parametrize("http", [True, False])
def test_other_users_are_not_let_in(folder: Path, http: bool) -> None:
    """A connection of another user of this machine is closed before a byte of it is read."""
    path = folder / "program"
    with raw_program(path, echo), front(folder, http=http) as running:
        running.aim(path)
        assert as_other(running.port) == ""
        assert until(lambda: running.order("status")["refused"] == 1)
        assert running.order("status")["connections"] == 0


@as_root
def test_other_users_are_let_in_where_no_user_is_asked_for(folder: Path) -> None:
    """The test's other user does reach a front that asks for a token instead."""
    with front(folder, admit="token") as running:
        assert as_other(running.port).startswith("HTTP/1.1 4")
