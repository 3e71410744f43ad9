"""The portal on a login node, reached from a laptop by the lines that ``dssr web`` prints."""

import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page

from tests.browser.portal import ready
from tests.browser.touring import wait_for_state
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import ANOTHER_PORT, another_sshd
from tests.end_to_end.service import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
# On the login node's network, under a name by which the laptop reaches it.
ON_LOGIN = 'nsenter -t {pid} -n -- unshare -u sh -c \'hostname "$0"; exec "$@"\' {name}'
SCRIPT = "#!/bin/bash\nfor n in 1 2 3; do echo line $n; sleep 0.5; done\n"


@pytest.fixture(scope="module")
def site(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, whose login node lets the user in who runs this test."""
    keys = f"/home/{cluster.user}/.ssh/authorized_keys"
    options = ("PermitRootLogin=yes", "StrictModes=no", f"AuthorizedKeysFile={keys}")
    with another_sshd(cluster, "login", *options):
        yield cluster


class OnLogin:
    """``dssr web`` on the login node. ``lines``: what it prints; ``port``: where it listens."""

    def __init__(self, site: Cluster, place: Path) -> None:
        self._environ = {
            **site.settings(),
            "JARVICE_BAREMETAL_EXECUTOR": "native",
            "JARVICE_WEB_STATE": str(place / "web"),
            "PATH": "/usr/bin:/bin",
            "HOME": str(place),
        }
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._command = [sys.executable, "-m", "dssr", "web", "--port", str(self.port)]
        login = shlex.split(ON_LOGIN.format(pid=site.hosts["login"].pid, name=site.address))
        self.process = subprocess.Popen(
            [*login, *self._command], env=self._environ, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout
        self.lines = [self.process.stdout.readline().rstrip() for _ in range(12)]

    def link(self) -> str:
        """A new link, as the last line says."""
        assert self.lines[-1] == f"Another link: dssr web --link --port {self.port}"
        words = [*self._command, "--link"]
        return subprocess.check_output(words, env=self._environ, text=True, timeout=60).strip()


@pytest.fixture(scope="module")
def web(site: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnLogin]:
    """The portal of the login node's user."""
    found = OnLogin(site, tmp_path_factory.mktemp("web"))
    yield found
    found.process.terminate()
    found.process.wait(60)
    assert found.process.stdout
    found.process.stdout.close()


class Laptop:
    """A machine with an ssh of its own settings."""

    def __init__(self, site: Cluster, place: Path) -> None:
        key, known = place / "key", place / "known"
        key.write_text(site.private_key)
        key.chmod(0o600)
        known.write_text(f"[{site.address}]:{ANOTHER_PORT} {site.host_key}\n")
        self.config, self._socket = place / "config", place / "socket"
        self.settings = (
            f"Host *\n  Port {ANOTHER_PORT}\n  IdentityFile {key}\n  UserKnownHostsFile {known}\n"
            f"  ControlMaster auto\n  ControlPath {self._socket}\n  ControlPersist no\n"
        )
        self.config.write_text(self.settings)

    @contextmanager
    def pasted(self, line: str) -> Iterator[None]:
        """A line in this machine's shell, until the end of the block."""
        ssh = f'ssh() {{ command ssh -F {shlex.quote(str(self.config))} "$@"; }}'
        shell = subprocess.Popen(
            ["sh", "-c", f"{ssh}\n{line}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually(self._socket.exists)
            yield
        finally:
            subprocess.run(
                ["ssh", "-F", self.config, "-O", "exit", "x"], capture_output=True, check=False
            )
            assert shell.stdin
            shell.stdin.close()
            shell.wait(60)
            eventually(lambda: not self._socket.exists())


@pytest.fixture
def laptop(site: Cluster) -> Iterator[Laptop]:
    """A laptop from which the login node is reached."""
    with tempfile.TemporaryDirectory(prefix="laptop.") as place:  # a short path, for a socket
        yield Laptop(site, Path(place))


def _reaches(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/live", timeout=30).ok
    except requests.ConnectionError:
        return False


def _commands(lines: Sequence[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip().startswith("ssh ")]


def test_each_way_works_as_it_is_pasted(web: OnLogin, laptop: Laptop) -> None:
    """The line, its form in the background, and the block for ssh's configuration each lead to the
    portal."""
    start = next(n for n, line in enumerate(web.lines) if line.strip().startswith("Host "))
    block = "\n".join(web.lines[start : start + 4])
    by_name = re.findall(r"'(ssh .*)'", web.lines[start - 1])
    laptop.config.write_text(f"{block}\n{laptop.settings}")
    commands = [*_commands(web.lines), *by_name]
    assert len(commands) == 3
    for command in commands:
        assert not _reaches(web.port)
        with laptop.pasted(command):
            eventually(lambda: _reaches(web.port))


def test_the_tour_through_a_forward(web: OnLogin, laptop: Laptop, page: Page) -> None:
    """From a laptop, a user logs in by a link, submits a job, and reads its output while it is
    printed."""
    root = f"http://127.0.0.1:{web.port}"
    with laptop.pasted(_commands(web.lines)[1]):
        eventually(lambda: _reaches(web.port))
        page.goto(web.link())
        page.wait_for_selector("form.logout")
        page.goto(f"{root}/submit")
        page.fill("[name=name]", "far")
        page.fill("[name=script]", SCRIPT)
        page.click("button[name=submit]")
        page.wait_for_selector("h1 [data-state]")
        job = page.url
        page.goto(f"{job}/output")
        page.wait_for_selector(".line:has-text('line 3')", timeout=90_000)
        page.goto(job)
        ready(page)
        wait_for_state(page, "COMPLETED", 90)
