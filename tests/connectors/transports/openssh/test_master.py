"""Masters that processes share, and what else may be at the place of their socket."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connectors.transports.openssh import Target
from connectors.transports.openssh.program import control
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import Connect, masters_in, target
from tests.connectors.transports.ssh.conftest import until

pytestmark = pytest.mark.cluster

PROGRAM = """\
import sys
from connectors.transports.openssh import HostKeys, OpensshTransport, Target
host, user, key, host_key, directory = sys.argv[1:]
target = Target(host, 22, user, open(key).read(), host_keys=HostKeys((host_key,)))
transport = OpensshTransport(target, directory=directory)
sys.stdout.buffer.write(transport.run(["sh", "-c", "echo $SSH_CONNECTION"], timeout=60).stdout)
transport.close()
"""


def socket_in(directory: str) -> Path:
    """The control socket there."""
    [found] = [path for path in Path(directory).iterdir() if path.is_socket()]
    return found


def test_processes_that_start_at_once_share_one(
    site: Cluster, directory: str, tmp_path: Path
) -> None:
    """Eight processes that start at once use one connection."""
    (tmp_path / "key").write_text(site.private_key)
    words = [site.address, site.user, str(tmp_path / "key"), site.host_key, directory]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": "."},
        )
        for _ in range(8)
    ]
    answers = {process.communicate(timeout=PATIENCE)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 8
    assert len(answers) == 1
    assert answers != {b""}
    assert len(masters_in(directory)) == 1


def test_the_next_transport_finds_it(site: Cluster, connect: Connect, directory: str) -> None:
    """A master outlives its transport, and the next one makes no connection."""
    first = connect(target(site))
    assert unharmed(first)
    first.close()
    second = connect(target(site))
    assert unharmed(second)
    assert second.counters.connections == 0
    assert len(masters_in(directory)) == 1


def test_one_that_is_not_used_ends(site: Cluster, connect: Connect, directory: str) -> None:
    """A master ends some seconds after its last session."""
    transport = connect(target(site), persist=1)
    assert unharmed(transport)
    assert masters_in(directory)
    transport.close()
    assert until(lambda: not masters_in(directory))


def test_no_private_key_stays_on_disk(site: Cluster, connect: Connect, directory: str) -> None:
    """A private key is in a file only while ssh reads it."""
    assert unharmed(connect(target(site)))
    files = [path for path in Path(directory).iterdir() if path.is_file()]
    assert files
    assert not any("PRIVATE KEY" in path.read_text() for path in files)


def test_it_does_not_keep_the_settings(
    site: Cluster, connect: Connect, directory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment of a master has none of the bridge's settings."""
    monkeypatch.setenv("JARVICE_SLURM_SSH_PKEY", "secret")
    monkeypatch.setenv("DSSR_TOKEN", "secret")
    assert unharmed(connect(target(site)))
    [pid] = masters_in(directory)
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"PATH=" in environ
    assert b"secret" not in environ


def test_a_stale_socket_is_replaced(site: Cluster, connect: Connect, directory: str) -> None:
    """The socket of a master that was killed is not used."""
    assert unharmed(connect(target(site)))
    [pid] = masters_in(directory)
    os.kill(pid, signal.SIGKILL)
    assert socket_in(directory)
    assert unharmed(connect(target(site)))
    assert masters_in(directory) != [pid]


def test_what_is_no_master_is_replaced(site: Cluster, connect: Connect, directory: str) -> None:
    """A file, a link and a socket on which something else listens are no masters."""
    assert unharmed(connect(target(site)))
    path = socket_in(directory)
    for number in range(3):
        control(str(path), "exit")
        assert until(lambda: not path.exists())
        with socket.socket(socket.AF_UNIX) as other:
            if number == 0:
                path.touch()
            elif number == 1:
                path.symlink_to("/dev/null")
            else:
                other.bind(str(path))
                other.listen()
            assert unharmed(connect(target(site)))
        assert path.is_socket()
        assert len(masters_in(directory)) == 1


def test_the_socket_of_another_user_is_not_used(
    site: Cluster, connect: Connect, directory: str
) -> None:
    """A socket that belongs to another user is not used, though a master answers on it."""
    assert unharmed(connect(target(site)))
    [pid] = masters_in(directory)
    os.chown(socket_in(directory), 12345, 12345)
    transport = connect(target(site))
    assert unharmed(transport)
    assert transport.counters.connections == 1
    assert masters_in(directory) != [pid]


def test_other_users_have_masters_of_their_own(
    site: Cluster, connect: Connect, directory: str
) -> None:
    """Each user and each login node has a master of its own."""
    for place in (target(site), target(site, user="alice"), target(site, "login2")):
        assert unharmed(connect(place))
    assert len(masters_in(directory)) == 3


def test_the_users_own_configuration(
    site: Cluster, connect: Connect, directory: str, tmp_path: Path
) -> None:
    """An alias, its user, key and known hosts come from the user's configuration alone, and a
    control socket of theirs is not used."""
    (tmp_path / "key").write_text(site.private_key)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "known").write_text(f"{site.address} {site.host_key}\n")
    (tmp_path / "config").write_text(
        f"Host hpc\n HostName {site.address}\n User {site.user}\n IdentityFile {tmp_path}/key\n"
        f" UserKnownHostsFile {tmp_path}/known\n GlobalKnownHostsFile /dev/null\n"
        f" ControlMaster auto\n ControlPath {tmp_path}/theirs\n ControlPersist 60\n"
        " RemoteCommand date\n RequestTTY force\n"
    )
    transport = connect(Target("hpc", config=str(tmp_path / "config")))
    began = time.monotonic()
    assert transport.run(["id", "-un"], timeout=PATIENCE).stdout.decode().strip() == site.user
    assert time.monotonic() - began < PATIENCE / 2
    assert not (tmp_path / "theirs").exists()
    assert len(masters_in(directory)) == 1
