"""A person who calls by the API for people; results are fetched by the legacy one, too."""

from dataclasses import replace
from typing import Any

import requests

from dssr.http.checks.gate import UNRESTRICTED
from dssr.jobs.request import JobRequest, Origin, spec_of
from tests.end_to_end.service import Job
from tests.faults.upstream import A_LITTLE, ANSWER, Task, Upstream, checked


class Person(Upstream):
    """Submits with one key for each task, so that a repeated request is the same job."""

    READS = ("GET ", "GET /why")
    KEPT = ("GET /output", "GET /output?tail=5", "GET /script", "GET /files")
    ORDERS = ("DELETE ", "POST /release")

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """A call below the API's prefix."""
        url = f"{self.url}/api/v1{path}"
        return checked(requests.request(method, url, timeout=ANSWER + A_LITTLE, **more))

    def ask(self, call: str, job: Job) -> requests.Response:
        """See ``Upstream``."""
        method, _, rest = call.partition(" ")
        return self.call(method, f"/jobs/{job.jobid}{rest}")

    def is_away(self) -> bool:
        """See ``Upstream``: ``/cluster`` says so, and answers all the same."""
        shown = self.call("GET", "/cluster")
        assert shown.status_code == 200, shown.text
        is_known = not shown.json()["reachable"] and bool(shown.json()["problem"])
        return super().is_away() and is_known

    def listed(self, job: Job) -> bool | None:
        """See ``Upstream``: whether the job is active."""
        answer = self.call("GET", f"/jobs?state=active&name={job.name}")
        if answer.status_code == 503:
            return None
        return job.jobid in [each["native_id"] for each in answer.json()["items"]]

    def try_submit(
        self, text: str, name: str = "job", number: int | None = None, *_: Any, **more: Any
    ) -> requests.Response:
        """Submit a script; any response will do."""
        asked = {"script": text, "name": name} | more
        headers = {"Idempotency-Key": f"{name}-{number}"}
        return self.call("POST", "/jobs", json=asked, headers=headers)

    def accepted(self, task: Task, answer: requests.Response) -> Job:
        """See ``Upstream``."""
        assert answer.status_code == 201, answer.text
        job = answer.json()
        return Job(job["name"], job["number"], job["native_id"], "")

    def as_kept(self, task: Task) -> Task:
        """See ``Upstream``: the number is made of the key."""
        key = f"{task.name}-{task.number}"
        origin = Origin(caller=f"{UNRESTRICTED.by}/{UNRESTRICTED.name}", key=key)
        return replace(task, number=spec_of(JobRequest(script=task.text), origin).number)

    def output_of(self, task: Task) -> str:
        """See ``Upstream``: the exit code says how the task ended."""
        return task.output
