"""Why a login node did not connect."""

from connectors.transports.forwarding.refusals import refusal


def test_a_connection_that_the_site_forbids_is_called_forbidden() -> None:
    """What the login node prohibits is not what a program refuses."""
    said = "channel 3: open failed: administratively prohibited: open failed"
    assert refusal(said, "login").startswith("Forwarding is forbidden: login does not let")
    said = "channel 2: open failed: connect failed: Connection refused"
    assert refusal(said, "login") == "login cannot connect there: Connection refused."
    said = "channel 2: open failed: resource shortage: Connection refused"
    assert refusal(said, "login").startswith("login does not open a connection there: resource")
    assert refusal("Warning: Permanently added 'login'", "login") == ""
