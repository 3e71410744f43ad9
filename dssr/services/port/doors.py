"""The addresses of interactive jobs: each has a door on the services port while it runs."""

import hashlib
import logging
import threading
import time

from dssr.errors import DssrError
from dssr.job import JobRef, Snapshot
from dssr.seams import JobServer
from dssr.services.front.door import entrance_by_path
from dssr.services.port.services_port import ServicesPort

log = logging.getLogger(__name__)
_PATIENCE = 2.0  # seconds
PREFIX = "job-"  # of the host names of jobs


def name_of(ref: JobRef) -> str:
    """The label of a job's host name. It is no secret: the job's token is."""
    mark = hashlib.sha256(f"{ref.key} {ref.native_id}".encode()).hexdigest()[:10]
    return f"{PREFIX}{ref.number}-{mark}"


class JobDoors:
    """See ``dssr.bridge.Doors``. Which doors are open is known to the services port's process, so
    they outlast the bridge."""

    def __init__(self, port: ServicesPort) -> None:
        self.port = port
        self._names: set[str] | None = None  # of open doors; None: not asked yet
        self._opened = 0.0  # when the last one was opened: a list from before lacks its job
        self._lock = threading.Lock()

    def url(self, ref: JobRef, server: JobServer) -> str:
        """See ``dssr.bridge.Doors``."""
        running, name = self.port.get(), name_of(ref)
        answer = running.order(
            "open", name=name, host=server.host, port=server.port, token=server.token
        )
        with self._lock:
            self._known().add(name)
            self._opened = time.monotonic()
        if not answer["answers"]:
            return ""
        return entrance_by_path(self.port.address(name, running.port), server.token)

    def keep(self, jobs: Snapshot) -> None:
        """See ``dssr.bridge.Doors``. One caller at a time does this: the others do not wait."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._close_others(jobs)
        except DssrError as error:
            log.warning("The addresses of jobs that have ended cannot be closed yet: %s", error)
        finally:
            self._lock.release()

    def _close_others(self, jobs: Snapshot) -> None:
        if jobs.taken < self._opened or not self._known():
            return
        running = self.port.running()
        for name in self._known() - {name_of(status.ref) for status in jobs.running()}:
            if running:
                running.order("close", name=name, patience=_PATIENCE)
            self._known().discard(name)

    def _known(self) -> set[str]:
        if self._names is None:
            running = self.port.running()
            status = running.order("status", patience=_PATIENCE) if running else {"jobs": []}
            self._names = {str(job["name"]) for job in status["jobs"]}
        return self._names
