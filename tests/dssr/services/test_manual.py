"""How a person reaches a service with ssh alone. (tests/end_to_end pastes what is printed.)"""

import pytest

from dssr.seams.services import Address, Exposure
from dssr.services.manual import manual

SETTINGS = {"hosts": ["login1", "login2"], "user": "ada", "jump": "gate", "port": 2222}


@pytest.mark.parametrize(
    ("path", "secret", "url"),
    [
        ("/app", "s3cret", "http://demo.localhost:8000/app?dssr=s3cret"),
        ("/app?a=b", "s3cret", "http://demo.localhost:8000/app?a=b&dssr=s3cret"),
        ("/", "", "http://demo.localhost:8000/"),
    ],
)
def test_the_ways_lead_to_the_job(path: str, secret: str, url: str) -> None:
    """Block and line name the login node, the user, the port and the jump host of the settings; the
    address has the secret of the relay, where there is one."""
    address = Address("7", "node1", 5001, 0, Exposure.NONE, secret)
    found = manual("demo", path, address, SETTINGS, 8000)
    assert found.command == "ssh -N -L 8000:node1:5001 -J gate -p 2222 -l ada login1"
    assert "    LocalForward 8000 node1:5001" in found.configuration.splitlines()
    assert found.url == url
    assert "'ssh -N dssr-demo'" in found.text


def test_a_login_node_with_a_port_of_its_own() -> None:
    """A login node that is written with its port keeps it."""
    address = Address("7", "node1", 5001, 0, Exposure.NONE)
    found = manual("demo", "/", address, {"hosts": ["ssh://login:2200"]}, 8000)
    assert found.command == "ssh -N -L 8000:node1:5001 -p 2200 login"
