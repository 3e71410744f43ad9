"""Views of services, for the tests of what is read from them."""

from typing import Any

from dssr.job import JobState
from dssr.seams.services import Address, Exposure, Generation, Heartbeat, ServiceView
from dssr.service import ServiceSpec

NOW = 10_000.0


def heartbeat(**changes: Any) -> Heartbeat:
    """Of a job that is well, and ends in an hour."""
    usual: dict[str, Any] = {
        "at": NOW,
        "health": "ready",
        "status": "200",
        "ends": NOW + 3600,
        "lead": 60,
        "due": NOW + 3540,
        "successor": "8",
        "successor_state": JobState.PENDING,
        "failures": 0,
        "connections": 0,
    }
    return Heartbeat(**{**usual, **changes})


def generation(number: int, **changes: Any) -> Generation:
    """One that serves."""
    address = Address(str(number), "node1", 5000 + number, NOW, Exposure.NONE, "secret")
    usual: dict[str, Any] = {
        "user": "ada",
        "job": str(number),
        "asked": NOW - 10,
        "began": True,
        "took": 2,
        "address": address,
        "heartbeat": heartbeat(),
        "listed": JobState.RUNNING,
        "nodes": ("node1",),
        "events": ((NOW - 5, f"job {number} began on node1"),),
    }
    return Generation(number, **{**usual, **changes})


def waiting(number: int, **changes: Any) -> Generation:
    """One whose job is in the queue."""
    usual: dict[str, Any] = {
        "began": False,
        "took": None,
        "address": None,
        "heartbeat": None,
        "listed": JobState.PENDING,
        "nodes": (),
        "events": (),
    }
    return generation(number, **{**usual, **changes})


def view(*generations: Generation, **members: Any) -> ServiceView:
    """A service with these generations, the newest first."""
    spec = ServiceSpec(**{"name": "demo", "script": "run", **members})
    return ServiceView("/home/ada/.dssr/services/demo", NOW, spec, "v1", generations)
