"""A bridge over the local connector, with a job whose files a test makes."""

import threading
import time
from pathlib import Path
from typing import Any

import requests

from connectors.local.connector import LocalConnector
from connectors.local.settings import LocalSettings
from dssr.bridge import Bridge
from dssr.http.app import create_app
from dssr.http.serving.server import Server
from dssr.settings.validation import completed
from executors.native import Native


class ServedFiles:
    """A bridge that listens, and a job of it that has ended. ``directory``: the job's own."""

    def __init__(self, place: Path, token: str = "", **settings: Any) -> None:
        """``token``: of the caller, where the bridge asks for one."""
        self.token = token
        given: dict[str, Any] = {
            "port": 0,
            "executor": "native",
            "connector": "local",
            "state_dir": f"{place}/state/",
            "scratch_dir": f"{place}/scratch/",
        }
        (place / "scratch").mkdir()
        self.settings = completed(LocalSettings(**given | settings))
        self.connector = LocalConnector(self.settings)
        self.bridge = Bridge(self.connector, Native(), self.settings)
        self.server = Server(create_app(self.bridge, self.settings), self.settings)
        self.root = self.server.addresses[0]
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()
        self.job = self._ended_job()
        self.url = f"{self.root}/api/v1/jobs/{self.job['id']}"
        self.directory = Path(self.job["working_directory"])

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request to a call of the job."""
        return self._send(method, self.url + path, **more)

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.call("GET", path, headers={n.replace("_", "-"): v for n, v in headers.items()})

    def put(self, path: str, data: bytes, **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("PUT", f"/files/{path}", data=data, headers=named)

    def stop(self) -> None:
        self.server.stop()
        self._thread.join(10)

    def _send(self, method: str, url: str, **more: Any) -> requests.Response:
        login = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        more["headers"] = login | more.get("headers", {})
        return requests.request(method, url, timeout=30, **more)

    def _ended_job(self) -> dict[str, Any]:
        answer = self._send("POST", f"{self.root}/api/v1/jobs", json={"script": "true\n"})
        job: dict[str, Any] = answer.json()
        until = time.monotonic() + 30
        while not job["is_final"] and time.monotonic() < until:
            time.sleep(0.1)
            job = self._send("GET", f"{self.root}/api/v1/jobs/{job['id']}").json()
        return job
