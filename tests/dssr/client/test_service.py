"""A service's handle, on the real cluster."""

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dssr.client.errors import WaitTimeout
from dssr.client.own_services import OwnServices
from dssr.client.service import Service, ServiceEnded
from dssr.client.target import Target
from dssr.seams.services import FrontUse, Place, ServiceView
from tests.cluster import Cluster
from tests.dssr.client.conftest import environ_of
from tests.end_to_end.laptop import get
from tests.end_to_end.service import eventually
from tests.end_to_end.web_service import PROGRAM

MEMBERS = {"script": PROGRAM, "walltime": 600, "heartbeat": 2}


class Machine:
    """One machine with several programs, which counts the looks at the cluster."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        environ = environ_of(home) | cluster.settings() | {"TMPDIR": str(home)}
        environ["JARVICE_BAREMETAL_EXECUTOR"] = "native"
        self.own = OwnServices(Target(cluster=cluster.address), environ)
        self.looks = 0
        self._view, self._lock = self.own.uses.services.view, threading.Lock()
        setattr(self.own.uses.services, "view", self._counted)  # noqa: B010

    def _counted(self, place: Place, use: FrontUse | None = None) -> ServiceView:
        with self._lock:
            self.looks += 1
        return self._view(place, use)


@pytest.fixture
def machine(cluster: Cluster) -> Iterator[Machine]:
    """A machine with a home directory whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="dssr-") as home:
        made = Machine(cluster, Path(home))
        yield made
        for name in made.own.fronts.names():
            if front := made.own.fronts.running(name):
                made.own.fronts.stop(front)
        made.own.close()


def test_any_number_of_programs_cost_one_look_a_minute(machine: Machine) -> None:
    """While all is well, five programs that lead to a service look at the cluster no more than one
    does, which is once a minute; when the one that keeps the front ends, another one does."""
    machine.own.up({"name": "looked", **MEMBERS})
    keeper = Service(machine.own, "looked")
    eventually(lambda: machine.own.fronts.keeper("looked"))
    others = [Service(machine.own, "looked") for _ in range(4)]
    services = [keeper, *others]
    for service in services:
        service.wait_ready(120)
    assert len({service.url for service in services}) == 1
    before = machine.looks
    time.sleep(8)
    assert machine.looks - before <= 1
    assert keeper.leave()
    assert eventually(lambda: machine.own.fronts.keeper("looked"))
    assert get(others[0].url)[0] == 200
    others[0].stop()
    for service in others[1:]:
        eventually(lambda service=service: _is_ended(service), patience=240)  # type: ignore[misc]
        service.close()


def _is_ended(service: Service) -> bool:
    try:
        service.check()
    except ServiceEnded:
        return True
    return False


class Broken:
    """What leads to services, with an unexpected fault."""

    def __init__(self) -> None:
        self.uses = self.fronts = self
        self.services: object = None
        self.mark = ""

    def place(self, name: str, _directory: str) -> Place:
        """The service's."""
        return Place(name)

    def nudged(self, _name: str) -> float:
        """Never."""
        return 0.0

    def keep(self, _name: str) -> None:
        """The fault."""
        raise OSError(24, "Too many open files")


def test_a_wait_ends_with_an_unexpected_fault() -> None:
    """A fault of the thread that keeps the front reaches the one who waits."""
    broken: Any = Broken()
    with pytest.raises(OSError, match="Too many open files"):
        Service(broken, "demo").wait_ready(20)


def test_a_wait_may_end_before_the_service_is_ready(machine: Machine) -> None:
    """A wait with a time ends by then, and the service goes on to start."""
    machine.own.up({"name": "patient", **MEMBERS, "environment": (("MODE", "late"),)})
    with Service(machine.own, "patient") as service:
        with pytest.raises(WaitTimeout, match=r"not ready within 0\.1 seconds"):
            service.wait_ready(0.1)
        assert service.wait_ready(120).status()["state"] == "ready"
        service.stop(purge=True)
    assert machine.own.memory.names() == []
