"""Commands of ``dssr``, by a bridge of a real Slurm cluster."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.client import Client
from tests.cluster import Cluster
from tests.dssr.cli.running import Dssr, home_of
from tests.end_to_end.service import Service

SETTINGS = {"JARVICE_BAREMETAL_EXECUTOR": "native", "JARVICE_SNAPSHOT_AGE": "20"}


@pytest.fixture(scope="module")
def service(cluster: Cluster) -> Iterator[Service]:
    """A bridge with the native executor."""
    made = Service(cluster.settings() | SETTINGS)
    yield made
    made.stop()


@pytest.fixture
def dssr(service: Service, tmp_path: Path) -> Dssr:
    """Runs commands as a new user of that bridge."""
    return Dssr(home_of(tmp_path) | {"DSSR_URL": service.url})


def test_a_check_that_slurm_refuses(dssr: Dssr) -> None:
    """--check exits as a refused submission does, with Slurm's own words."""
    words = ("--account", "nobody-has-it", "-", "true")
    done = dssr("submit", "--check", *words, stdin="true")
    assert done.code == dssr("submit", *words, stdin="true").code == 3
    assert done.out.startswith("Refused: ")
    assert "Invalid account" in done.out
    assert "would start" not in done.out


@pytest.fixture
def strict(cluster: Cluster) -> Iterator[str]:
    """A partition with limits, of which Slurm takes jobs that break them."""
    words = ["PartitionName=strict", "Nodes=ALL", "MaxTime=10", "MaxNodes=1", "MaxMemPerNode=500"]
    cluster.run("login", ["scontrol", "create", *words]).check_returncode()
    yield "strict"
    cluster.run("login", ["scontrol", "delete", words[0]]).check_returncode()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--time", "20m"), "time limit is longer than its partition allows"),
        (("--mem", "600M"), "MaxMemPerNode is 500"),
        (("--nodes", "2"), "configuration is not available"),
    ],
)
def test_a_check_of_a_job_that_would_never_start(
    words: tuple[str, ...], reason: str, strict: str, dssr: Dssr
) -> None:
    """Where the partition's limits forbid what is asked, --check names no start, and says why and
    what to do."""
    done = dssr("submit", "--check", "-p", strict, *words, "-", stdin="true")
    assert reason in done.out
    assert "would start" not in done.out
    document = dssr("submit", "--check", "--json", "-p", strict, *words, "-", stdin="true").document
    assert document["expected_start_at"] is None
    assert document["warnings"]
    fits = dssr("submit", "--check", "-p", f"{strict},batch", *words, "-", stdin="true")
    assert fits.out.startswith("It would start ")


def test_a_check_shows_each_option_once(dssr: Dssr) -> None:
    """What the request sets in place of a directive is among the words for sbatch once."""
    script = "#!/bin/bash\n#SBATCH --time=9 -N 1\n#SBATCH --time=8\ntrue\n"
    document = dssr("submit", "--check", "--json", "--time", "7m", "-", stdin=script).document
    assert [word for word in document["options"] if word.startswith("--time")] == [
        "--time=0-00:07:00"
    ]
    assert document["options"].count("--nodes=1") == 1
    assert document["refusal"] == ""


def test_the_explanation_has_the_id(dssr: Dssr) -> None:
    """The summary names the job by its own id, however it was asked for."""
    job = dssr.submit("exit 3")
    assert dssr("wait", job).code == 3
    native_id = dssr("job", job, "--json").document["native_id"]
    for name in (job, native_id, "-"):
        assert dssr("why", name).out.startswith(f"Job {job} failed")
    assert " UTC" not in dssr("why", job).out


def test_following_ends_with_the_job(dssr: Dssr) -> None:
    """A job that is followed is at its end soon after its last output, however seldom the
    controller is asked."""
    client = Client(dssr.environ["DSSR_URL"])
    for code in (0, 3):
        job = client.submit(f"sleep 3; echo last; exit {code}")
        times = [time.monotonic() for _ in job.follow()]
        assert time.monotonic() - times[-1] < 5.0  # a busy machine
        assert (job.is_final, job.document["exit_code"]) == (True, code)
