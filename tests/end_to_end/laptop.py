"""People with nothing but SSH access who use services from machines of their own."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import end_masters
from tests.end_to_end.service import PATIENCE, eventually

OURS = ("JARVICE_", "WAITRESS_", "DSSR_", "XDG_", "TMPDIR")
Document = dict[str, Any]


class Leading:
    """A command that leads to a service until it is ended."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            words, env=dict(environ), stdout=subprocess.PIPE, stderr=self.errors, text=True
        )

    def ready(self) -> Document:
        """Wait until it has printed the service's document."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.said()
        found: Document = json.loads(line)
        return found

    def said(self) -> str:
        """What it has said on stderr."""
        self.errors.seek(0)
        return self.errors.read()

    def end(self, number: int = signal.SIGINT) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        return code


class Laptop:
    """A person's machine: their home directory, their processes, their login at the cluster."""

    def __init__(
        self, cluster: Cluster, user: str = "jarvice", hosts: str = "login", **more: str
    ) -> None:
        """``hosts``: the login nodes in their order. ``more``: variables."""
        self.home = Path(tempfile.mkdtemp(prefix="dssr-"))  # with room for the paths of sockets
        kept = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        keys = ",".join(dict.fromkeys(cluster.host_key_of(h) for h in ("login", "login2", "jump")))
        self.environ = {
            **kept,
            **cluster.settings(),
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "DSSR_CLUSTER": ",".join(cluster.address_of(host) for host in hosts.split(",")),
            "JARVICE_BAREMETAL_EXECUTOR": "native",
            "JARVICE_SLURM_SSH_USER": user,
            "JARVICE_SLURM_SSH_HOST_KEY": keys,
            **more,
        }
        self._leading: list[Leading] = []
        self._names: set[str] = set()

    def words(self, *words: str) -> list[str]:
        """The command ``dssr service ...``."""
        return [sys.executable, "-m", "dssr", "service", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.words(*words),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
            check=False,
        )

    def lead(self, action: str, name: str, *words: str) -> Leading:
        """Run ``up`` or ``connect`` until it is ended."""
        self._names.add(name)
        options = ["--no-browser"] if action == "connect" else []
        made = Leading(self.words(action, name, "--json", *options, *words), self.environ)
        self._leading.append(made)
        return made

    def status(self, name: str) -> Document:
        """The service's document."""
        done = self.run("status", name, "--json")
        assert done.returncode == 0, done.stderr
        found: Document = json.loads(done.stdout)
        return found

    def until(self, name: str, wanted: Callable[[Document], Any]) -> Document:
        """The service's document, as soon as it is as wanted."""
        found: Document = eventually(lambda: self.status(name), wanted, 240)
        return found

    def end(self) -> None:
        """Leave nothing running."""
        for one in self._leading:
            if one.process.poll() is None:
                one.end()
            one.errors.close()
        fronts = {lock.stem for lock in self.home.glob("dssr-*/fronts/*/*.lock")}
        for name in self._names | fronts:
            self.run("down", name)
        for directory in self.home.glob("dssr-*"):
            end_masters(str(directory))
        shutil.rmtree(self.home, ignore_errors=True)


def get(url: str, path: str = "/", timeout: float = PATIENCE) -> tuple[int, str]:
    """The status and the body of a response, over a connection of its own."""
    with contextlib.closing(HTTPConnection(urlsplit(url).netloc, timeout=timeout)) as client:
        client.request("GET", path)
        response = client.getresponse()
        return response.status, response.read().decode()


class Clients:
    """Two clients that send a request every 100 ms: one over a kept connection, and one over new
    ones.

    :ivar failed: what went wrong.
    :ivar jobs: which jobs answered; ``newest``: the last one.
    :ivar slowest: seconds of the slowest request.
    """

    def __init__(self, url: str) -> None:
        self.failed: list[str] = []
        self.jobs: set[str] = set()
        self.newest = ""
        self.slowest, self.count = 0.0, 0
        self._place = urlsplit(url).netloc
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(keeps,), daemon=True) for keeps in (1, 0)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End them."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, keeps: bool) -> None:
        client = HTTPConnection(self._place, timeout=2 * PATIENCE)
        while not self._stopping.wait(0.1):
            began = time.monotonic()
            try:
                client.request("POST", "/", b"hello")
                response = client.getresponse()
                body = response.read().decode()
                if response.status != 200:
                    self.failed.append(f"{response.status} {body}")
                self.jobs.add(body)
                self.newest = body
            except (OSError, HTTPException) as error:
                self.failed.append(repr(error))
                client.close()
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.count += 1
            if not keeps:
                client.close()
        client.close()
