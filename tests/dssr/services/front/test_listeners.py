"""The listening sockets of a front."""

import errno
import socket
from contextlib import ExitStack

import pytest

from dssr.errors import SettingsError
from dssr.services.front.listeners import listen

BOTH = ("127.0.0.1", "::1")


def test_one_port_of_both_addresses() -> None:
    """A front listens on the same port of both loopback addresses."""
    with ExitStack() as opened:
        found = [opened.enter_context(one) for one in listen(BOTH, 0, 20)]
        assert {one.getsockname()[0] for one in found} == set(BOTH)
        assert len({one.getsockname()[1] for one in found}) == 1


@pytest.mark.parametrize("address", BOTH)
def test_a_port_of_another_program_is_left_alone(address: str) -> None:
    """A port that is taken on one of the addresses is used on neither: the next one is."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with ExitStack() as opened:
        taken = opened.enter_context(socket.create_server((address, 0), family=family))
        port = taken.getsockname()[1]
        found = [opened.enter_context(one) for one in listen(BOTH, port, 20)]
        assert port < found[0].getsockname()[1] < port + 20
        with pytest.raises(SettingsError, match=f"ports {port} to {port} all belong to other"):
            listen(BOTH, port, 1)


def test_an_address_that_is_missing_is_left_out() -> None:
    """A machine without one of the addresses has a front on the other; without both, none."""
    [found] = listen(("192.0.2.1", "127.0.0.1"), 0, 1)
    found.close()
    with pytest.raises(OSError, match=r"192\.0\.2\.1") as raised:
        listen(("192.0.2.1",), 0, 1)
    assert raised.value.errno == errno.EADDRNOTAVAIL
