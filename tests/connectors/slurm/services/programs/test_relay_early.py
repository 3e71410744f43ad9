"""The relay of a service's job: one side ends before the other has sent everything."""

import contextlib

import pytest

from tests.connectors.slurm.services.programs.relays import Relay


def test_an_early_answer_is_passed_on(relay: Relay) -> None:
    """A program that answers and closes in the middle of an upload is heard."""
    client = relay.connect()
    program = relay.accept()
    client.sendall(bytes(1 << 16))
    program.sendall(b"413")
    program.close()
    with contextlib.suppress(OSError):
        for _ in range(64):
            client.sendall(bytes(1 << 16))
    assert client.recv(100) == b"413"
    assert client.recv(100) == b""


def test_a_client_that_leaves_a_stream_ends_it(relay: Relay) -> None:
    """A program that sends without end to a client that has gone finds its connection broken."""
    client = relay.connect()
    program = relay.accept()
    client.close()
    with pytest.raises(OSError):  # noqa: PT011 (which one depends on the moment)
        program.sendall(bytes(64 << 20))
