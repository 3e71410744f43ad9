"""The servers of interactive jobs of this machine."""

import os
from pathlib import Path

from connectors.local import files
from connectors.local.describe import status_of
from connectors.local.site import Site, os_errors_are_unavailable
from connectors.shared.interactive import SCREENSHOT_BYTES, Served
from dssr.job import JobRef
from dssr.seams import JobServer, Way

_LOOPBACK = "127.0.0.1"


class ServesLocalJobs:
    """A connector's part for interactive jobs: see ``dssr.seams.ServesInteractive``."""

    _site: Site

    def serves_interactive(self) -> bool:
        """Always."""
        return True

    def way_to_jobs(self) -> Way:
        """They listen on this machine."""
        return Way("", {})

    @os_errors_are_unavailable
    def server(self, ref: JobRef) -> JobServer | None:
        """Where the job itself says that it is."""
        served = self._served(ref)
        return JobServer(_LOOPBACK, served.port, served.token) if served else None

    @os_errors_are_unavailable
    def screenshot(self, ref: JobRef) -> bytes:
        """At most ``SCREENSHOT_BYTES``."""
        served = self._served(ref)
        if served is None or not os.path.isfile(served.screenshot):  # a FIFO would block
            return b""
        try:
            with open(served.screenshot, "rb") as file:
                return file.read(SCREENSHOT_BYTES)
        except FileNotFoundError:
            return b""

    def _served(self, ref: JobRef) -> Served | None:
        folder, job = self._site.find(ref)
        if not status_of(folder, job, self._site.clock()).state.is_running:
            return None
        text = files.read(Path(job.directory) / "served.0")
        return Served.parse(text.decode("utf-8", "replace")) if text else None
