"""A person who calls a bridge by the API for people."""

from typing import Any

import requests

from tests.end_to_end.service import Service, eventually

FINAL = 120.0  # seconds until a short job has ended on a busy machine


class Person:
    """Calls a bridge with JSON."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Any call below the API's prefix."""
        url = f"{self._service.url}/api/v1{path}"
        return requests.request(method, url, timeout=60, **more)

    def submit(self, script: str, key: str = "", **asked: Any) -> dict[str, Any]:
        """Submit a job; the bridge must accept it."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.call("POST", "/jobs", json={"script": script} | asked, headers=headers)
        assert answer.status_code == 201, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def job(self, id: str) -> dict[str, Any]:
        """The job as it is."""
        answer = self.call("GET", f"/jobs/{id}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def end_of(self, id: str) -> dict[str, Any]:
        """Wait for the job's end."""
        return eventually(lambda: self.job(id), lambda job: job["is_final"], FINAL)

    def output(self, id: str, **headers: str) -> bytes:
        """What the job has printed."""
        return self.call("GET", f"/jobs/{id}/output", headers=headers).content
