"""The faults that strike during a soak, one after the other."""

import contextlib
import itertools
import signal
import threading
import time
from collections.abc import Callable, Sequence

import requests

from tests.cluster import Cluster
from tests.end_to_end.service import Service

Fault = Callable[[Cluster, Service], None]


def sshd_killed(cluster: Cluster, _: Service) -> None:
    """sshd and its sessions are killed; sshd starts again after three seconds."""
    cluster.stop("login", "sshd")
    time.sleep(3)
    cluster.start("login", "sshd")


def cable_out(cluster: Cluster, _: Service) -> None:
    """All packets to the login node are lost for five seconds."""
    cluster.link("login", False)
    time.sleep(5)
    cluster.link("login", True)


def controller_paused(cluster: Cluster, _: Service) -> None:
    """The controller keeps its connections open and sends nothing for six seconds."""
    cluster.pause("login", "slurmctld")
    time.sleep(6)
    cluster.resume("login", "slurmctld")


def controller_stopped(cluster: Cluster, _: Service) -> None:
    """The controller saves its state, and starts from it six seconds later."""
    _without_controller(cluster, signal.SIGTERM)


def controller_killed(cluster: Cluster, _: Service) -> None:
    """The controller is killed: Slurm itself then loses the latest jobs, reuses their ids, holds
    jobs and drains nodes.

    This is not one of ``ALL``, because the bridge's mistakes cannot be distinguished from Slurm's
    then.
    """
    _without_controller(cluster, signal.SIGKILL)
    cluster.run("login", ["scontrol", "update", "nodename=ALL", "state=resume"])


def _without_controller(cluster: Cluster, how: signal.Signals) -> None:
    cluster.stop("login", "slurmctld", how)
    time.sleep(6)
    cluster.start("login", "slurmctld")


def bridge_killed(_: Cluster, service: Service) -> None:
    """The bridge is killed and started again at once, as systemd would do it."""
    service.kill()
    service.start()


def accounting_down(cluster: Cluster, _: Service) -> None:
    """The accounting daemon is down for fifteen seconds."""
    cluster.stop("login", "slurmdbd")
    time.sleep(15)
    cluster.start("login", "slurmdbd")


ALL: tuple[Fault, ...] = (
    sshd_killed,
    bridge_killed,
    cable_out,
    controller_paused,
    accounting_down,
    controller_stopped,
)
SHORT: tuple[Fault, ...] = (sshd_killed, bridge_killed, cable_out, controller_paused)


class Schedule:
    """A fault strikes every so many seconds until the block ends. Each fault repairs what it
    broke."""

    def __init__(
        self, cluster: Cluster, service: Service, faults: Sequence[Fault], every: float
    ) -> None:
        self._cluster, self._service, self._faults, self._every = cluster, service, faults, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._strike, daemon=True)
        self._error: BaseException | None = None
        self.done: list[str] = []
        self.slowest = 0.0  # seconds from a fault's end to the first right response, at most

    def __enter__(self) -> "Schedule":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(120)
        assert self._error is None, self._error

    def stop(self) -> None:
        """The fault that strikes now is the last one."""
        self._ended.set()

    def _strike(self) -> None:
        due = time.monotonic()
        try:
            for fault in itertools.cycle(self._faults):
                due = max(due + self._every, time.monotonic())
                if self._ended.wait(due - time.monotonic()):
                    return
                fault(self._cluster, self._service)
                self.done.append(fault.__name__)
                self.slowest = max(self.slowest, _seconds_to_recovery(self._service))
        except BaseException as error:
            self._error = error


def _seconds_to_recovery(service: Service) -> float:
    """How long the bridge takes to return a list again; a minute at most."""
    began = time.monotonic()
    while (took := time.monotonic() - began) < 60:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{service.url}/running", timeout=30).status_code == 200:
                break
        time.sleep(0.25)
    return took
