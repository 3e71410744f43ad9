"""One cluster, and the bridges that are measured on it."""

import contextlib
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench import counting_connector, load
from tests.cluster import Cluster
from tests.end_to_end.service import Service

HERE = Path(__file__).parents[2]
_MEMORY = f"/dev/shm/dssr-bench-{os.getpid()}"  # all hosts share this machine's
_names = itertools.count()


class MeasuredBridge(Service):
    """A bridge with the native executor and the default age of its snapshots."""

    def __init__(
        self, cluster: Cluster, directory: Path, settings: Mapping[str, str], checkout: Path | None
    ) -> None:
        """``checkout``: this one or another one, with a ``.venv`` of its own. Without it, commands
        are counted."""
        self._commands = directory / f"commands.{next(_names)}"
        own = {"JARVICE_BAREMETAL_EXECUTOR": "native", "JARVICE_SNAPSHOT_AGE": "5"}
        if checkout is None:
            own["JARVICE_BAREMETAL_CONNECTOR"] = counting_connector.NAME
            own[counting_connector.VARIABLE] = str(self._commands)
        own_python = checkout in (None, HERE)
        python = sys.executable if own_python else f"{checkout}/.venv/bin/python"
        command = (python, "-m", "dssr", "serve")
        super().__init__(cluster.settings() | own | dict(settings), command, checkout)

    @property
    def commands(self) -> int:
        """How many commands it has sent to the login node."""
        return counting_connector.count(self._commands)


class Bench:
    """One cluster for all figures, and a directory on this machine. ``short``: seconds instead of
    minutes a figure."""

    memory = _MEMORY

    def __init__(self, cluster: Cluster, directory: Path, *, short: bool) -> None:
        self.cluster, self.directory, self.short = cluster, directory, short

    @contextlib.contextmanager
    def bridge(
        self, settings: Mapping[str, str] | None = None, checkout: Path | None = None
    ) -> Iterator[MeasuredBridge]:
        """A bridge that is connected to the cluster; it ends with the block."""
        bridge = MeasuredBridge(self.cluster, self.directory, settings or {}, checkout)
        try:
            first = load.run(bridge.url, lambda: load.get("/running"), 1, count=1)
            assert first.failed == 0, "".join(bridge.log)
            yield bridge
        finally:
            bridge.stop()

    def in_memory(self, name: str = "") -> dict[str, str]:
        """Settings for held jobs: their files are in the login node's memory until ``clear``, where
        no node sees them."""
        place = f"{_MEMORY}/{name}"
        self.cluster.run("login", ["mkdir", "-p", place], user=self.cluster.user)
        return {
            "JARVICE_STATE_DIR": f"{place}/state/",
            "JARVICE_JOB_SCRATCH_DIR": f"{place}/scratch/",
        }

    def clear(self) -> None:
        """Cancel all jobs, and wait until the nodes are idle."""
        self.cluster.run("login", ["rm", "-rf", _MEMORY])
        self.cluster.run("login", ["scancel", "-u", self.cluster.user], timeout=300)
        self.cluster.wait_idle(300)


@contextlib.contextmanager
def booted(*, short: bool) -> Iterator[Bench]:
    """A bench on a cluster that takes more jobs than the default; the cluster ends with the
    block."""
    cluster = Cluster.up()
    try:
        _raise_job_limit(cluster)
        with tempfile.TemporaryDirectory() as directory:
            bench = Bench(cluster, Path(directory), short=short)
            yield bench
            bench.clear()
    finally:
        cluster.down()


def _raise_job_limit(cluster: Cluster) -> None:
    """slurm.conf(5): MaxJobCount is 10,000 by default, and a change needs a restart."""
    with cluster.path("/etc/slurm/slurm.conf").open("a") as conf:
        conf.write("MaxJobCount=50000\n")
    cluster.stop("login", "slurmctld")
    cluster.start("login", "slurmctld")
    cluster.wait_idle()
