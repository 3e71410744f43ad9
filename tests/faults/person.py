"""A person who submits by the API for people; all else is an upstream's."""

from dataclasses import replace
from typing import Any

import requests

from dssr.http.checks.gate import UNRESTRICTED
from dssr.jobs.request import JobRequest, Origin, spec_of
from tests.end_to_end.service import Job
from tests.faults.upstream import A_LITTLE, ANSWER, Task, Upstream, checked


class Person(Upstream):
    """Submits with one key for each task, so that a repeated request is the same job."""

    def try_submit(
        self, text: str, name: str = "job", number: int | None = None, *_: Any, **more: Any
    ) -> requests.Response:
        """Submit a script; any response will do."""
        url, key = f"{self.url}/api/v1/jobs", f"{name}-{number}"
        asked = {"script": text, "name": name} | more
        headers = {"Idempotency-Key": key}
        return checked(requests.post(url, json=asked, headers=headers, timeout=ANSWER + A_LITTLE))

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
