"""``dssr web``: a portal for its user."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dssr.cli.commands.web import way

COMMAND = [sys.executable, "-m", "dssr", "web"]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Settings for a bridge on this machine."""
    return {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "WAITRESS_PORT": "0",
        "JARVICE_JOB_SCRATCH_DIR": f"{tmp_path}/scratch",
    }


@pytest.fixture
def portal(environ: dict[str, str]) -> Iterator[list[str]]:
    """The lines that the command prints."""
    process = subprocess.Popen(
        COMMAND, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    lines = [process.stdout.readline().rstrip() for _ in range(12)]
    yield lines
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()


def _log_in(link: str) -> requests.Response:
    """What the page behind the link does."""
    address, code = link.strip().split("#code=")
    root = address.removesuffix("/login")
    return requests.post(address, data={"token": code}, headers={"Origin": root}, timeout=30)


def test_the_link_logs_in_once(portal: list[str], environ: dict[str, str]) -> None:
    """The link that the command prints logs in its user with all rights, and a second time not;
    another command makes another link."""
    link = portal[1]
    port = re.findall(r"127\.0\.0\.1:(\d+)/", link)[0]
    assert _log_in(link).status_code == 200
    assert _log_in(link).status_code == 401
    done = subprocess.run(
        [*COMMAND, "--link", "--port", port], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert _log_in(done.stdout).status_code == 200


def test_other_users_of_the_machine_stay_outside(portal: list[str]) -> None:
    """Without credentials, the portal and both APIs refuse every caller, though the port is open to
    all users of the machine."""
    root = portal[1].strip().partition("/login")[0]
    for path in ("/api/v1/jobs", "/running"):
        assert requests.get(root + path, timeout=30).status_code == 401
    answer = requests.post(f"{root}/login", headers={"Origin": root}, timeout=30)
    assert answer.status_code == 401


def test_the_way_is_printed_for_ssh() -> None:
    """The lines have the link, both forms of ssh, and a block for ssh's configuration. All name the
    address that the portal listens on, because ::1, which localhost may be, is open to others."""
    lines = [line.strip() for line in way("LINK", 5000, "alice", "login1")]
    assert lines[1] == "LINK"
    for line in (
        "ssh -L 5000:127.0.0.1:5000 alice@login1",
        "ssh -fNL 5000:127.0.0.1:5000 alice@login1",
        "HostName login1",
        "User alice",
        "LocalForward 5000 127.0.0.1:5000",
    ):
        assert line in lines


def test_a_link_needs_a_port(environ: dict[str, str]) -> None:
    """Without a port, the command does not guess where the portal listens."""
    done = subprocess.run([*COMMAND, "--link"], env=environ, capture_output=True, text=True)
    assert done.returncode != 0
    assert "--port" in done.stderr


def test_a_link_needs_a_portal(environ: dict[str, str]) -> None:
    """Where no portal listens, no link is printed, and the error says how to start one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    words = [*COMMAND, "--link", "--port", str(port)]
    done = subprocess.run(words, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (4, "")
    assert "'dssr web' serves one" in done.stderr


def test_the_link_stays_in_sight(environ: dict[str, str]) -> None:
    """The log has no line but warnings, and says nothing of a password, as none was set."""
    process = subprocess.Popen(
        COMMAND, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    link = [process.stdout.readline() for _ in range(2)][1]
    assert _log_in(link).status_code == 200
    process.send_signal(signal.SIGINT)
    log = process.communicate(timeout=60)[1]
    assert all(" WARNING " in line for line in log.splitlines())
    assert "JARVICE_SCHED_SERVER_KEY" not in log
