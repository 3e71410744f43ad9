"""What the suites for connectors must know about one, and the helpers that their tests share."""

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

LAUNCH = 'bash "$DSSR_JOB_DIR/script"\n'  # as the native executor has it
SUCCESS = "echo JARVICE_CMD_SUCCESS\n"
_T = TypeVar("_T")


class Harness(ABC):
    """What the suite for every connector must know about one.

    Each test has a harness of its own; its ``connector`` has no other jobs. Waiting fails after
    ``patience`` seconds; ``interval``: seconds between two looks.
    """

    connector: Connector
    patience = 60.0
    interval = 0.1

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
        """Make the connector believe that so much time has passed."""

    def kept(self, name: str, **fields: Any) -> JobSpec:
        """A short job that ends well, ends by its exit code, and keeps its files."""
        kept = {"by_exit_code": True, "keeps_files": True, "exclusive": False}
        return replace(self.succeeding(name), **(kept | fields))

    def name(self) -> str:
        """A job name that was never used before."""
        return f"contract-{uuid4().hex[:12]}"

    def wait(self, look: Callable[[], _T | None], patience: float | None = None) -> _T:
        """Call ``look`` until it returns something true, and return that."""
        deadline = time.monotonic() + (patience or self.patience)
        while not (seen := look()):
            assert time.monotonic() < deadline, f"waited {patience or self.patience:g} s in vain"
            self.pass_time()
        return seen

    def pass_time(self) -> None:
        """Wait between two looks."""
        time.sleep(self.interval)

    def submit(self, spec: JobSpec) -> JobRef:
        """Submit the job and return its complete reference."""
        return replace(spec.ref, native_id=self.connector.submit(spec, LAUNCH).native_id)

    def status(self, ref: JobRef) -> JobStatus | None:
        """The job's status in the connector's snapshot."""
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


class ScriptHarness(Harness):
    """What the suite for connectors that run scripts must know about one.

    ``soonest_walltime``: seconds of the shortest time limit that is enforced as it is asked for;
    ``walltime_patience``: seconds after which a job with that limit has ended.
    """

    soonest_walltime: int
    walltime_patience = 60.0

    def hasten_time_limit(self, ref: JobRef) -> float:
        """Let a running job reach its limit sooner, if the scheduler can do that. Returns the
        seconds that the job runs at least."""
        return self.soonest_walltime

    @abstractmethod
    def again(self) -> Connector:
        """Another connector onto the same jobs, as after a restart of the bridge."""

    @abstractmethod
    def sh(self, script: str, *words: str) -> str:
        """Run a shell script where the jobs' files are, as the connector's user; returns what it
        printed."""

    @abstractmethod
    def output_files(self) -> set[str]:
        """The names of the jobs' output files, ``<job name>.out`` among them."""

    @abstractmethod
    def job_directories(self) -> set[str]:
        """The names of the jobs' directories."""

    def job(self, script: str, name: str = "", **fields: Any) -> JobSpec:
        """A job of one core that runs this script."""
        spec = JobSpec(name or self.name(), 1, 1, source=script, script=script, exclusive=False)
        return replace(spec, **fields)

    def succeeding(self, name: str, number: int = 1) -> JobSpec:
        """See ``Harness``."""
        return self.job(f"echo working\n{SUCCESS}", name, number=number)

    def failing(self, name: str, number: int = 1) -> JobSpec:
        """See ``Harness``."""
        return self.job("echo JARVICE_CMD_FAILURE\nexit 3\n", name, number=number)

    def lasting(self, name: str, number: int = 1) -> JobSpec:
        """See ``Harness``."""
        return self.job(f"echo begun\nsleep 600\n{SUCCESS}", name, number=number)

    def state_of(self, script: str, **fields: Any) -> JobState:
        """The final state of a job with this script."""
        return self.result(self.submit(self.job(script, **fields))).state

    def output_of(self, script: str, **fields: Any) -> bytes:
        """The output of a job with this script, after its end."""
        return self.result(self.submit(self.job(script, **fields))).output.data

    def seen(self, ref: JobRef, lines: int = 100) -> bytes:
        """The job's output so far; nothing while there is none."""
        try:
            return self.connector.output(ref, lines).data
        except NotFound:
            return b""


class ListingHarness(ScriptHarness):
    """What the suite for connectors that list directories must know about one.

    ``scratch_dir``: the scratch directory, which may be listed by default, with a slash at its end.
    ``state_dir``: the bridge's state directory, which is never served.
    """

    scratch_dir: str
    state_dir: str

    @abstractmethod
    def with_roots(self, *roots: str) -> Connector:
        """Another connector, of which only these directories may be listed."""
