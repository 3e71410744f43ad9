"""``GET /events`` of bridges on one state directory: restarts, and two at the same time."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.local.connector import LocalConnector
from connectors.local.settings import LocalSettings
from dssr.bridge import Bridge
from dssr.http.app import create_app
from dssr.http.serving.server import Server
from dssr.settings.validation import completed
from executors.native import Native
from tests.dssr.http.v1.listening import Listener
from tests.end_to_end.service import eventually


class Replica:
    """A bridge on this machine's jobs."""

    def __init__(self, directory: Path) -> None:
        settings = completed(
            LocalSettings(
                port=0,
                executor="native",
                connector="local",
                snapshot_age=0.2,
                state_dir=f"{directory}/state/",
                scratch_dir=f"{directory}/",
            )
        )
        bridge = Bridge(LocalConnector(settings), Native(), settings)
        self._server = Server(create_app(bridge, settings), settings)
        self.url = f"{self._server.addresses[0]}/api/v1"
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def run_job(self, script: str = "exit 0") -> str:
        """Run a job to its end; returns its id."""
        answer = requests.post(f"{self.url}/jobs", json={"script": script}, timeout=30)
        job: dict[str, Any] = answer.json()
        assert answer.status_code == 201, job
        eventually(
            lambda: requests.get(f"{self.url}/jobs/{job['id']}", timeout=30).json()["is_final"]
        )
        return str(job["id"])

    def stop(self) -> None:
        """End the bridge; jobs go on."""
        self._server.stop()
        self._thread.join(10)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Replica]]:
    """Start a bridge; all of them share one state directory."""
    running: list[Replica] = []

    def begin() -> Replica:
        running.append(Replica(tmp_path))
        return running[-1]

    yield begin
    for one in running:
        one.stop()


def final(listener: Listener, count: int) -> list[tuple[str, str]]:
    """The next final states: the id of the event, the id of the job."""
    found: list[tuple[str, str]] = []
    while len(found) < count:
        event = listener.next()
        if event.data["job"]["is_final"]:
            found.append((event.id, event.data["job"]["id"]))
    return found


def test_a_restart_replays_the_same_final_states(start: Callable[[], Replica]) -> None:
    """A client that was cut off by the end of a bridge gets what it has not, once, and in order."""
    first = start()
    jobs = [first.run_job() for _ in range(3)]
    listener = Listener(f"{first.url}/events?after=0")
    before = final(listener, 2)
    first.stop()
    second = start()
    jobs.append(second.run_job("exit 3"))
    again = Listener(f"{second.url}/events", before[-1][0])
    after = final(again, 2)
    again.close()
    assert {job for _, job in before + after} == set(jobs)
    serials = [int(serial) for serial, _ in before + after]
    assert serials == sorted(set(serials))


def test_two_bridges_send_the_same_order(start: Callable[[], Replica]) -> None:
    """Final states have the same serial numbers and order at each replica, live and replayed."""
    here, there = start(), start()
    listeners = [Listener(f"{each.url}/events?after=0") for each in (here, there)]
    for listener in listeners:
        listener.begins()
    jobs = [(here, there)[number % 2].run_job() for number in range(4)]
    live = [final(listener, 4) for listener in listeners]
    replayed = final(Listener(f"{there.url}/events?after=0"), 4)
    for listener in listeners:
        listener.close()
    assert live == [replayed, replayed]
    assert {job for _, job in replayed} == set(jobs)
