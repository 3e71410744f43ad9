"""A cluster with faults that a test plants, and what the doctor finds on it."""

import subprocess
from collections.abc import Mapping, Sequence

from connectors.slurm.connector import SlurmConnector
from dssr import configuration
from dssr.doctor.report import is_prose
from dssr.seams import Finding, Status
from tests.cluster import Cluster

USER = "bob"
HOME = f"/home/{USER}"


class Patient:
    """A cluster, and the settings of a bridge for it. The service user is bob."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.left: list[str] = []  # by the last examination
        self.environ = cluster.settings() | {
            "JARVICE_SLURM_SSH_USER": USER,
            "JARVICE_JOB_SCRATCH_DIR": f"{HOME}/scratch/",
        }

    def connector(self, changes: Mapping[str, str] | None = None) -> SlurmConnector:
        """A connector with these settings changed."""
        configured = configuration.load(self.environ | dict(changes or {}), files=False)
        made: SlurmConnector = configured.connector.make(configured.settings)
        return made

    def examine(
        self, changes: Mapping[str, str] | None = None, *, with_jobs: bool = False
    ) -> dict[str, Finding]:
        """What the doctor finds, by the names of the checks."""
        connector, self.left = self.connector(changes), []
        try:
            return {finding.name: finding for finding in connector.examine(with_jobs, self.left)}
        finally:
            connector.close()

    def sh(self, host: str, script: str, user: str = "root") -> str:
        """Run a script on a host."""
        done = self.cluster.run(host, ["bash", "-c", script], user=user)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def restart_sshd(self) -> None:
        """End the login node's sshd and its connections, and start it again."""
        self.cluster.stop("login", "sshd")
        self.cluster.start("login", "sshd")

    def files(self) -> Sequence[str]:
        """What there is of the user's on all hosts, and their jobs."""
        found = [self.sh("login", f"find {HOME} | sort; squeue -h -u {USER} -o %A")]
        for host in ("login", "node1", "node2"):
            found.append(self.sh(host, f"find /tmp -user {USER} | sort"))
        return found


def with_status(found: dict[str, Finding], status: Status) -> set[str]:
    """The names of the checks of which that came."""
    return {name for name, finding in found.items() if finding.status is status}


def to_paste(finding: Finding) -> str:
    """The lines of the cure that are commands or settings."""
    return "\n".join(line for line in finding.cure.splitlines() if not is_prose(line))


def pasted_settings(finding: Finding) -> dict[str, str]:
    """The settings that a shell has after the cure's lines were pasted into it."""
    exports = [line for line in to_paste(finding).splitlines() if line.startswith("export ")]
    script = "\n".join([*exports, "env -0"])
    printed = subprocess.run(
        ["env", "-i", "/bin/sh", "-c", script], capture_output=True, text=True, check=True
    ).stdout
    pairs = (entry.partition("=") for entry in printed.split("\0") if entry)
    return {name: value for name, _, value in pairs if name.startswith("JARVICE_")}
