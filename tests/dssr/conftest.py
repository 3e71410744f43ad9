"""A scheduler in this process's memory, and the bridge served over it by a real server on a free
port.
"""

import base64
import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from dssr.bridge import Bridge
from dssr.errors import Conflict, DssrError, NotFinal, NotFound
from dssr.http.app import create_app
from dssr.http.call import Calls, Catalogue
from dssr.http.serving.server import Server
from dssr.job import JobRef, JobResult, JobSpec, JobState, JobStatus, Output, Snapshot, Submitted
from dssr.seams import DirectoryEntry, JobServer, Way
from dssr.settings import Settings
from dssr.settings.validation import completed


@dataclass
class _Job:
    spec: JobSpec
    status: JobStatus
    output: Output | None = None
    cleaned: bool = False


class MemoryConnector:
    """The connector's contract over a dictionary. ``calls``: what was called; ``failure``: raised
    by every call if set.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, _Job] = {}
        self.calls: list[str] = []
        self.launches: list[str] = []
        self.directories: dict[str, list[DirectoryEntry]] = {}
        self.failure: BaseException | None = None
        self.clean_failure: DssrError | None = None
        self.address = ""
        self.job_server: JobServer | None = None
        self.image = b""
        self.closed = False

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        self._called("submit")
        for native_id, job in self.jobs.items():
            if job.spec.token == spec.token:
                return Submitted(native_id, spec.script)
            if job.spec.ref.key == spec.ref.key:
                raise Conflict(f"{spec.name}/{spec.number} belongs to another script.")
        native_id = str(len(self.jobs) + 1)
        ref = replace(spec.ref, native_id=native_id)
        self.launches.append(launch)
        self.jobs[native_id] = _Job(spec, JobStatus(ref, JobState.PENDING))
        return Submitted(native_id, spec.script)

    def snapshot(self) -> Snapshot:
        self._called("snapshot")
        return Snapshot(
            {
                native_id: job.status
                for native_id, job in self.jobs.items()
                if not job.status.state.is_final
            }
        )

    def result(self, ref: JobRef) -> JobResult | None:
        self._called("result")
        job = self._find(ref)
        if job is None:
            return None
        if not job.status.state.is_final and not job.status.reason:
            raise NotFinal(f"The job is {job.status.state}.", retry_after=7)
        return JobResult(
            job.status.state, job.status.elapsed, job.output or Output(b""), job.status.reason
        )

    def cancel(self, ref: JobRef) -> None:
        self._called("cancel")
        if not self._known(ref).status.state.is_final:
            self.set(ref.native_id, JobState.CANCELLED)

    def release(self, ref: JobRef) -> None:
        self._called("release")
        self._known(ref)

    def output(self, ref: JobRef, lines: int) -> Output:
        self._called("output")
        job = self._known(ref)
        if job.output is None:
            raise NotFound("The job has printed nothing yet.")
        return replace(
            job.output, data=b"".join(job.output.data.splitlines(keepends=True)[-lines:])
        )

    def describe(self, ref: JobRef) -> str:
        self._called("describe")
        return f"JobId={ref.native_id} JobState={self._known(ref).status.state}\n"

    def clean(self, ref: JobRef) -> None:
        self._called("clean")
        if self.clean_failure:
            raise self.clean_failure
        self._known(ref).cleaned = True

    def ping(self) -> None:
        self._called("ping")

    def close(self) -> None:
        self.closed = True

    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        self._called("list_directory")
        if path not in self.directories:
            raise NotFound(f"There is no directory {path}.")
        return self.directories[path]

    def serves_interactive(self) -> bool:
        return False

    def server(self, ref: JobRef) -> JobServer | None:
        self._called("server")
        return JobServer(url=self.address) if self.address else self.job_server

    def screenshot(self, ref: JobRef) -> bytes:
        self._called("screenshot")
        return self.image

    def way_to_jobs(self) -> Way:
        return Way("", {})

    def set(self, native_id: str, state: JobState, **more: Any) -> None:
        """Put a job into a state, with ``elapsed``, ``nodes``, ``reason``."""
        job = self.jobs[native_id]
        job.status = replace(job.status, state=state, **more)

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.failure:
            raise self.failure

    def _find(self, ref: JobRef) -> _Job | None:
        job = self.jobs.get(ref.native_id)
        return job if job and (job.spec.name, job.spec.number) == (ref.name, ref.number) else None

    def _known(self, ref: JobRef) -> _Job:
        job = self._find(ref)
        if job is None:
            raise NotFound(f"No job {ref.name}/{ref.number}/{ref.native_id} was submitted here.")
        return job


class PlainExecutor:
    """An executor whose launch text is the path of the job script."""

    def launch(self, spec: JobSpec, settings: Settings) -> str:
        return f"bash script # {spec.name}"


class Served:
    """A bridge that listens, and how to call it."""

    def __init__(self, settings: Settings, *more: Calls) -> None:
        """``more``: calls of other APIs."""
        self.connector = MemoryConnector()
        self.settings = completed(replace(settings, port=0, executor="native"))
        self.bridge = Bridge(self.connector, PlainExecutor(), self.settings)
        app = create_app(self.bridge, self.settings)
        for calls in more:
            Catalogue.of(app).add(calls)
        self.server = Server(app, self.settings)
        self.url = self.server.addresses[0]
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()

    def call(self, path: str, args: Any, **more: Any) -> requests.Response:
        """POST ``args`` as the upstream does: JSON in a form field."""
        return requests.post(self.url + path, data={"args": json.dumps(args)}, timeout=30, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=30, **more)

    def submit(self, script: str = "#!/bin/bash\necho hi\n", **more: Any) -> requests.Response:
        """Submit a plain batch script as job ``job``, number 1, on one node."""
        encoded = base64.b64encode(script.encode()).decode()
        return self.call(
            "/submit",
            {"name": "job", "number": 1, "nodes": 1, "hpc_script": {"native": encoded}} | more,
        )

    def stop(self) -> None:
        self.server.stop()
        self._thread.join(10)


@pytest.fixture(scope="session")
def _shared() -> Iterator[Served]:
    served = Served(Settings())
    yield served
    served.stop()


@pytest.fixture
def served(_shared: Served) -> Served:
    """A bridge with default settings over an empty scheduler."""
    _shared.connector.__init__()  # type: ignore[misc]
    return _shared


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Serve a bridge with settings of one's own, until the test is over."""
    running: list[Served] = []

    def start(settings: Settings, *more: Calls) -> Served:
        running.append(Served(settings, *more))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def connector() -> MemoryConnector:
    """A scheduler without jobs."""
    return MemoryConnector()


@pytest.fixture
def bridge(connector: MemoryConnector) -> Bridge:
    """A bridge over that scheduler, with the native executor's name."""
    return Bridge(connector, PlainExecutor(), completed(Settings(executor="native")))


@pytest.fixture
def failures(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the log says about requests that failed, one string a line."""
    caplog.set_level(logging.INFO)

    def lines() -> list[str]:
        return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]

    return lines
