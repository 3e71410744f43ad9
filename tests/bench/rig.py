"""A cluster, bridges on it, and what is asked of them."""

import base64
import contextlib
import itertools
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus
from uuid import uuid4

from connectors.slurm.shell import programs
from connectors.transports.framing import command
from tests.bench import counted, load
from tests.bench.load import Tally
from tests.cluster import Cluster
from tests.end_to_end.service import Service, script

_TOKEN = "987654321987"  # stands for a number in a request that is used again and again
_PADDING = "# " + "x" * 76 + "\n"
BODY = script(_PADDING * 115 + "echo JARVICE_CMD_SUCCESS")  # 9 kB, as upstreams' scripts have
PLAIN = "#!/bin/bash\n" + _PADDING * 115 + "true\n"
SBATCH = "sbatch --parsable -H -J bare -N 1 --ntasks-per-node=1 -n 1 --mem=0 -o /dev/null"
_MEMORY = f"/dev/shm/dssr-bench-{os.getpid()}"  # the hosts share this machine's
_numbers = itertools.count(int(time.time()) * 1000)


class Rig:
    """One cluster for all figures, and a directory on this machine."""

    def __init__(self, cluster: Cluster, directory: Path, *, short: bool) -> None:
        self.cluster, self.directory, self.short = cluster, directory, short

    @contextlib.contextmanager
    def bridge(self, **settings: str) -> Iterator[Service]:
        """A bridge with the default age of its snapshots, connected."""
        tally = self.directory / f"tally.{next(_numbers)}"
        own = {
            "JARVICE_BAREMETAL_EXECUTOR": "native",
            "JARVICE_BAREMETAL_CONNECTOR": counted.NAME,
            counted.VARIABLE: str(tally),
            "JARVICE_SNAPSHOT_AGE": "5",
        }
        service = Service(self.cluster.settings() | own | settings)
        try:
            assert load.run(service.url, lambda: load.get("/running"), 1, count=1).failed == 0, (
                "".join(service.log)
            )
            yield service
        finally:
            service.stop()

    def commands(self, service: Service) -> int:
        """How many commands that bridge has sent to the login node."""
        return counted.count(Path(service._settings[counted.VARIABLE]))

    memory = _MEMORY

    def in_memory(self) -> dict[str, str]:
        """Settings for held jobs, which no node needs to see: their files lie in the login node's memory until ``clear``."""
        self.cluster.run("login", ["mkdir", "-p", _MEMORY], user=self.cluster.user)
        return {
            "JARVICE_STATE_DIR": f"{_MEMORY}/state/",
            "JARVICE_JOB_SCRATCH_DIR": f"{_MEMORY}/scratch/",
        }

    def clear(self) -> None:
        """Cancel all jobs."""
        self.cluster.run("login", ["rm", "-rf", _MEMORY])
        self.cluster.run("login", ["scancel", "-u", self.cluster.user], timeout=300)
        self.cluster.wait_idle(300)


@contextlib.contextmanager
def rig(*, short: bool) -> Iterator[Rig]:
    """A cluster that takes more jobs than the default, which ends with the block."""
    cluster = Cluster.up()
    try:
        raise_job_limit(cluster)
        with tempfile.TemporaryDirectory() as directory:
            made = Rig(cluster, Path(directory), short=short)
            yield made
            made.clear()
    finally:
        cluster.down()


def raise_job_limit(cluster: Cluster) -> None:
    """slurm.conf(5): MaxJobCount is 10,000 by default, and a change needs a restart."""
    with cluster.path("/etc/slurm/slurm.conf").open("a") as conf:
        conf.write("MaxJobCount=50000\n")
    cluster.stop("login", "slurmctld")
    cluster.start("login", "slurmctld")
    cluster.wait_idle()


def form(args: dict[str, object]) -> bytes:
    """The body of a call."""
    return f"args={quote_plus(json.dumps(args))}".encode()


def submissions(held: bool = True, name: str = "bench") -> load.Request:
    """Each time another job's submission; held, so that the jobs themselves cost nothing."""
    encoded = base64.b64encode(BODY.encode()).decode()
    args = {
        "name": name,
        "number": int(_TOKEN),
        "nodes": 1,
        "hpc_script": {"native": encoded},
        "bearer": "",
        "held": held,
    }
    before, after = (part for part in form(args).split(_TOKEN.encode()))
    return lambda: load.post("/submit", before + str(next(_numbers)).encode() + after)


def without_sbatch() -> str:
    """The program that submits, for a shell in which sbatch is a function: as many words, files and bytes as for a real job."""
    key, token = uuid4().hex, uuid4().hex
    place = f"bench/{token}.{key[:12]}"
    words = (
        "",
        f"{key[:2]}/{key}",
        token,
        "bench",
        "1",
        place,
        "",
        BODY,
        "x" * 1100,
        "x" * 3700,
        "",
        *SBATCH.split()[1:],
    )
    return command(programs.argv("submit", words), None, "mark")


def call(path: str, name: str, number: int, jobid: str) -> bytes:
    """A call about a job."""
    return load.post(path, form({"name": name, "number": number, "jobid": jobid}))


def rss(service: Service) -> float:
    """The memory of the bridge's process, in MB (proc(5))."""
    status = Path(f"/proc/{service._process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def controller_rpcs(cluster: Cluster) -> dict[str, int]:
    """How many requests of each kind the controller has had (sdiag(1)), and from the service user in all (``user``)."""
    said = cluster.run("login", ["sdiag"]).stdout.decode()
    by_kind = said.partition("by message type")[2].partition("by user")[0]
    found = {
        kind: int(number)
        for kind, number in re.findall(r"^\s+(\w+)\s.*?count:(\d+)", by_kind, re.MULTILINE)
    }
    by_user = said.partition("by user")[2]
    user = re.search(rf"^\s+{cluster.user}\s.*?count:(\d+)", by_user, re.MULTILINE)
    return found | {"user": int(user[1]) if user else 0}


def check(tally: Tally) -> Tally:
    """All was answered well."""
    assert tally.failed == 0, tally.errors
    assert tally.answers, "nothing was answered"
    return tally
