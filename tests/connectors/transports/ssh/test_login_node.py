"""How a login node's connection is made anew, where the bridge's own system fails: with a real server on loopback."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.transports.budget import Budget
from connectors.transports.counters import UsageCounter
from connectors.transports.framing import frame
from connectors.transports.ssh import Login
from connectors.transports.ssh.connection import Connection, ConnectionLost
from connectors.transports.ssh.login_node import LoginNode
from connectors.transports.ssh.remote_shell import Request
from dssr.errors import CommandTimeout, ConnectFailed, TransportError
from tests.connectors.transports.ssh.impostor import Impostor

SOON = 30.0  # seconds; no test waits for it to pass


@pytest.fixture
def node(welcomed: Login) -> Iterator[LoginNode]:
    """A login node whose server lets all in, and never answers a command."""
    made = LoginNode(welcomed, b"", SOON, Budget(30, time.monotonic), UsageCounter())
    yield made
    made.close()


def ask(node: LoginNode, seconds: float = 0.5) -> TransportError:
    """With what a command ends there."""
    until = time.monotonic() + seconds
    with pytest.raises(TransportError) as raised:
        node.ask(Request(frame(["true"], None), until, until))
    return raised.value


def threadless(patch: pytest.MonkeyPatch) -> None:
    """From now on the system gives no thread."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    patch.setattr(threading.Thread, "start", start)


def until_commands_arrive(node: LoginNode, impostor: Impostor) -> bool:
    """Whether they do in time."""
    until = time.monotonic() + SOON
    while "channel session" not in impostor.told and time.monotonic() < until:
        ask(node)
    return "channel session" in impostor.told


def test_the_next_caller_tries_again(
    node: LoginNode, impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each caller is told at once while there is no thread, and the first who can have one connects."""
    with monkeypatch.context() as patch:
        threadless(patch)
        for _ in range(3):
            error = ask(node, SOON)
            assert isinstance(error, ConnectFailed)
            assert "no further thread (can't start new thread)" in error.message
    assert impostor.visits == 0
    assert until_commands_arrive(node, impostor)


def test_a_caller_whose_connection_died_is_told_that(
    node: LoginNode, impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whether his command ran: that no thread could be had for a new connection does not make it unsent."""
    assert until_commands_arrive(node, impostor)

    def die(connection: Connection, request: Request) -> None:
        raise ConnectionLost("It does not answer any more.")

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "ask", die)
        patch.setattr(Connection, "usable", True)
        threadless(patch)
        assert isinstance(ask(node), ConnectionLost)
    impostor.told.clear()
    assert until_commands_arrive(node, impostor)


def test_what_is_said_of_an_old_connection_is_no_news(
    node: LoginNode, impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has waited on it for long, and meanwhile there is a new one: that one is not given up."""
    assert until_commands_arrive(node, impostor)
    ask_it = Connection.ask

    def die_late(connection: Connection, request: Request) -> None:
        connection.close()
        monkeypatch.setattr(Connection, "ask", ask_it)
        impostor.told.clear()
        assert until_commands_arrive(node, impostor)
        raise ConnectionLost("It does not answer any more.")

    monkeypatch.setattr(Connection, "ask", die_late)
    assert isinstance(ask(node, SOON), ConnectionLost)
    assert not node.recently_silent
    assert isinstance(ask(node), CommandTimeout), "it was sent"


class TestAHostOutOfReach:
    """How soon it is tried again. The budget is one of six handshakes a minute, and one."""

    def pause(self, login: Login) -> int:
        """Seconds until the next attempt, as the first caller is told."""
        node = LoginNode(login, b"", SOON, Budget(7, time.monotonic), UsageCounter())
        try:
            error = ask(node, SOON)
        finally:
            node.close()
        assert isinstance(error, ConnectFailed)
        return error.retry_after

    def test_who_met_nobody_tries_at_once(self, welcomed: Login) -> None:
        """A refused connection costs no handshake."""
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        assert self.pause(replace(welcomed, port=port)) == 1

    def test_handshakes_are_spaced(self, welcomed: Login) -> None:
        """Whoever takes connections and drops them is asked as often as the budget allows for ever."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
            assert self.pause(replace(welcomed, port=server.getsockname()[1])) > 5

    def test_those_with_a_jump_host_are_too(self, welcomed: Login) -> None:
        """It is there, and has no way to the login node."""
        jump = replace(welcomed, is_jump=True)
        assert self.pause(replace(welcomed, port=1, jumps=(jump,))) > 5
