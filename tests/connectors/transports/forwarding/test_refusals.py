"""What ``ssh`` says."""

import pytest

from connectors.transports.backoff import ClosedDuringLogin
from connectors.transports.forwarding.refusals import login_error, refusal
from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("jarvice@login: Permission denied (publickey).", LoginRefused),
        ("@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", HostKeyChanged),
        ("No ED25519 host key is known for login and you have requested strict", HostKeyRefused),
        ("Host key verification failed.", HostKeyRefused),
        ("ssh: Could not resolve hostname lgoin: Name or service not known", ConnectFailed),
        ("ssh: connect to host login port 22: Connection refused", ConnectFailed),
        ("ssh: connect to host login port 22: Connection timed out", ConnectFailed),
        ("kex_exchange_identification: Connection closed by remote host", ClosedDuringLogin),
        ("Connection reset by 10.0.0.1 port 22", ClosedDuringLogin),
        ("something that no version says yet", ConnectFailed),
    ],
)
def test_a_login_that_fails_is_what_it_is(said: str, kind: type[TransportError]) -> None:
    """Each way in which ssh fails to log in is an error of its own, with ssh's words."""
    error = login_error("login", [said])
    assert type(error) is kind
    assert error.message.startswith(("login ", "ssh to login "))
    assert said.split()[-1].rstrip("@") in error.message


def test_a_connection_that_the_site_forbids_is_called_forbidden() -> None:
    """What the login node prohibits is not what a program refuses."""
    said = "channel 3: open failed: administratively prohibited: open failed"
    assert refusal(said, "login").startswith("Forwarding is forbidden: login does not let")
    said = "channel 2: open failed: connect failed: Connection refused"
    assert refusal(said, "login") == "login cannot connect there: Connection refused."
    said = "channel 2: open failed: resource shortage: Connection refused"
    assert refusal(said, "login").startswith("login does not open a connection there: resource")
    assert refusal("Warning: Permanently added 'login'", "login") == ""
