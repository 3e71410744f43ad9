"""A login node's connection and its replacement, against a server on loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.transports.budget import Budget
from connectors.transports.connection import Connection
from connectors.transports.counters import UsageCounter
from connectors.transports.framing import frame
from connectors.transports.login_node import LoginNode
from connectors.transports.request import ConnectionLost, Request
from connectors.transports.ssh import Login
from connectors.transports.ssh.way import ParamikoWay
from dssr.errors import CommandTimeout, ConnectFailed, TransportError
from tests.connectors.transports.ssh.impostor import Impostor

SOON = 30.0  # seconds; no test waits for it to pass


def to(login: Login, handshakes: int) -> LoginNode:
    """The login node there. ``handshakes``: those that its budget allows, a minute."""
    budget = Budget(handshakes, time.monotonic)
    return LoginNode(ParamikoWay(login, b"", SOON, budget, UsageCounter()))


@pytest.fixture
def node(welcomed: Login) -> Iterator[LoginNode]:
    """A login node whose server accepts every login and answers no command."""
    made = to(welcomed, 30)
    yield made
    made.close()


def ask(node: LoginNode, seconds: float = 0.5) -> TransportError:
    """The error with which a command ends there."""
    until = time.monotonic() + seconds
    with pytest.raises(TransportError) as raised:
        node.ask(Request(frame(["true"], None), until, until))
    return raised.value


def threadless(patch: pytest.MonkeyPatch) -> None:
    """Let the system give no further thread."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    patch.setattr(threading.Thread, "start", start)


def until_commands_arrive(node: LoginNode, impostor: Impostor) -> bool:
    """Whether a command arrives in time."""
    until = time.monotonic() + SOON
    while "channel session" not in impostor.received and time.monotonic() < until:
        ask(node)
    return "channel session" in impostor.received


def test_the_next_caller_tries_again(
    node: LoginNode, impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a thread each caller gets an error at once, and the first that gets one connects."""
    with monkeypatch.context() as patch:
        threadless(patch)
        for _ in range(3):
            error = ask(node, SOON)
            assert isinstance(error, ConnectFailed)
            assert "no further thread (can't start new thread)" in error.message
    assert impostor.visits == 0
    assert until_commands_arrive(node, impostor)


def test_a_lost_connection_is_reported_as_such(
    node: LoginNode, impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost connection is ``ConnectionLost``, although no thread is left for a new one."""
    assert until_commands_arrive(node, impostor)

    def die(connection: Connection, request: Request) -> None:
        raise ConnectionLost("It does not answer any more.")

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "ask", die)
        patch.setattr(Connection, "usable", True)
        threadless(patch)
        assert isinstance(ask(node), ConnectionLost)
    impostor.received.clear()
    assert until_commands_arrive(node, impostor)


def test_a_timeout_on_an_old_connection_spares_the_new_one(
    node: LoginNode, impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timeout on an old connection does not end the one that was made meanwhile."""
    assert until_commands_arrive(node, impostor)
    ask_it = Connection.ask

    def die_late(connection: Connection, request: Request) -> None:
        connection.close()
        monkeypatch.setattr(Connection, "ask", ask_it)
        impostor.received.clear()
        assert until_commands_arrive(node, impostor)
        raise ConnectionLost("It does not answer any more.")

    monkeypatch.setattr(Connection, "ask", die_late)
    assert isinstance(ask(node, SOON), ConnectionLost)
    assert not node.recently_silent
    assert isinstance(ask(node), CommandTimeout), "it was sent"


class TestAHostOutOfReach:
    """How soon an unreachable host is tried again, with a budget of seven handshakes a minute."""

    def pause(self, login: Login) -> int:
        """Seconds until the next attempt, from the first caller's error."""
        node = to(login, 7)
        try:
            error = ask(node, SOON)
        finally:
            node.close()
        assert isinstance(error, ConnectFailed)
        return error.retry_after

    def test_a_refused_connection_is_tried_at_once(self, welcomed: Login) -> None:
        """A refused connection costs no handshake, so the next attempt follows after a second."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        assert self.pause(replace(welcomed, port=port)) == 1

    def test_handshakes_are_spaced(self, welcomed: Login) -> None:
        """A host that drops each connection is tried as often as the budget allows for ever."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
            assert self.pause(replace(welcomed, port=server.getsockname()[1])) > 5

    def test_those_with_a_jump_host_are_too(self, welcomed: Login) -> None:
        """Attempts that fail behind a jump host are spaced too."""
        jump = replace(welcomed, is_jump=True)
        assert self.pause(replace(welcomed, port=1, jumps=(jump,))) > 5
