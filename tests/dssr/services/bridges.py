"""The services of a bridge: over services of this machine, with real fronts."""

from collections.abc import Callable

from dssr.services.bridge_services import BridgeServices
from tests.dssr.services.front.running import until
from tests.end_to_end.interactive import Browser

Begin = Callable[[], BridgeServices]
DEMO = {"name": "demo", "script": "serve", "health": "/whoami"}


def served(services: BridgeServices, name: str = "demo", owner: str = "") -> Browser:
    """A browser at the service's address, once there is one."""
    assert until(lambda: bool(services.get(name, owner).addresses))
    return Browser(services.get(name, owner).addresses["browser_url"])
