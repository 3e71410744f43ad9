"""One host of a running cluster: commands and daemons in its namespaces."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.layout import USERS
from tests.cluster.processes import Process, in_namespace, kill_tree

_ENTER = (
    "nsenter -t {pid} -m -u -i -n -p -- "
    "setpriv --reuid={user} --regid={user} --init-groups --reset-env -- env -C {home}"
)


@dataclass(frozen=True)
class Host:
    """A host that is up.

    :ivar namespace: its PID namespace, as /proc names it.
    :ivar pid: this machine's number of its first process.
    """

    name: str
    namespace: str
    pid: int

    def argv(self, argv: Sequence[str], user: str = "root") -> list[str]:
        """The command of this machine that runs ``argv`` on the host as that user, in the user's
        home directory, with a fresh environment."""
        home = f"/home/{user}" if user in USERS else "/root" if user == "root" else "/"
        return [*_ENTER.format(pid=self.pid, user=user, home=home).split(), *argv]

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        input: bytes | str | None = None,
        timeout: float = 30,
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs a command on the host and waits for it.

        :param timeout: seconds; after that the command is killed with its children.
        :raises subprocess.TimeoutExpired: it took longer.
        """
        command = self.argv(argv, user)
        given = input.encode() if isinstance(input, str) else input
        stdin = subprocess.DEVNULL if given is None else subprocess.PIPE
        with subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            try:
                stdout, stderr = process.communicate(given, timeout)
            except BaseException:
                kill_tree(process.pid)
                raise
        return subprocess.CompletedProcess(list(argv), process.returncode, stdout, stderr)

    def check(self, script: str, *, user: str = "root", timeout: float = 30) -> str:
        """Runs a shell script on the host and returns its stdout.

        :raises ClusterError: it failed; the text has the end of its stderr.
        """
        done = self.run(["sh", "-eu"], user=user, input=script, timeout=timeout)
        if done.returncode != 0:
            what = script.strip().splitlines()[0]
            reason = (done.stderr or done.stdout).decode(errors="replace").strip()[-500:]
            raise ClusterError(
                f"On host {self.name}, '{what}' ended with {done.returncode}: {reason}"
            )
        return done.stdout.decode(errors="replace")

    def processes(self) -> list[Process]:
        """The processes on the host now, without its first one."""
        return [process for process in in_namespace(self.namespace) if process.inner != 1]


def find_host(name: str, directory: Path, timeout: float = 10) -> Host:
    """Waits until the host's first process has entered the shared root, which it notes in
    ``directory/ready``.

    :raises ClusterError: it did not within that many seconds.
    """
    deadline = time.monotonic() + timeout
    while not (directory / "ready").exists():
        if time.monotonic() > deadline:
            log = (directory.parent.parent / "supervisor.log").read_text(errors="replace").strip()
            raise ClusterError(
                f"Host {name} is not up after {timeout:g} s: {log or '(it did not say why)'}"
            )
        time.sleep(0.005)
    namespace = (directory / "ready").read_text().strip()
    while True:
        for process in in_namespace(namespace):
            # Until tini has taken over, the root of the host is not yet the cluster's.
            if process.inner == 1 and process.name == "tini":
                return Host(name, namespace, process.pid)
        if time.monotonic() > deadline:
            raise ClusterError(f"Host {name} came up and died again.")
        time.sleep(0.005)
