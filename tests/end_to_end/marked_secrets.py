"""Secrets that can be recognised wherever they appear, and the places of a cluster to search for
them."""

import base64
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.cluster import Cluster
from tests.cluster.processes import Process, descendants

HOSTS = ("login", "login2", "node1", "node2")
_OWN = "/tmp /run /dev/shm /var/log /var/spool/slurmd"  # of each host; all the rest is shared


def mark(what: str) -> str:
    """A secret that no machine has seen before."""
    return f"{what}{secrets.token_hex(12)}"


class Marks:
    """Secrets by what they are, and their traces: as text, in base64 of a longer text, and in
    base64 of that."""

    def __init__(self, marks: Mapping[str, str]) -> None:
        self._traces = {
            trace: what for what, value in marks.items() for trace in _traces(value.encode())
        }

    @property
    def patterns(self) -> bytes:
        """The traces, one a line, for ``grep -F -f -``."""
        return b"\n".join(self._traces) + b"\n"

    def seen_in(self, text: bytes) -> set[str]:
        """Which secrets the text holds."""
        return {what for trace, what in self._traces.items() if trace in text}


def _traces(value: bytes) -> set[bytes]:
    once = set(_inside_base64(value))
    return {value, *once, *(twice for trace in once for twice in _inside_base64(trace))}


def _inside_base64(value: bytes) -> Iterator[bytes]:
    """The part of a longer text's base64 that is the same whatever is around the value, for each of
    its three alignments."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value)
        yield encoded[(before * 8 + 5) // 6 : (before + len(value)) * 8 // 6]


class Search:
    """Searches a cluster for the marks."""

    def __init__(self, cluster: Cluster, marks: Marks) -> None:
        """Begin: older shared files are not searched, and marks in the hosts' own files are known
        from now on."""
        self._cluster, self._marks = cluster, marks
        self._stamp = "/var/tmp/marks-began"
        self._before: set[str] = set()
        cluster.run("login", ["touch", self._stamp])
        self._before = self.files()

    def files(self) -> set[str]:
        """The files with a mark: shared ones of the whole system, and each host's own."""
        shared = (
            f"find / -xdev -newer {self._stamp} -type f -print0 | xargs -0r grep -laF -f /dev/fd/3"
        )
        found = self._grep("login", shared)
        for host in HOSTS:
            found |= {
                f"{host}:{name}" for name in self._grep(host, f"grep -rlaF -f /dev/fd/3 {_OWN}")
            }
        return found - self._before

    def command_lines(self, *hosts: str) -> set[str]:
        """The processes of these hosts (none: all) with a mark in their command line."""
        return {
            f"{host}: {process.command}"
            for host, process in self._processes(hosts)
            if self._sees(process, "cmdline")
        }

    def environments(self, *hosts: str) -> tuple[set[str], set[str]]:
        """The command lines of all processes with a mark in their environment: those in a job's
        step, and others."""
        inside: set[int] = set()
        processes = self._processes(hosts)
        for host, process in processes:
            if host.startswith("node") and "bash -c trap : TERM;" in process.command:
                inside |= set(descendants(process.pid)) - {process.pid}
        found = [
            (p.pid in inside, f"{host}: {p.command}")
            for host, p in processes
            if self._sees(p, "environ")
        ]
        return {name for is_inside, name in found if is_inside}, {
            name for is_inside, name in found if not is_inside
        }

    def shown_by(self, *commands: list[str]) -> dict[str, set[str]]:
        """Which marks root sees in the output of each command on the login node."""
        found = {}
        for command in commands:
            done = self._cluster.run("login", command, timeout=120)
            assert done.returncode == 0, done.stderr
            found[" ".join(command)] = self._marks.seen_in(done.stdout + done.stderr)
        return {command: seen for command, seen in found.items() if seen}

    def _processes(self, hosts: Sequence[str]) -> list[tuple[str, Process]]:
        return [
            (host, process) for host in hosts or HOSTS for process in self._cluster.processes(host)
        ]

    def _sees(self, process: Process, what: str) -> bool:
        try:
            return bool(self._marks.seen_in(Path(f"/proc/{process.pid}/{what}").read_bytes()))
        except OSError:
            return False  # it has ended

    def _grep(self, host: str, command: str) -> set[str]:
        """The patterns come on stdin, so that the search does not find itself."""
        done = self._cluster.run(
            host, ["sh", "-c", f"exec 3<&0; {command}"], input=self._marks.patterns, timeout=240
        )
        return set(done.stdout.decode(errors="replace").split("\n")) - {""}
