"""The daemons: how each is started, known in the process table, stopped, and seen to be ready."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.cluster.errors import ClusterError
from tests.cluster.host import Host
from tests.cluster.processes import Process


@dataclass(frozen=True)
class Daemon:
    """One kind of daemon.

    :ivar start: the shell text that starts it, as root, and returns.
    :ivar ready: the shell text that succeeds once it answers.
    :ivar names: what its processes are called in the process table.
    """

    name: str
    start: str
    ready: str
    names: tuple[str, ...]


_SLURM_DIRECTORIES = "install -d -o slurm -g slurm /run/slurm /var/log/slurm"

# Without accounting it only starts without the plugins that need the database.
_START_SLURMRESTD = """
    plugins=
    as_restd='setpriv --reuid=restd --regid=restd --init-groups'
    if grep -q accounting_storage/none /etc/slurm/slurm.conf; then
        known=$(SLURM_JWT=daemon $as_restd slurmrestd -s list 2>&1)
        plugins="-s $(echo "$known" | grep -o 'openapi/\\(slurmctld\\|v[0-9.]*\\)$' | paste -sd, -)"
    fi
    SLURM_JWT=daemon setsid $as_restd slurmrestd -a rest_auth/jwt $plugins 0.0.0.0:6820 \\
        >/var/log/slurmrestd.log 2>&1 </dev/null &
"""

DAEMONS = {
    daemon.name: daemon
    for daemon in (
        Daemon(
            "munged",
            "install -d -o munge -g munge /run/munge && install -d -m 700 -o munge -g munge "
            "/var/log/munge\n"
            "setpriv --reuid=munge --regid=munge --init-groups munged",
            "munge -n >/dev/null",
            ("munged",),
        ),
        # OpenSSH 9.8 and later give each connection a process of another name.
        Daemon(
            "sshd",
            "mkdir -p -m 755 /run/sshd\n/usr/sbin/sshd -h /etc/ssh/hostkeys/$(hostname)",
            "ss -Hltn sport = :22 | grep -q .",
            ("sshd", "sshd-session", "sshd-auth"),
        ),
        Daemon(
            "mariadbd",
            "install -d -o mysql -g mysql /run/mysqld /run/mariadbd\n"
            "setsid mariadbd --user=mysql >/var/log/mariadbd.log 2>&1 </dev/null &",
            "mariadb -N -e 'SELECT 1' >/dev/null",
            ("mariadbd",),
        ),
        Daemon(
            "slurmdbd",
            f"{_SLURM_DIRECTORIES}\nslurmdbd",
            "ss -Hltn sport = :6819 | grep -q .",
            ("slurmdbd",),
        ),
        Daemon(
            "slurmctld",
            f"{_SLURM_DIRECTORIES}\nslurmctld",
            "scontrol ping | grep -q ' UP'",
            ("slurmctld", "slurmscriptd"),
        ),
        Daemon(
            "slurmd",
            f"{_SLURM_DIRECTORIES}\ntouch /dev/gpu0 /dev/gpu1\nslurmd",
            "ss -Hltn sport = :6818 | grep -q .",
            ("slurmd",),
        ),
        Daemon(
            "slurmrestd",
            _START_SLURMRESTD,
            "ss -Hltn sport = :6820 | grep -q .",
            ("slurmrestd",),
        ),
    )
}


def find_daemon(name: str) -> Daemon:
    """The daemon of that name.

    :raises ClusterError: there is none.
    """
    if name not in DAEMONS:
        raise ClusterError(f"There is no daemon '{name}'; known are {', '.join(DAEMONS)}.")
    return DAEMONS[name]


def running(host: Host, daemon: Daemon) -> list[Process]:
    """The daemon's processes on that host, those of its open sessions included."""
    return [
        process
        for process in host.processes()
        if _daemon_name(process) in daemon.names and process.command
    ]


def _daemon_name(process: Process) -> str:
    """Debian's programs are named slurmctld-wlm and so on, behind a link: a daemon that has run
    itself anew, as ``scontrol reconfigure`` has it do, goes by that name."""
    return process.name.rstrip(":").removesuffix("-wlm")


def start(host: Host, daemon: Daemon, timeout: float = 20) -> None:
    """Starts it and returns once it answers; one that runs already is left as it is.

    :raises ClusterError: it fails, or does not answer in time.
    """
    if not running(host, daemon):
        host.check(daemon.start)
    wait_until(
        lambda: host.run(["sh", "-c", daemon.ready]).returncode == 0,
        f"{daemon.name} on {host.name} to answer",
        timeout,
    )


def stop(host: Host, daemon: Daemon, how: signal.Signals, timeout: float = 20) -> None:
    """Sends the signal to all its processes and returns once they are gone.

    :raises ClusterError: they are still there after that many seconds.
    """
    send(host, daemon, how)
    if how is not signal.SIGKILL:
        send(host, daemon, signal.SIGCONT)

    def is_gone() -> bool:
        if how is signal.SIGKILL:  # a client that came back meanwhile may have a session anew
            send(host, daemon, how)
        return not running(host, daemon)

    wait_until(is_gone, f"{daemon.name} on {host.name} to end", timeout)


def send(host: Host, daemon: Daemon, what: signal.Signals) -> None:
    """A real signal to the real processes; none running is no error."""
    for process in running(host, daemon):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, what)


def wait_until(
    holds: Callable[[], bool], what: str, timeout: float, interval: float = 0.02
) -> None:
    """Returns when it holds.

    :raises ClusterError: it does not within that many seconds.
    """
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            raise ClusterError(f"Waited {timeout:g} s for {what}, in vain.")
        time.sleep(interval)
