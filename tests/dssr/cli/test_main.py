"""dssr as a process of its own."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def run(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dssr", *arguments]
    return subprocess.run(
        command, env=dict(environ), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def slurm() -> dict[str, str]:
    """Settings for a cluster, with a key that no host accepts."""
    key = (
        Ed25519PrivateKey.generate()
        .private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        .decode()
    )
    return {
        "JARVICE_BAREMETAL_CONNECTOR": "slurm",
        "JARVICE_SLURM_CLUSTER_ADDR": "127.0.0.1",
        "JARVICE_SLURM_SSH_USER": "svc",
        "JARVICE_SLURM_SSH_PKEY": key,
        "JARVICE_SLURM_SSH_HOST_KEY": f"SHA256:{'A' * 43}",
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_gets_a_signal(number: int, environ: dict[str, str], start: Any) -> None:
    """The bridge logs its report and the address, responds, and ends with exit code 0."""
    process = start(environ)
    url = process.until_listening()
    process.until("The cluster takes jobs.")
    assert not url.endswith(":0")
    assert requests.get(url + "/live", timeout=30).json() == {"status": "OK"}
    assert requests.get(url + "/gc", timeout=30).status_code == 200
    assert process.end(number) == 0
    assert "connector   dummy" in process.log
    assert "dssr has stopped; jobs go on" in process.log
    assert "Traceback" not in process.log


def test_the_command_serves_too(environ: dict[str, str], start: Any) -> None:
    """'dssr serve' does the same as 'python -m dssr serve'."""
    process = start(environ, str(Path(sys.executable).parent / "dssr"), "serve")
    assert requests.get(process.until_listening() + "/live", timeout=30).status_code == 200


def test_an_upstreams_connection_does_not_hold_up_the_end(
    environ: dict[str, str], start: Any
) -> None:
    """The end does not wait for a client that keeps its connection open or sends half a request."""
    process = start(environ)
    host, port = process.until_listening().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as half:
        half.sendall(b"POST /submit HTTP/1.1\r\nContent-Length: 100\r\n\r\nargs=")
        assert process.end(signal.SIGTERM) == 0


SLOW = """
import sys, time
from connectors.dummy.connector import plugin

class Slow(plugin):
    def snapshot(self):
        print("asked", file=sys.stderr, flush=True)
        time.sleep(1)
        return super().snapshot()
"""


def test_a_call_that_runs_is_answered_before_the_end(
    environ: dict[str, str], start: Any, tmp_path: Path
) -> None:
    """A caller whose request came before SIGTERM gets the response."""
    (tmp_path / "slow_connector.py").write_text(SLOW)
    process = start(
        environ
        | {"PYTHONPATH": str(tmp_path), "JARVICE_BAREMETAL_CONNECTOR": "slow_connector:Slow"}
    )
    url = process.until_listening()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(requests.get, url + "/running", timeout=30)
        process.until("asked")
        assert process.end(signal.SIGTERM) == 0
        assert answer.result().json() == []


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.0.0.1,127.0.0.2"])
def test_listeners_are_answered_at_the_end(bind: str, environ: dict[str, str], start: Any) -> None:
    """At SIGTERM a stream ends as it should, and a request that waits gets 503 with a time."""
    process = start(environ | {"WAITRESS_BIND_ADDRESS": bind})
    url = f"{process.until_listening()}/api/v1/events"
    stream = requests.get(url, stream=True, timeout=30)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(requests.get, f"{url}?wait_seconds=60", timeout=90)
        time.sleep(2)
        assert process.end(signal.SIGTERM) == 0
        answer = waits.result()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/stopping")
    assert int(answer.headers["Retry-After"]) == answer.json()["retry_after_seconds"]
    assert b"retry: " in b"".join(stream.iter_content(None))  # which fails without an end
    assert "dssr has stopped; jobs go on\n" in process.log


def test_all_that_is_wrong_with_the_settings_is_listed(environ: dict[str, str]) -> None:
    """Each problem with the settings is a line with its variable; the exit code is 2, without a
    traceback."""
    bad = {
        "WAITRESS_PORT": "http",
        "JARVICE_SCHED_LOGLEVEL": "loud",
        "JARVICE_SCHED_SERVER_KEY": "MARKED",
    }
    done = run(environ | bad, "serve")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0] == "dssr serve: the settings are wrong:"
    assert len(lines) == 4
    assert all(any(name in line for line in lines[1:]) for name in bad)
    assert "MARKED" not in done.stderr


@pytest.mark.parametrize("name", ["JARVICE_SCHED_TOKENS_FILE", "JARVICE_SCHED_AUDIT_LOG"])
def test_an_unusable_file_stops_the_start(
    name: str, environ: dict[str, str], tmp_path: Path
) -> None:
    """An unusable file of tokens or audit log ends the bridge with exit code 2 and a sentence with
    its path."""
    done = run(environ | {name: str(tmp_path / "missing" / "file")}, "serve")
    assert done.returncode == 2
    assert str(tmp_path / "missing" / "file") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_token_is_taken_up_while_it_serves(
    environ: dict[str, str], start: Any, tmp_path: Path
) -> None:
    """A token that one process makes is accepted by another."""
    environ |= {
        "JARVICE_SCHED_TOKENS_FILE": str(tmp_path / "tokens"),
        "WAITRESS_BIND_ADDRESS": "127.0.0.1",
    }
    first = run(environ, "token", "new", "first", "--scope", "read").stdout.strip()
    url = start(environ).until_listening()
    assert (
        requests.get(
            url + "/nodes", headers={"Authorization": f"Bearer {first}"}, timeout=30
        ).status_code
        == 200
    )
    second = run(environ, "token", "new", "second", "--scope", "read").stdout.strip()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        answer = requests.get(
            url + "/nodes", headers={"Authorization": f"Bearer {second}"}, timeout=30
        )
        if answer.status_code == 200:
            break
        time.sleep(0.5)
    assert answer.status_code == 200


def test_tokens_open_the_bridge_to_all_addresses(
    environ: dict[str, str], start: Any, tmp_path: Path
) -> None:
    """A bridge that listens on all addresses because it has tokens says so, with the setting that
    keeps it to this machine; one whose setting says where it listens logs nothing."""
    environ |= {"JARVICE_SCHED_TOKENS_FILE": str(tmp_path / "tokens")}
    run(environ, "token", "new", "first", "--scope", "read")
    for address, is_warned in (("", True), ("127.0.0.1", False), ("0.0.0.0", False)):
        process = start(environ | {"WAITRESS_BIND_ADDRESS": address})
        process.until_listening()
        assert ("WAITRESS_BIND_ADDRESS=127.0.0.1 keeps it to this" in process.log) == is_warned


def test_a_reader_may_close_the_pipe(environ: dict[str, str]) -> None:
    """A command whose reader has gone ends as by SIGPIPE, without a traceback."""
    command = f"{sys.executable} -m dssr settings --markdown | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_a_silent_cluster_delays_nothing_else(
    environ: dict[str, str], slurm: dict[str, str], start: Any
) -> None:
    """While a login node says nothing, /live responds and SIGTERM ends the bridge."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start(
            environ | slurm | {"JARVICE_SLURM_CLUSTER_PORT": str(silent.getsockname()[1])}
        )
        assert requests.get(process.until_listening() + "/live", timeout=30).status_code == 200
        assert process.end(signal.SIGTERM) == 0
    assert "Traceback" not in process.log


def test_a_cluster_out_of_reach_stops_nothing(
    environ: dict[str, str], slurm: dict[str, str], start: Any
) -> None:
    """With a cluster out of reach the bridge starts, calls get 503 with Retry-After, and the report
    says what to look at."""
    process = start(environ | slurm | {"JARVICE_SLURM_CLUSTER_PORT": "1"})
    url = process.until_listening()
    process.until("THE CLUSTER TAKES NO JOBS")
    process.until("JARVICE_SLURM_CLUSTER_PORT")
    assert process.log.count("Connection refused") == 2, "once by the transport, once in the report"
    answer = requests.get(url + "/running", timeout=30)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert requests.get(url + "/gc", timeout=30).json()["status"] == "BAD"
    assert process.end(signal.SIGTERM) == 0
    assert "Traceback" not in process.log
    assert "PRIVATE KEY" not in process.log


def test_a_key_that_cannot_be_read_stops_it(environ: dict[str, str], slurm: dict[str, str]) -> None:
    """A bad private key is refused at the start, without being shown."""
    done = run(environ | slurm | {"JARVICE_SLURM_SSH_PKEY": "MARKED"}, "serve")
    assert done.returncode == 2
    assert "JARVICE_SLURM_SSH_PKEY" in done.stderr
    assert "MARKED" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_reported(environ: dict[str, str]) -> None:
    """A port in use ends the bridge with exit code 1 and one sentence with the setting to
    change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(environ | {"WAITRESS_PORT": str(port)}, "serve")
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is in use" in done.stderr
    assert "WAITRESS_PORT" in done.stderr
    assert "INFO" not in done.stderr, "what has not begun does not stop"
    assert "Traceback" not in done.stderr


def test_an_address_of_another_machine_is_reported(environ: dict[str, str]) -> None:
    """An address that this machine does not have ends the bridge with exit code 2 and one
    sentence."""
    done = run(
        environ | {"WAITRESS_BIND_ADDRESS": "192.0.2.1", "JARVICE_SCHED_RUN_OPEN": "true"}, "serve"
    )
    assert done.returncode == 2
    assert (
        done.stderr
        == "dssr serve: cannot start: 192.0.2.1 is not an address of this machine: change "
        "WAITRESS_BIND_ADDRESS.\n"
    )


def test_a_misspelt_setting_is_warned_about(environ: dict[str, str], start: Any) -> None:
    """A misspelt setting causes a warning, and the bridge starts."""
    process = start(environ | {"JARVICE_SCHED_LOGLEVL": "10"})
    process.until_listening()
    assert (
        "WARNING JARVICE_SCHED_LOGLEVL is no setting of dssr: did you mean JARVICE_SCHED_LOGLEVEL?"
        in process.log
    )


def test_version_and_help(environ: dict[str, str]) -> None:
    """Version and help end with success, and help names the commands."""
    assert re.fullmatch(r"dssr \d+\.\d+\S*\n", run(environ, "--version").stdout)
    assert run(environ, "version").stdout == run(environ, "--version").stdout
    assert "settings" in run(environ, "--help").stdout


def test_without_a_command_there_is_a_usage(environ: dict[str, str]) -> None:
    """Without a command dssr prints its help on stderr and ends with exit code 2."""
    done = run(environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: dssr [OPTIONS] COMMAND" in done.stderr
