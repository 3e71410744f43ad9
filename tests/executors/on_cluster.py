"""The compute nodes of the real cluster, for the rules for executors."""

import shlex
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from dssr.job import JobSpec
from dssr.seams import Executor
from dssr.settings import Settings
from dssr.testing.executor import Ran, step_files
from tests.cluster import Cluster


@dataclass
class OnTheCluster:
    """Job steps on the nodes of the real cluster, as its service user."""

    executor: Executor
    cluster: Cluster
    image: str
    front: str = ""
    user: str = "jarvice"
    home: str = "/home/jarvice"
    base: str = field(default_factory=lambda: f"/home/jarvice/executors/{uuid.uuid4().hex}")

    def argv(
        self, spec: JobSpec, environ: Mapping[str, str] | None = None, nodes: int = 1
    ) -> list[str]:
        """Put the job's files where the cluster sees them; the words that run its step on so many
        nodes."""
        work = f"{self.base}/work"
        self.shell(f"mkdir -p {work}")
        launch = self.executor.launch(spec, Settings())
        for name, text in step_files(
            spec, launch, "export PROCESS_PROCID=$SLURM_PROCID JOB_NNODES=$SLURM_NNODES"
        ).items():
            self.write(f"{self.base}/{name}", text)
        own = {"DSSR_JOB_DIR": self.base, "DSSR_WORK_DIR": work} | dict(environ or {})
        words = [
            "env",
            *(f"{name}={value}" for name, value in own.items()),
            "srun",
            f"-N{nodes}",
            "--ntasks-per-node=1",
        ]
        return [*words, "bash", f"{self.base}/step"]

    def run(self, spec: JobSpec, environ: Mapping[str, str] | None = None, nodes: int = 1) -> Ran:
        """Run the step and wait for it; the exit code is the highest of the nodes."""
        done = self.cluster.run(
            "login", self.argv(spec, environ, nodes), user="jarvice", timeout=120
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def shell(self, command: str) -> str:
        """Run a shell command on the login node, as the service user."""
        done = self.cluster.run("login", ["sh", "-ec", command], user="jarvice")
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def write(self, path: str, text: str) -> None:
        """Write a file of the service user's."""
        command = ["sh", "-ec", f"umask 077; cat >{shlex.quote(path)}"]
        done = self.cluster.run("login", command, user="jarvice", input=text.encode())
        assert done.returncode == 0, done.stderr.decode()
