"""The connection until the host's key is verified."""

import socket
from dataclasses import replace

import paramiko
import pytest

from connectors.transports.ssh import Login, handshake
from dssr.errors import ConnectFailed


def test_an_error_shows_a_hosts_words_printable(welcomed: Login) -> None:
    """A greeting with control characters appears in the error without them."""
    cause = paramiko.SSHException("Invalid\x1b[2J\nERROR forged")
    error = handshake.connection_ended(welcomed, cause)
    assert error.message.isprintable()
    assert "Invalid?[2J?ERROR forged" in error.message


def test_a_host_is_connected_to_while_no_name_can_be_resolved(
    welcomed: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While no name can be resolved, a known host is connected to and an unknown one is an
    error."""
    login = replace(welcomed, host="localhost")
    handshake.connect(login).close()

    def fail(*words: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    handshake.connect(login).close()
    with pytest.raises(
        ConnectFailed,
        match=r"Cannot connect to other port .*: Temporary failure in name resolution",
    ):
        handshake.connect(replace(login, host="other"))


def test_a_connection_sends_what_it_has_at_once(welcomed: Login) -> None:
    """A connection has TCP_NODELAY (tcp(7)): otherwise each command waits 40 ms for an ACK."""
    with handshake.connect(welcomed) as stream:
        assert isinstance(stream, socket.socket)
        assert stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
