"""``dssr service`` with the address of a bridge, on a real Slurm cluster."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dssr.seams import PART
from tests.cluster import Cluster
from tests.connectors.slurm.services.web import ON_SOCKET
from tests.end_to_end.interactive import Browser
from tests.end_to_end.service import Service as Bridge
from tests.end_to_end.service import eventually
from tests.end_to_end.test_services_bridge import bridge

QUICK = ("--heartbeat", "1s")
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def service(cluster: Cluster) -> Iterator[Bridge]:
    """A bridge with the cluster's settings."""
    with tempfile.TemporaryDirectory(prefix="port.") as name, bridge(cluster, Path(name)) as made:
        yield made


class Person:
    """A person who has the address of the bridge, and no access to the cluster."""

    def __init__(self, service: Bridge, home: Path) -> None:
        self._environment = {
            **{n: v for n, v in os.environ.items() if not n.startswith(("JARVICE_", "DSSR_"))},
            "DSSR_URL": service.url,
            "HOME": str(home),
        }

    def does(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """What a command prints."""
        return subprocess.run(
            [sys.executable, "-m", "dssr", "service", *words],
            env=self._environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def runs(self, *words: str | Path) -> str:
        """What a program of Python prints; it must succeed."""
        done = subprocess.run(
            [sys.executable, *words], env=self._environment, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def document(self, *words: str | Path) -> Any:
        """The document that a command prints; it must succeed."""
        done = self.does(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def person(service: Bridge, tmp_path: Path) -> Person:
    """A person who uses the bridge."""
    return Person(service, tmp_path)


def test_a_service_through_a_bridge(person: Person, tmp_path: Path) -> None:
    """The commands start, show, list, restart and end a service that the bridge holds; the address
    stays when they have ended, and is the same for all of them."""
    script = tmp_path / "serve.py"
    script.write_text(ON_SOCKET)
    found = person.document("up", "by-url", script, "--daemonize", "--heartbeat", "1s")
    page = Browser(found["browser_url"])
    assert page.get("/").status_code == 200
    again = person.document("connect", "by-url", "--daemonize", "--no-browser")
    assert again["browser_url"] == found["browser_url"]
    assert person.document("status", "by-url")["state"] == "ready"
    assert "by-url" in [one["name"] for one in person.document("list")["items"]]
    assert "listening on a socket" in person.does("logs", "by-url").stdout
    person.document("restart", "by-url")
    eventually(lambda: int(page.get("/").text.split()[0]), lambda number: number >= 2)
    person.document("down", "by-url")
    eventually(lambda: person.document("status", "by-url")["state"], lambda s: s == "stopped")


def test_a_directory_is_copied_through_a_bridge(
    person: Person, cluster: Cluster, tmp_path: Path
) -> None:
    """The program finds its files, large ones and programs among them, where it runs; '--purge'
    removes the service's folder and leaves the files."""
    copied = tmp_path / "program"
    (copied / "data").mkdir(parents=True)
    (copied / "serve.py").write_text(ON_SOCKET)
    large = os.urandom(PART + 1)
    (copied / "data" / "large").write_bytes(large)
    (copied / "service.sh").write_text(
        "#!/bin/sh\ncksum <data/large && ./tool && exec python3 serve.py\n"
    )
    (copied / "tool").write_text("#!/bin/sh\necho The tool has run.\n")
    (copied / "tool").chmod(0o755)
    found = person.document("up", "files", copied, "--copy", "--daemonize", *QUICK)
    assert Browser(found["browser_url"]).get("/").status_code == 200
    printed = person.does("logs", "files").stdout
    assert "The tool has run." in printed
    summed = subprocess.run(["cksum"], input=large, capture_output=True, check=True).stdout
    assert summed.decode() in printed
    person.document("down", "files", "--purge")
    assert "There is no service 'files'" in person.does("status", "files").stderr
    listed = cluster.run(
        "login", ["ls", ".dssr/services", "dssr-services/files"], user=cluster.user
    )
    assert listed.stdout.split().count(b"files") == 0
    assert b"tool" in listed.stdout.split()


CELL = """
import asyncio, sys
from dssr.services import start
async def cell():
    with start("cell", sys.argv[1], copy=sys.argv[1], heartbeat=1) as service:
        print(service.wait_ready(60).browser_url, service.status()["job"])
asyncio.new_event_loop().run_until_complete(cell())
"""


def test_a_notebook_starts_a_service_through_a_bridge(person: Person, tmp_path: Path) -> None:
    """'start' copies a directory and gives a handle; the address stays when the program ends."""
    copied = tmp_path / "program"
    copied.mkdir()
    (copied / "serve.py").write_text(ON_SOCKET)
    (copied / "service.sh").write_text("#!/bin/sh\nexec python3 serve.py\n")
    url, job = person.runs("-c", CELL, copied).split()
    assert Browser(url).get("/").text.split()[1] == job
    person.document("down", "cell")


def test_a_key_is_not_copied_through_a_bridge(person: Person, tmp_path: Path) -> None:
    """A file with the name of a key is named, and nothing is started."""
    copied = tmp_path / "program"
    copied.mkdir()
    (copied / "service.sh").write_text("true")
    (copied / "server.key").write_text("secret")
    done = person.does("up", "keys", copied, "--copy")
    assert done.returncode != 0
    assert "server.key" in done.stderr
    assert "There is no service 'keys'" in person.does("status", "keys").stderr


def test_what_a_bridge_does_not_do(person: Person, tmp_path: Path) -> None:
    """What needs the user's own access to the cluster names the option for it."""
    script = tmp_path / "serve.sh"
    script.write_text("true")
    copying = person.does("up", "demo", script, "--copy", tmp_path, "--to", "elsewhere")
    assert copying.returncode != 0
    assert "leave --to out" in copying.stderr
    assert "--cluster" in person.does("status", "demo", "--ssh").stderr


def test_a_program_that_dies_at_once(person: Person, tmp_path: Path) -> None:
    """The error has the program's last lines, at once."""
    script = tmp_path / "serve.sh"
    script.write_text("#!/bin/sh\necho There is no model.\nexit 3\n")
    done = person.does("up", "dies", script, "--daemonize", "--retries", "0", "--heartbeat", "1s")
    assert done.returncode != 0
    assert "There is no model." in done.stderr
