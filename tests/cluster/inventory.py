"""Which clusters this machine has: a small file for each, so that another process can find, use and
remove them."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.layout import Network
from tests.cluster.options import Options
from tests.cluster.processes import identity, is_alive

DIRECTORY = Path("/run/dssr-cluster")
CHECKOUT = Path(__file__).resolve().parents[2]
_CHECKOUT = "checkout"  # of a cluster's directory: from which source it was brought up


@dataclass(frozen=True)
class Record:
    """What is written down about a cluster.

    :ivar third_octet: its network, and its name among the clusters of this machine.
    :ivar base: its own directory: what was written since boot, logs, keys.
    :ivar supervisor: the :func:`identity` of its first process, with which all of it ends; empty
        while the cluster is being made.
    :ivar owner: the identity of the process that it belongs to; empty for a detached one.
    """

    third_octet: int
    generation: str
    options: Options
    base: Path
    owner: str
    supervisor: str = ""

    @property
    def is_of_this_checkout(self) -> bool:
        """Whether it was brought up from the source in this directory."""
        with contextlib.suppress(OSError):
            return (self.base / _CHECKOUT).read_text() == str(CHECKOUT)
        return False

    @property
    def network(self) -> Network:
        return Network(self.third_octet)

    @property
    def supervisor_pid(self) -> int:
        return int(self.supervisor.partition("@")[0])

    @property
    def file(self) -> Path:
        return DIRECTORY / f"{self.third_octet}.json"

    @property
    def shared_root(self) -> Path:
        """The hosts' common root as this machine sees it: through the supervisor's mount namespace,
        the only one with it."""
        return Path(f"/proc/{self.supervisor_pid}/root{self.base}/root")

    def save(self) -> Record:
        """Written down, whole or not at all."""
        text = json.dumps({**asdict(self), "base": str(self.base)})
        temporary = self.file.with_suffix(".new")
        temporary.write_text(text)
        temporary.rename(self.file)
        return self

    def with_supervisor(self, pid: int) -> Record:
        return replace(self, supervisor=identity(pid)).save()

    def detached(self) -> Record:
        return replace(self, owner="").save()

    @property
    def is_wanted(self) -> bool:
        """Whether the cluster lives, or is being made by a process that lives."""
        if self.owner and not is_alive(self.owner):
            return False
        return is_alive(self.supervisor) if self.supervisor else bool(self.owner)


def claim(generation: str, options: Options) -> Record:
    """A record for a new cluster, with a network that is free on this machine, and an empty
    directory. It first removes what killed runs have left.

    :raises ClusterError: all networks are taken.
    """
    with lock():
        _remove_unwanted()
        taken = {record.third_octet for record in records()}
        free = [
            octet
            for octet in range(256)
            if octet not in taken and not Path(f"/sys/class/net/dssr{octet}").exists()
        ]
        if not free:
            raise ClusterError(
                "All 256 networks for test clusters are taken; 'python -m tests.cluster down "
                "--all' frees them."
            )
        # Not /tmp, which may lie in memory: an overlay's upper directory wants a real file system.
        base = Path(f"/var/tmp/dssr-cluster-{free[0]}")
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(mode=0o755)
        (base / _CHECKOUT).write_text(str(CHECKOUT))
        return Record(free[0], generation, options, base, owner=identity(os.getpid())).save()


def records() -> list[Record]:
    """All that are written down, wanted or not."""
    found = []
    for path in sorted(DIRECTORY.glob("*.json")):
        with contextlib.suppress(FileNotFoundError):
            fields = json.loads(path.read_text())
            fields.update(options=Options(**fields["options"]), base=Path(fields["base"]))
            found.append(Record(**fields))
    return found


def latest(record: Record) -> Record:
    """The record as it was last saved, or the given one when it is gone."""
    return next((saved for saved in records() if saved.file == record.file), record)


def clean_up() -> None:
    """Removes what belongs to no living cluster."""
    with lock():
        _remove_unwanted()


def remove(record: Record) -> None:
    """Ends a cluster: afterwards there is no process, mount, link, directory or record of it. A
    cluster that has been removed, and one that has taken its place since, are left alone.

    :raises ClusterError: its processes do not end within 20 seconds.
    """
    # With the lock: between the look and the removal no other process may take the place.
    with lock():
        saved = latest(record)
        if saved.file.exists() and saved.supervisor == record.supervisor:
            _remove(saved)


def _remove_unwanted() -> None:
    for record in records():
        if not record.is_wanted:
            _remove(record)


def _remove(record: Record, timeout: float = 20) -> None:
    with contextlib.suppress(ProcessLookupError):
        if is_alive(record.supervisor):
            os.kill(record.supervisor_pid, signal.SIGKILL)
    deadline = time.monotonic() + timeout
    while is_alive(record.supervisor):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"The cluster in {record.base} does not end: its first process is "
                f"{record.supervisor_pid}."
            )
        time.sleep(0.01)
    while not _cgroups_are_gone(record.network.memory_cgroup) and time.monotonic() < deadline:
        time.sleep(0.01)
    # It would go with its namespace, but a moment later.
    subprocess.run(
        ["ip", "link", "delete", record.network.interface], capture_output=True, check=False
    )
    shutil.rmtree(record.base, ignore_errors=True)
    record.file.unlink(missing_ok=True)


def _cgroups_are_gone(top: Path) -> bool:
    """Removes them; one that has just lost its last process may still be busy for a moment."""
    for cgroup, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(cgroup)
    return not top.exists()


@contextlib.contextmanager
def lock() -> Iterator[None]:
    """One at a time may claim and clean up; the lock ends with its holder."""
    DIRECTORY.mkdir(mode=0o700, exist_ok=True)
    with (DIRECTORY / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
