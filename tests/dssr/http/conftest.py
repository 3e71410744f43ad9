"""What the tests of connections share."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.dssr.http.raw import Connect, port


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open a connection, which is closed after the test. ``source``: its own address."""
    with contextlib.ExitStack() as opened:

        def begin(served: Any, source: str = "127.0.0.1") -> socket.socket:
            address = ("127.0.0.1", port(served))
            return opened.enter_context(
                socket.create_connection(address, timeout=30, source_address=(source, 0))
            )

        yield begin
