"""A running cluster, as a test sees it."""

from __future__ import annotations

import base64
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import daemons, machine
from tests.cluster.boot import (
    find_hosts,
    nodes_are_idle,
    start_daemons,
    start_supervisor,
    write_configuration,
)
from tests.cluster.errors import ClusterError
from tests.cluster.generations import DEFAULT_GENERATION
from tests.cluster.host import Host
from tests.cluster.inventory import Record, claim, latest, remove
from tests.cluster.layout import LOGIN, PLACES, REGISTRY, SERVICE_USER
from tests.cluster.options import Options
from tests.cluster.processes import Process
from tests.cluster.registry import Registry, start_registry
from tests.cluster.roots import find_generation


class Cluster:
    """A Slurm cluster of several hosts on this machine; get one from :meth:`up`."""

    port = 22
    user = SERVICE_USER

    def __init__(
        self, record: Record, hosts: dict[str, Host], process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.record = record
        self.hosts = hosts
        self._process = process

    @classmethod
    def up(cls, generation: str = DEFAULT_GENERATION, options: Options | None = None) -> Cluster:
        """Boots a cluster (a few seconds; minutes when its root file system must be built first).

        On return all nodes are idle and the login node takes SSH connections. It ends with this
        process, whatever ends this process, unless :meth:`detach` is called.

        :raises ImpossibleHere: this machine cannot run one.
        :raises ClusterError: a part of it did not start; nothing is left of it.
        """
        machine.require()
        record = claim(find_generation(generation).name, options or Options())
        try:
            record, process = start_supervisor(record)
            hosts = find_hosts(record)
            write_configuration(record, hosts[LOGIN.name])
            start_daemons(record, hosts)
        except BaseException:
            remove(latest(record))
            raise
        return cls(record, hosts, process)

    @classmethod
    def attach(cls, record: Record) -> Cluster:
        """The cluster of that record, which another process has brought up.

        :raises ClusterError: it is not up.
        """
        return cls(record, find_hosts(record))

    def detach(self) -> None:
        """Let the cluster go on after this process has ended, until ``down``."""
        if self._process is not None and self._process.stdin is not None:
            self.record = self.record.detached()
            self._process.stdin.write(b"stay\n")
            self._process.stdin.close()

    @property
    def generation(self) -> str:
        """Which Slurm it is: ``24.11``."""
        return self.record.generation

    @property
    def address(self) -> str:
        """The login node's address."""
        return self.address_of(LOGIN.name)

    def address_of(self, host: str) -> str:
        """That host's address.

        :raises ClusterError: there is no such host.
        """
        octets = {place.name: place.octet for place in PLACES}
        return self.record.network.address(octets[self._host(host).name])

    @property
    def private_key(self) -> str:
        """The private key of all users on all hosts with sshd, in OpenSSH's format."""
        return (self.record.base / "id_ed25519").read_text()

    @property
    def host_key(self) -> str:
        """The login node's public host key: ``ssh-ed25519 AAAA...``."""
        return self.host_key_of(LOGIN.name)

    def host_key_of(self, host: str) -> str:
        """That host's public key, type and base64, without a comment."""
        return " ".join(self.path(f"/etc/ssh/hostkeys/{host}.pub").read_text().split()[:2])

    @property
    def has_apptainer(self) -> bool:
        """Whether this generation's root has Apptainer (22.05's libc is too old for it)."""
        return find_generation(self.generation).has_apptainer

    @property
    def image(self) -> str:
        """The path on the cluster of a small container image with busybox and bash.

        :raises ClusterError: this generation has no Apptainer, so no image either.
        """
        if not self.has_apptainer:
            raise ClusterError(
                f"The cluster of Slurm {self.generation} has no Apptainer and so no image."
            )
        return "/opt/images/box.sif"

    @property
    def registry(self) -> Registry:
        """A container registry with basic authentication and one image; started when first asked
        for.

        :raises ClusterError: this generation has no Apptainer to pull with, or the registry does
        not start.
        """
        layer = self.path(self.image).with_name("box.tar.gz")
        return start_registry(self._host(REGISTRY.name), self.address_of(REGISTRY.name), layer)

    def ssh_config(self, alias: str) -> str:
        """The lines by which ``ssh ALIAS`` logs in to the login node (ssh_config(5))."""
        known_hosts = self.record.base / "known_hosts"
        known_hosts.write_text(f"{self.address} {self.host_key}\n")
        return (
            f"Host {alias}\n"
            f"    HostName {self.address}\n"
            f"    User {self.user}\n"
            f"    IdentityFile {self.record.base / 'id_ed25519'}\n"
            f"    UserKnownHostsFile {known_hosts}\n"
        )

    def settings(self) -> dict[str, str]:
        """The environment with which the bridge talks to this cluster."""
        return {
            "JARVICE_BAREMETAL_CONNECTOR": "slurm",
            "JARVICE_SLURM_CLUSTER_ADDR": self.address,
            "JARVICE_SLURM_CLUSTER_PORT": str(self.port),
            "JARVICE_SLURM_SSH_USER": self.user,
            "JARVICE_SLURM_SSH_PKEY": base64.b64encode(self.private_key.encode()).decode(),
            "JARVICE_SLURM_SSH_HOST_KEY": self.host_key,
            "JARVICE_JOB_SCRATCH_DIR": f"/home/{self.user}/scratch/",
        }

    def path(self, path: str) -> Path:
        """The file of that absolute path on the cluster's shared file system, as this machine sees
        it.

        It leads through /proc: do not ``resolve()`` it. /tmp, /run, /var/log and /var/spool/slurmd
        are each host's own and not to be seen this way.
        """
        return self.record.shared_root / path.lstrip("/")

    def run(
        self,
        host: str,
        argv: Sequence[str],
        *,
        user: str = "root",
        input: bytes | str | None = None,
        timeout: float = 30,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command on a host as that user, in the user's home directory, with a fresh
        environment.

        :raises subprocess.TimeoutExpired: it took more than that many seconds; it has been killed.
        """
        return self._host(host).run(argv, user=user, input=input, timeout=timeout)

    def argv(self, host: str, argv: Sequence[str], *, user: str = "root") -> list[str]:
        """The command of this machine that does the same: for a Popen of one's own, or a shell."""
        return self._host(host).argv(argv, user)

    def stop(self, host: str, daemon: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Ends a daemon, sshd with its sessions; returns once it is gone."""
        daemons.stop(self._host(host), daemons.find_daemon(daemon), how)

    def start(self, host: str, daemon: str) -> None:
        """Starts a daemon, unless it runs; returns once it answers."""
        daemons.start(self._host(host), daemons.find_daemon(daemon))

    def pause(self, host: str, daemon: str) -> None:
        """SIGSTOP: it holds its connections and says nothing."""
        daemons.send(self._host(host), daemons.find_daemon(daemon), signal.SIGSTOP)

    def resume(self, host: str, daemon: str) -> None:
        """SIGCONT: it goes on after :meth:`pause`."""
        daemons.send(self._host(host), daemons.find_daemon(daemon), signal.SIGCONT)

    def link(self, host: str, up: bool) -> None:
        """Pulls the host's network cable, or plugs it in again: while it is out, packets vanish
        without an answer."""
        words = [
            "nsenter",
            "-t",
            str(self.record.supervisor_pid),
            "-n",
            "ip",
            "link",
            "set",
            self._host(host).name,
        ]
        machine.command([*words, "up" if up else "down"])

    def processes(self, host: str) -> list[Process]:
        """What runs on that host, with command lines, as its ``ps`` would show it."""
        return self._host(host).processes()

    def wait_idle(self, timeout: float = 60) -> None:
        """Returns when no job is left and every node is idle; nodes that are down are resumed.

        :raises ClusterError: it is not so within that many seconds.
        """
        daemons.wait_until(self._is_idle, "the cluster to become idle", timeout, interval=0.1)

    def down(self) -> None:
        """Ends the cluster; nothing of it is left. A second call does nothing."""
        remove(self.record)
        if self._process is not None:
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()

    def _is_idle(self) -> bool:
        login = self.hosts[LOGIN.name]
        if login.run(["/usr/bin/squeue", "-h", "-o", "%A"]).stdout.strip():
            return False
        if nodes_are_idle(login):
            return True
        login.run(["/usr/bin/scontrol", "update", "nodename=ALL", "state=resume"])
        return False

    def _host(self, name: str) -> Host:
        if name not in self.hosts:
            raise ClusterError(f"The cluster has no host '{name}'; it has {', '.join(self.hosts)}.")
        return self.hosts[name]
