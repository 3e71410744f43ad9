"""What a host says before anybody has looked who it is."""

import paramiko
import pytest

from connectors.transports.ssh import handshake


@pytest.mark.parametrize("words", ["\x1b[2J", "a\nERROR forged", "\u202eb", "\x00\x9b31m"])
def test_a_hosts_words_move_no_cursor_and_forge_no_line(words: str) -> None:
    """They stand in errors and in the log; and they are never long."""
    shown = handshake.printable(words + "x" * 5000)
    assert shown.isprintable()
    assert len(shown) <= 300


def test_an_error_shows_them_so() -> None:
    """Whatever the peer has sent instead of a greeting."""

    class Place:
        place, port = "the login node", 22

    where: object = Place()
    error = handshake.broken(where, paramiko.SSHException("Invalid\x1b[2J\nERROR forged"))  # type: ignore[arg-type]
    assert error.message.isprintable()
    assert "Invalid?[2J?ERROR forged" in error.message
