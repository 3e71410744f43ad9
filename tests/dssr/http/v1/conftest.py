"""A bridge over the dummy connector, whose clock a test moves, served by a real server."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from connectors.dummy.connector import DummyConnector
from connectors.dummy.settings import DummySettings
from dssr.bridge import Bridge
from dssr.http.app import create_app
from dssr.http.serving.server import Server
from dssr.settings.validation import completed
from executors.native import Native
from tests.dssr.http.v1.served_files import ServedFiles

SCRIPT = "#!/bin/bash\necho hi\n"


class Served:
    """A bridge that listens. ``now``: the connector's clock."""

    def __init__(self, **settings: Any) -> None:
        self.now = 1_900_000_000.0
        self.owner_named: Callable[[str], str] = lambda _name: ""
        given: dict[str, Any] = {
            "port": 0,
            "executor": "native",
            "connector": "dummy",
            "dummy_failing": 0,
        }
        self.settings = completed(DummySettings(**given | {"snapshot_age": 0.0} | settings))
        self.connector = DummyConnector(self.settings, lambda: self.now)
        self.bridge = Bridge(
            self.connector,
            Native(),
            self.settings,
            owner_named=lambda name: self.owner_named(name),
        )
        self.app = create_app(self.bridge, self.settings)
        self._server = Server(self.app, self.settings)
        self.root = self._server.addresses[0]
        self.url = f"{self.root}/api/v1"
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request to a call of the API."""
        return requests.request(method, self.url + path, timeout=30, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.call("POST", path, **more)

    def submit(self, key: str = "", **asked: Any) -> dict[str, Any]:
        """Submit a job; returns it."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.post("/jobs", json={"script": SCRIPT} | asked, headers=headers)
        assert answer.status_code == 201, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(10)


@pytest.fixture
def serve_dummy() -> Iterator[Callable[..., Served]]:
    """Serve a bridge with settings of one's own, until the test is over."""
    running: list[Served] = []

    def start(**settings: Any) -> Served:
        running.append(Served(**settings))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def v1(serve_dummy: Callable[..., Served]) -> Served:
    """A bridge without restrictions: jobs wait for 5 s and run for 10 s."""
    return serve_dummy()


@pytest.fixture(scope="module")
def shared_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFiles]:
    """A bridge with a job that has files, for all tests of a file."""
    served = ServedFiles(tmp_path_factory.mktemp("files"))
    yield served
    served.stop()


@pytest.fixture
def files(shared_files: ServedFiles) -> ServedFiles:
    """The same with an empty directory."""
    for path in sorted(shared_files.directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return shared_files
