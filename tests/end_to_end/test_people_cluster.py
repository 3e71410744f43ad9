"""The cluster, and why jobs wait or failed, by the API for people on a real Slurm cluster."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dssr.http.v1.cluster_models import ClusterAbout, NodeList, PartitionList, Queue
from dssr.http.v1.models import Aged
from tests.cluster import Cluster
from tests.end_to_end.people import Person
from tests.end_to_end.service import Service, eventually

LISTS: dict[str, type[Aged]] = {
    "partitions": PartitionList, "nodes": NodeList, "queue": Queue
}  # fmt: skip


@pytest.fixture(scope="module")
def service(cluster: Cluster) -> Iterator[Service]:
    """A bridge with the native executor."""
    made = Service(cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"})
    yield made
    made.stop()


@pytest.fixture
def person(service: Service) -> Person:
    """A person who calls it."""
    return Person(service)


def queries(service: Service, kind: str) -> int:
    """How many commands of that kind the bridge has sent."""
    text = requests.get(f"{service.url}/metrics", timeout=30).text
    found = re.search(rf'^dssr_cluster_queries_total{{kind="{kind}"}} (\d+)', text, re.MULTILINE)
    return int(found[1]) if found else 0


def test_the_cluster_is_shown_by_one_command(service: Service, person: Person) -> None:
    """A person's browser and sixty programs that look at everything cost one command."""
    held = person.submit("true", held=True)
    paths = ["/cluster", *(f"/cluster/{name}" for name in LISTS)] * 15
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda path: person.call("GET", path), paths))
    assert {answer.status_code for answer in answers} == {200}
    assert queries(service, "cluster") == 1
    about, *lists = (answer.json() for answer in answers[:4])
    ClusterAbout.model_validate(about)
    assert (about["scheduler"], about["host"], about["reachable"]) == ("slurm", "login", True)
    assert {"records", "hold", "output", "check", "why", "cluster"} <= set(about["features"])
    for model, found in zip(LISTS.values(), lists, strict=True):
        model.model_validate(found)
        assert found["age_seconds"] < 30
    (row,) = [job for job in lists[2]["items"] if job["native_id"] == held["native_id"]]
    assert (row["state"], row["reason"]) == ("HELD", "JobHeldUser")
    person.call("DELETE", f"/jobs/{held['id']}")


def test_both_apis_give_the_same_reason(service: Service, person: Person) -> None:
    """/why and /events have the same words, each with its own API's id of the job, and the job's
    document has a sentence of them."""
    job = person.submit("echo one; no-such-program")
    ended = person.end_of(job["id"])
    assert ended["explanation"].startswith("Exit code 127: ")
    why = person.call("GET", f"/jobs/{job['id']}/why").json()
    assert "the command no-such-program was not found" in why["summary"]
    assert any("Its output shows: " in sentence for sentence in why["because"])
    legacy = {"name": ended["name"], "number": ended["number"], "jobid": ended["native_id"]}
    summary = why["summary"].replace(job["id"], ended["native_id"])
    assert summary in service.post("/events", legacy).json()


def test_a_job_that_waits_says_why(person: Person) -> None:
    """The document, the explanation and the expected start of a job that begins later agree."""
    job = person.submit("#SBATCH --begin=now+1hour\ntrue")
    shown = eventually(lambda: person.job(job["id"]), lambda job: job["reason"] == "BeginTime")
    assert "start time (--begin) is in the future" in shown["explanation"]
    why = person.call("GET", f"/jobs/{job['id']}/why").json()
    assert "(BeginTime)" in why["summary"]
    assert why["expected_start_at"] == shown["expected_start_at"] is not None
    person.call("DELETE", f"/jobs/{job['id']}")
