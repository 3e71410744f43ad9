"""How fast files go down and up, beside OpenSSH's sftp through the same sshd."""

import contextlib
import http.client
import json
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.bench import Bench
from tests.bench.costs import peak_memory, resident_memory
from tests.bench.measure import TURNS, timed
from tests.bench.table import Figure
from tests.cluster import Cluster

_MB = 1 << 20
_PART = 8 * _MB
_GOAL = 0.7
_MEMORY = 64  # MB more than before, while files pass through


def files(bench: Bench) -> list[Figure]:
    """A file goes to a job's directory and back, in turns with sftp; the bridge's memory while it
    does."""
    size = (64 if bench.short else 1024) * _MB
    with bench.bridge() as bridge, contextlib.closing(_Client(bridge.url)) as client:
        directory = client.submit()
        sftp = _Sftp(bench.cluster, bench.directory, directory)
        source = bench.directory / "source"
        _fill(source, size)
        client.upload(source)
        # What is measured replaces a file, on both sides: some file systems write that out at once.
        sftp.put(source)
        before, times = resident_memory(bridge), _Times()
        for _ in range(1 if bench.short else TURNS):
            times.up.append(timed(lambda: client.upload(source)))
            times.sftp_up.append(timed(lambda: sftp.put(source)))
            times.down.append(timed(lambda: client.download(size)))
            times.sftp_down.append(timed(sftp.get))
        peak = peak_memory(bridge)
    memory = Figure("memory with files", "MB", peak, before, "before", _MEMORY, difference=True)
    return [*times.figures(size), memory]


class _Times:
    """Milliseconds of each transfer."""

    def __init__(self) -> None:
        self.up: list[float] = []
        self.down: list[float] = []
        self.sftp_up: list[float] = []
        self.sftp_down: list[float] = []

    def figures(self, size: int) -> list[Figure]:
        """The rates of the fastest ones: all else is what other processes take away."""
        rows = [("upload", self.up, self.sftp_up), ("download", self.down, self.sftp_down)]
        return [
            Figure(
                f"{name} of {size // _MB} MB", "MB/s", _rate(size, ours), _rate(size, theirs),
                "sftp", _GOAL, more_is_better=True,
            )
            for name, ours, theirs in rows
        ]  # fmt: skip


def _rate(size: int, times: list[float]) -> float:
    return size / _MB / (min(times) / 1000)


def _fill(path: Path, size: int) -> None:
    block = os.urandom(_PART)
    with path.open("wb") as file:
        for _ in range(size // _PART):
            file.write(block)


class _Client:
    """A client of the bridge, with a job of its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connections = [
            http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
            for _ in range(2)
        ]
        self._connection = self._connections[0]
        self._job = ""

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            connection.close()

    def submit(self) -> str:
        """Submit the job; its working directory."""
        body = json.dumps({"script": "true\n"})
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/v1/jobs", body.encode(), headers)
        job = _answer(self._connection)
        self._job = f"/api/v1/jobs/{job['id']}"
        while not (directory := job["working_directory"]):
            time.sleep(0.1)
            self._connection.request("GET", self._job)
            job = _answer(self._connection)
        return str(directory)

    def upload(self, source: Path) -> None:
        """Send the file in parts: a part is sent while the bridge writes the one before."""
        parts, sending = _parts(source), threading.Lock()

        def send(connection: http.client.HTTPConnection) -> None:
            while True:
                with sending:
                    if (part := next(parts, None)) is None:
                        return
                    connection.request("PUT", f"{self._job}/files/ours", *part)
                _answer(connection)

        with ThreadPoolExecutor(len(self._connections)) as pool:
            for done in [pool.submit(send, connection) for connection in self._connections]:
                done.result()

    def download(self, size: int) -> None:
        """Read the file, and throw it away."""
        self._connection.request("GET", f"{self._job}/files/ours")
        response, found, buffer = self._connection.getresponse(), 0, bytearray(_MB)
        assert response.status == 200, response.read()
        while read := response.readinto(buffer):
            found += read
        assert found == size


def _parts(source: Path) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Each part of the file, with its header."""
    total, first = source.stat().st_size, 0
    with source.open("rb") as file:
        while part := file.read(_PART):
            yield part, {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{total}"}
            first += len(part)


def _answer(connection: http.client.HTTPConnection) -> dict[str, str]:
    response = connection.getresponse()
    body = response.read()
    assert response.status < 300, body
    found: dict[str, str] = json.loads(body)
    return found


def ssh_options(cluster: Cluster, directory: Path) -> list[str]:
    """What OpenSSH's programs need to log in to the cluster."""
    key = directory / "key"
    if not key.exists():
        key.write_text(cluster.private_key)
        key.chmod(0o600)
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
    return ["-i", str(key), *(f"-o{option}" for option in options)]


class _Sftp:
    """OpenSSH's client, with a connection for each transfer, as people use it."""

    def __init__(self, cluster: Cluster, directory: Path, remote: str) -> None:
        self._words = ["sftp", "-b", "-", *ssh_options(cluster, directory)]
        self._words.append(f"{cluster.user}@{cluster.address}:{remote}")

    def put(self, source: Path) -> None:
        """Send the file."""
        self._run(f"put {shlex.quote(str(source))} theirs")

    def get(self) -> None:
        """Read the file, and throw it away."""
        self._run("get theirs /dev/null")

    def _run(self, order: str) -> None:
        subprocess.run(self._words, input=order.encode(), check=True, capture_output=True)
