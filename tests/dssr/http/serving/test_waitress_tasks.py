"""Responses without a body keep the connection."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from flask import Response

from dssr.access.scopes import Scope
from dssr.http.call import Api, Calls, Needs
from dssr.http.errors import plain_text
from dssr.settings import Settings


@pytest.fixture
def bare(serve: Callable[..., Any]) -> Any:
    """A bridge with a call that answers 304."""
    calls = Calls(Api("bare", plain_text, prefix="/bare"))

    @calls.get("/304", Needs(scope=Scope.NONE))
    def not_modified() -> Response:
        return Response(status=304)

    return serve(Settings(), calls)


def asked(connection: socket.socket, *headers: str) -> str:
    lines = ["GET /bare/304 HTTP/1.1", "Host: localhost", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection.recv(4096).decode()


def test_a_connection_stays_open_after_304(bare: Any, connect: Any) -> None:
    """A client that polls asks again on the same connection."""
    connection = connect(bare)
    for _ in range(3):
        answer = asked(connection)
        assert answer.startswith("HTTP/1.1 304 ")
        assert "close" not in answer
        assert answer.endswith("\r\n\r\n")


def test_a_connection_is_closed_where_the_client_asks_for_it(bare: Any, connect: Any) -> None:
    """Connection: close is obeyed."""
    connection = connect(bare)
    assert "Connection: close" in asked(connection, "Connection: close")
    assert connection.recv(10) == b""
