"""The local connector in directories of the test's own."""

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors.local.connector import LocalConnector
from connectors.local.folder import Folder
from connectors.local.settings import LocalSettings
from connectors.local.store import Store
from dssr.job import JobRef
from dssr.testing.harness import ListingHarness


class LocalHarness(ListingHarness):
    """Jobs of this machine. ``fields``: further settings."""

    interval = 0.02
    soonest_walltime = 1
    settings: LocalSettings
    connector: LocalConnector

    def __init__(self, directory: Path, **fields: Any) -> None:
        self.state, self.scratch = directory / "state", directory / "scratch"
        places = {"state_dir": f"{self.state}/", "scratch_dir": f"{self.scratch}/"}
        self.settings = LocalSettings(
            **(places | {"local_cores": 8, "answer_timeout": 60.0} | fields)
        )
        self.scratch_dir = self.settings.scratch_dir
        self.state_dir = self.settings.state_dir
        self._ahead = 0.0
        self.connector = self.again()

    def again(self) -> LocalConnector:
        return LocalConnector(self.settings, lambda: time.time() + self._ahead)

    def with_roots(self, *roots: str) -> LocalConnector:
        self.settings = replace(self.settings, pvcls_roots=roots)
        return self.again()

    def sh(self, script: str, *words: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", *words], capture_output=True, check=True, timeout=30
        )
        return done.stdout.decode()

    def later(self, seconds: float) -> None:
        self._ahead += seconds

    def output_files(self) -> set[str]:
        return {path.name for path in (self.scratch / ".jarvice").glob("*.out")}

    def job_directories(self) -> set[str]:
        return {path.name for path in (self.scratch / ".jarvice/jobs").glob("*")}

    def end_all(self) -> None:
        """Leave no process behind."""
        self.connector = self.again()
        for status in self.connector.snapshot().values():
            self.connector.cancel(status.ref)
        self.wait(lambda: not self.connector.snapshot())

    def folder(self, ref: JobRef) -> Folder:
        """What the state directory knows of the job."""
        return Store(self.state / "local").folder(ref.native_id)

    def supervisor(self, ref: JobRef) -> int:
        """The pid of the process that watches over the job."""
        words = ["-m", "connectors.local.supervisor", str(self.state / "local"), ref.native_id]
        wanted = os.fsencode("\0" + "\0".join(words) + "\0")
        return self.wait(
            lambda: next((pid for pid in _pids() if wanted in _command_line(pid)), None)
        )


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
