"""Upstreams that submit jobs, poll them and fetch their results; they repeat what fails, as the
real one does."""

import base64
import http.client
import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from tests.bench.soak_jobs import Job

_PAUSE = 1.0  # seconds between two rounds of a poller
_AGAIN = 503  # the bridge cannot know yet
_PATIENCE = 30.0  # seconds; three times the bridge's own


@dataclass
class Calls:
    """The calls to the bridge at a port of this machine, and what came back."""

    port: int
    answers: dict[int, int] = field(default_factory=dict)  # by status; 0: the connection failed
    slowest: float = 0.0  # seconds
    unexpected: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, path: str, args: dict[str, Any] | None = None) -> tuple[int, Any]:
        """The status and the body of the response; the status is 0 while the bridge is down."""
        began = time.monotonic()
        status, answer = self._ask(path, args)
        with self._lock:
            self.answers[status] = self.answers.get(status, 0) + 1
            self.slowest = max(self.slowest, time.monotonic() - began)
            if status not in (0, 200, _AGAIN):
                self.unexpected.append(f"{path}: {status} {str(answer)[:200]}")
        return status, answer

    def _ask(self, path: str, args: dict[str, Any] | None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            if args is None:
                connection.request("GET", path)
            else:
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                connection.request("POST", path, f"args={quote_plus(json.dumps(args))}", kind)
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if answer.status == 200 else body.decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()


class Upstreams:
    """Threads that take jobs from their submission to their result."""

    def __init__(
        self, calls: Calls, jobs: list[Job], seconds: float, submitters: int, pollers: int
    ) -> None:
        """``jobs`` are submitted evenly over ``seconds``."""
        self._calls, self._left = calls, len(jobs)
        self._lock = threading.Lock()
        self._submitted: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self.errors: list[BaseException] = []
        pause = seconds / len(jobs)
        works: list[Callable[[], None]] = [
            partial(self._submit_all, jobs[lane::submitters], pause * submitters, pause * lane)
            for lane in range(submitters)
        ]
        works += [self._poll_all] * pollers
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True) for work in works
        ]

    def run(self, patience: float) -> None:
        """Return when the end of every job is known, or after ``patience`` seconds."""
        until = time.monotonic() + patience
        for thread in self._threads:
            thread.start()
        while self._left and not self.errors and time.monotonic() < until:
            time.sleep(0.2)
        self._stopped.set()
        for thread in self._threads:
            thread.join(_PATIENCE)
        assert not self.errors, self.errors[0]

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.errors.append(error)

    def _submit_all(self, jobs: list[Job], pause: float, first: float) -> None:
        self._stopped.wait(first)
        for job in jobs:
            due = time.monotonic() + pause
            self._submit(job)
            self._stopped.wait(max(0.0, due - time.monotonic()))

    def _submit(self, job: Job) -> None:
        scripts = {"native": base64.b64encode(job.script.encode()).decode()}
        args = {"name": job.name, "number": job.number, "nodes": 1, "hpc_script": scripts}
        while not self._stopped.is_set():
            status, answer = self._calls.ask("/submit", args)
            if status == 200:
                job.jobid = answer[0]
                self._submitted.put(job)
                return
            self._stopped.wait(_PAUSE)

    def _poll_all(self) -> None:
        while not self._stopped.is_set():
            try:
                job = self._submitted.get_nowait()
            except queue.Empty:
                self._calls.ask("/running")
            else:
                if self._is_done(job):
                    with self._lock:
                        self._left -= 1
                else:
                    self._submitted.put(job)
            self._stopped.wait(_PAUSE)

    def _is_done(self, job: Job) -> bool:
        """Poll one job once: is it listed, and what is its result once it has left both lists?"""
        # In this order the job cannot be missed: it only ever moves from the first list to the
        # second.
        answers = [self._calls.ask("/queued"), self._calls.ask("/running")]
        if any(status != 200 for status, _ in answers):
            return False
        if any([job.name, job.jobid] in listed for _, listed in answers):
            job.last = "listed"
            self._look_at(job)
            return False
        job.gone = job.gone or time.time()
        status, end = self._calls.ask("/exitstatus", job.args)
        if status != 200:
            job.last = f"{status} {end}"
            return False
        job.answered, job.end = time.time(), end
        status, again = self._calls.ask("/exitstatus", job.args)
        if status == 200 and again != end:
            job.complaints.append(f"/exitstatus was {end}, and then {again}")
        return True

    def _look_at(self, job: Job) -> None:
        if job.gone and not job.cancelled:
            job.complaints.append("it had left both lists, and is in one of them again")
        status, state = self._calls.ask("/runstatus", job.args)
        if status == 200 and state == [None, None, None, None]:
            job.gone = job.gone or time.time()
        if job.kind == "cancelled" and not job.cancelled:
            job.cancelled = self._calls.ask("/terminate", job.args)[0] == 200
