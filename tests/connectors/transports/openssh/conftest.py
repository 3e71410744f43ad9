"""OpenSSH transports to the real login node, with control sockets of the test's own."""

import contextlib
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.transports.openssh import HostKeys, OpensshTransport, Target
from connectors.transports.openssh.program import control
from dssr.testing.transport import PRELUDE
from tests.cluster import Cluster, Options

Connect = Callable[..., OpensshTransport]
ANOTHER_PORT = 2222


def masters_in(directory: str) -> list[int]:
    """The processes that answer on the control sockets there."""
    sockets = [path for path in Path(directory).glob("*") if stat.S_ISSOCK(path.lstat().st_mode)]
    answers = [control(str(path), "check") for path in sockets]
    return [int(said.split("pid=")[1].split(")")[0]) for code, said in answers if code == 0]


def end_masters(directory: str) -> None:
    """Leave none of them running, and remove the directory."""
    for pid in masters_in(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


def target(cluster: Cluster, host: str = "login", **changes: Any) -> Target:
    """A login there, all of which is in settings."""
    keys = tuple(cluster.host_key_of(name) for name in ("login", "login2", "jump"))
    known = Target(
        cluster.address_of(host),
        cluster.port,
        cluster.user,
        cluster.private_key,
        host_keys=HostKeys(keys),
    )
    return replace(known, **changes)


@pytest.fixture(scope="package")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster for the tests of this package alone."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


@pytest.fixture
def directory() -> Iterator[str]:
    """A directory for control sockets, whose paths must be short."""
    made = tempfile.mkdtemp(prefix="dssr-")
    yield made
    end_masters(made)


@pytest.fixture
def connect(directory: str) -> Iterator[Connect]:
    """``connect(target, ..., **options)``: transports that are closed after the test."""
    made: list[OpensshTransport] = []

    def new(*targets: Target, **options: Any) -> OpensshTransport:
        made.append(OpensshTransport(*targets, **{"directory": directory} | options))
        return made[-1]

    yield new
    for transport in made:
        transport.close()


@contextlib.contextmanager
def transport_to(*targets: Target) -> Iterator[OpensshTransport]:
    """A transport for the tests of a class."""
    directory = tempfile.mkdtemp(prefix="dssr-")
    transport = OpensshTransport(*targets, prelude=PRELUDE, directory=directory)
    try:
        yield transport
    finally:
        transport.close()
        end_masters(directory)


@contextlib.contextmanager
def another_sshd(site: Cluster, host: str, *options: str) -> Iterator[None]:
    """One more sshd on that host, at ``ANOTHER_PORT``."""
    words = [word for option in (*options, "PidFile=/run/another.pid") for word in ("-o", option)]
    keys = ["-h", f"/etc/ssh/hostkeys/{host}"]
    done = site.run(host, ["/usr/sbin/sshd", *keys, "-p", str(ANOTHER_PORT), *words])
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        site.run(host, ["sh", "-c", "kill $(cat /run/another.pid)"])


def prohibiting(site: Cluster, host: str) -> contextlib.AbstractContextManager[None]:
    """One more sshd on that host, which forwards nothing."""
    return another_sshd(site, host, "AllowTcpForwarding=no")
