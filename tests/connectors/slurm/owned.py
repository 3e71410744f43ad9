"""Jobs of users of the test cluster, and connectors that act for these users."""

import itertools
from dataclasses import replace

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import NotFinal, NotFound
from dssr.job import JobRef, JobSpec, JobState
from dssr.settings.reading import parse
from dssr.testing.harness import LAUNCH, SUCCESS
from tests.cluster import Cluster
from tests.connectors.slurm.people import People, give_own_keys
from tests.end_to_end.service import eventually

USERS = ("alice", "bob")
WAITS = f"echo begun by $(id -un)\nsleep 600\n{SUCCESS}"
NUMBERS = itertools.count(1)


class Bridges:
    """One bridge after the other on one cluster, as far as their connectors go: each begins with
    what the cluster knows."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.people: People = give_own_keys(cluster, *USERS)
        self._made: list[SlurmConnector] = []

    def begin(self, **changes: str) -> SlurmConnector:
        """Another one, which acts for these people."""
        usual = {
            "JARVICE_SNAPSHOT_AGE": "0.2",
            "JARVICE_SETTLING_TIME": "3",
            "JARVICE_JOB_SCRATCH_DIR": "",
        }
        self._made.append(
            SlurmConnector(parse(self.cluster.settings() | usual | changes, SlurmSettings))
        )
        self._made[-1].act_for(self.people)
        return self._made[-1]

    def end(self) -> None:
        """Leave nothing running."""
        for user in (*USERS, "jarvice"):
            self.cluster.run("login", ["scancel", "-u", user])
        for connector in self._made:
            connector.close()


def job(owner: str, script: str = WAITS, number: int | None = None) -> JobSpec:
    """A job of one core, under a number that was not used before."""
    number = next(NUMBERS) if number is None else number
    return JobSpec(
        "shared-name", number, 1, source=script, script=script, exclusive=False, owner=owner
    )


def submit(connector: SlurmConnector, spec: JobSpec) -> JobRef:
    """Submit it; the whole of its reference."""
    return replace(spec.ref, native_id=connector.submit(spec, LAUNCH).native_id)


def ended(connector: SlurmConnector, ref: JobRef) -> tuple[JobState, bytes]:
    """How the job ends, and what it has printed."""

    def result() -> tuple[JobState, bytes] | None:
        try:
            result = connector.result(ref)
        except NotFinal:
            return None
        assert result is not None
        return result.state, result.output.data

    found = eventually(result)
    assert found is not None
    return found


def seen(connector: SlurmConnector, ref: JobRef) -> bytes:
    """What the job has printed so far."""
    try:
        return connector.output(ref, 10).data
    except NotFound:
        return b""


def printed(connector: SlurmConnector, ref: JobRef, words: bytes) -> bool:
    """Whether the job prints this."""
    return bool(eventually(lambda: words in seen(connector, ref)))


def forgotten(cluster: Cluster, ref: JobRef) -> None:
    """Wait until the controller knows nothing of the job, and sacct, if there is one, that it has
    ended."""
    query = ["squeue", "-h", "-t", "all", "-j", ref.native_id, "-o", "%A"]
    eventually(lambda: cluster.run("login", query).stdout.strip(), lambda listed: not listed, 150)


def owner_of(cluster: Cluster, path: str) -> str:
    """Whose that file is; nothing when there is none."""
    return cluster.run("login", ["stat", "-c", "%U", path]).stdout.decode().strip()
