"""The servers of interactive jobs on the nodes."""

import shutil
import threading
import time
from abc import ABC, abstractmethod

from connectors.shared.interactive import SCREENSHOT_BYTES, Served
from connectors.slurm.services.way import way
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from dssr.errors import SettingsError
from dssr.job import JobRef, JobStatus, Snapshot
from dssr.seams import JobServer, Way


class ServesInteractiveJobs(ABC):
    """A connector's part for interactive jobs: see ``dssr.seams.ServesInteractive``.

    A server that was found is known as long as its job runs on the same nodes. While there is none,
    the cluster is asked once for ``JARVICE_SNAPSHOT_AGE``, however many callers wait.
    """

    _settings: SlurmSettings
    _accounts: Accounts

    def __init__(self) -> None:
        self._servers: dict[JobRef, tuple[float, JobStatus, Served | None]] = {}
        self._asking = threading.Lock()

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """See ``dssr.seams.Connector``."""

    def serves_interactive(self) -> bool:
        """Unless no forward can reach the nodes."""
        try:
            self.way_to_jobs()
        except SettingsError:
            return False
        return not self._settings.uses_openssh or shutil.which("ssh") is not None

    def way_to_jobs(self) -> Way:
        """As services' fronts reach the nodes."""
        return way(self._settings)

    def server(self, ref: JobRef) -> JobServer | None:
        """The job's own word, for a node of its allocation alone."""
        status = self.snapshot().find(ref)
        if status is None or not status.state.is_running:
            self._servers.pop(ref, None)
            return None
        served = self._known(ref, status)
        if served is None or served.node not in status.nodes:
            return None
        return JobServer(served.node, served.port, served.token)

    def screenshot(self, ref: JobRef) -> bytes:
        """At most ``SCREENSHOT_BYTES``."""
        if self.server(ref) is None:
            return b""
        words = (ref.native_id, str(SCREENSHOT_BYTES))
        return self._accounts.for_job(ref).run_program("served", ref, *words).rest

    def _known(self, ref: JobRef, status: JobStatus) -> Served | None:
        with self._asking:
            asked, then, served = self._servers.get(ref, (0.0, status, None))
            is_new = not served and time.monotonic() - asked > self._settings.snapshot_age
            if not is_new and then.nodes == status.nodes:
                return served
            reply = self._accounts.for_job(ref).run_program("served", ref, ref.native_id, "0")
            served = Served.parse(reply.rest.decode("utf-8", "replace"))
            self._servers[ref] = (time.monotonic(), status, served)
            return served
