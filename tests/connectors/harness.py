"""What the contract suite must know about a connector, and the few words in which its tests speak."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar
from uuid import uuid4

from dssr.errors import NotFinal, NotFound
from dssr.job import JobRef, JobResult, JobSpec, JobState, JobStatus
from dssr.seams import Connector
from dssr.settings import Settings

LAUNCH = 'bash "$DSSR_JOB_DIR/script"\n'  # what the native executor says
SUCCESS = "echo JARVICE_CMD_SUCCESS\n"
_T = TypeVar("_T")


class Harness(ABC):
    """What the suite must know about one connector."""

    connector: Connector  # the one under test, with nobody else's jobs in it
    patience = 60.0  # seconds after which something that did not happen will not happen
    interval = 0.1  # seconds between two looks

    @abstractmethod
    def succeeding(self, name: str, number: int = 1) -> JobSpec:
        """A short job that ends well."""

    @abstractmethod
    def failing(self, name: str, number: int = 1) -> JobSpec:
        """A short job that fails."""

    @abstractmethod
    def lasting(self, name: str, number: int = 1) -> JobSpec:
        """A job that runs until it is cancelled, or at least as long as a test may take."""

    @abstractmethod
    def later(self, seconds: float) -> None:
        """Let the connector believe that so much time has gone by."""

    def name(self) -> str:
        """A job name that was never used before."""
        return f"contract-{uuid4().hex[:12]}"

    def wait(self, look: Callable[[], _T | None], patience: float | None = None) -> _T:
        """Look again and again until there is something (anything true) to see, and return it."""
        deadline = time.monotonic() + (patience or self.patience)
        while not (seen := look()):
            assert time.monotonic() < deadline, f"waited {patience or self.patience:g} s in vain"
            self.pass_time()
        return seen

    def pass_time(self) -> None:
        """What is done between two looks."""
        time.sleep(self.interval)

    # words of the suite, the same for all connectors

    def submit(self, spec: JobSpec) -> JobRef:
        """Submit the job and return the whole of its reference."""
        return replace(spec.ref, native_id=self.connector.submit(spec, LAUNCH).native_id)

    def status(self, ref: JobRef) -> JobStatus | None:
        """Where the snapshot sees the job."""
        return self.connector.snapshot().get(ref.native_id)

    def result(self, ref: JobRef, patience: float | None = None) -> JobResult:
        """Wait for the job's end."""

        def look() -> JobResult | None:
            try:
                result = self.connector.result(ref)
            except NotFinal:
                return None
            assert result is not None, "a job that was submitted is known"
            return result

        return self.wait(look, patience)

    def running(self, spec: JobSpec) -> JobRef:
        """Submit the job and wait until it runs."""
        ref = self.submit(spec)
        self.wait(lambda: (status := self.status(ref)) and status.state is JobState.RUNNING)
        return ref

    @contextmanager
    def held(self, name: str) -> Iterator[JobRef]:
        """A job that is held; cancelled afterwards."""
        ref = self.submit(replace(self.succeeding(name), held=True))
        yield ref
        self.connector.cancel(ref)


class RealHarness(Harness):
    """What the suite must know about a connector that runs scripts."""

    soonest_walltime: int  # seconds of the shortest time limit that is enforced as asked for
    walltime_patience = 60.0  # seconds after which a job with that limit has ended

    settings: Settings

    @abstractmethod
    def again(self) -> Connector:
        """Another connector onto the same jobs, as after a restart of the bridge, with ``settings`` as they are now."""

    @abstractmethod
    def sh(self, script: str, *words: str) -> str:
        """Run a shell script where the jobs' files lie, as the user whom the connector is; what it printed."""

    @abstractmethod
    def output_files(self) -> set[str]:
        """The names of the files ``*.out`` in the scratch directory's ``.jarvice``."""

    @abstractmethod
    def job_directories(self) -> set[str]:
        """The names in the scratch directory's ``.jarvice/jobs``."""

    def job(self, script: str, name: str = "", **fields: Any) -> JobSpec:
        """A job of one core that runs this script."""
        spec = JobSpec(name or self.name(), 1, 1, source=script, script=script, exclusive=False)
        return replace(spec, **fields)

    def succeeding(self, name: str, number: int = 1) -> JobSpec:
        return self.job(f"echo working\n{SUCCESS}", name, number=number)

    def failing(self, name: str, number: int = 1) -> JobSpec:
        return self.job("echo JARVICE_CMD_FAILURE\nexit 3\n", name, number=number)

    def lasting(self, name: str, number: int = 1) -> JobSpec:
        return self.job(f"echo begun\nsleep 600\n{SUCCESS}", name, number=number)

    def state_of(self, script: str, **fields: Any) -> JobState:
        """How a job with this script ends."""
        return self.result(self.submit(self.job(script, **fields))).state

    def output_of(self, script: str, **fields: Any) -> bytes:
        """What a job with this script prints."""
        return self.result(self.submit(self.job(script, **fields))).output.data

    def seen(self, ref: JobRef, lines: int = 100) -> bytes:
        """What the job has printed so far; nothing while there is none."""
        try:
            return self.connector.output(ref, lines).data
        except NotFound:
            return b""
