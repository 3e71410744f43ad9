"""What a job has used, on real Slurm clusters."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.cluster.options import Options
from tests.end_to_end.people import Person
from tests.end_to_end.service import Service

# A process that ends after two seconds of processor time, with 64 MB in memory. It reads its own
# clock: Linux compares `ulimit -t` with counted ticks, which can be a quarter more than it used.
BURN = """
cat >burn <<'END'
import time
held = b"x" * 64_000_000
while time.process_time() < 2:
    pass
END
"""


def of_bridge(cluster: Cluster) -> Iterator[Person]:
    """A person who calls a bridge of that cluster."""
    service = Service(cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"})
    yield Person(service)
    service.stop()


@pytest.fixture(scope="module")
def person(cluster: Cluster) -> Iterator[Person]:
    """Where accounting measures."""
    yield from of_bridge(cluster)


@pytest.fixture(scope="module")
def unaccounted(cluster_possible: None) -> Iterator[Person]:
    """Where there is no accounting."""
    cluster = Cluster.up(options=Options(accounting=False))
    yield from of_bridge(cluster)
    cluster.down()


def end_of(person: Person, script: str) -> dict[str, Any]:
    """The final document of a job with this script."""
    return dict(person.end_of(person.submit(script, cores_per_node=2)["id"]))


def test_accounting_has_what_a_job_used(person: Person) -> None:
    """The processor time and the memory are those of the job's steps together."""
    used = end_of(person, f"{BURN} srun -n 1 python3 burn; python3 burn; true")
    assert 2.8 < used["cpu_seconds"] < 12  # more than one of the two
    assert 60 <= used["memory_used_mb"] <= 200


def test_the_job_measures_itself_without_accounting(unaccounted: Person) -> None:
    """Without accounting, the processor time is what the batch script has measured, and the memory
    is not known."""
    used = end_of(unaccounted, f"{BURN} python3 burn; true")
    assert 1.8 < used["cpu_seconds"] < 6
    assert used["memory_used_mb"] is None


def test_a_part_is_not_reported_as_the_whole(unaccounted: Person) -> None:
    """Without accounting, nothing is known of a job whose steps Slurm starts."""
    used = end_of(unaccounted, f"{BURN} srun -n 1 python3 burn; true")
    assert (used["cpu_seconds"], used["memory_used_mb"]) == (None, None)


def test_a_running_job_has_no_figures(person: Person) -> None:
    """What a job has used is known at its end."""
    job = person.submit("sleep 600")
    assert person.job(job["id"])["cpu_seconds"] is None
    person.call("DELETE", f"/jobs/{job['id']}")
