"""The API for people, on a real Slurm cluster."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cluster import Cluster
from tests.end_to_end.people import Person
from tests.end_to_end.service import Service, eventually

HOSTILE = 'it\'s "quoted" $(id) `id` \\ \t ä\nsecond line '


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


def test_a_short_job_has_its_place(person: Person) -> None:
    """A job that ends before the bridge lists it has its partition and its node."""
    ended = person.end_of(person.submit("true")["id"])
    assert (ended["partition"], len(ended["nodes"])) == ("batch", 1)


def test_a_job_gets_all_that_was_asked_for(person: Person) -> None:
    """Directives and members take effect, members first; environment and arguments arrive byte for
    byte, whatever the script's line ends are."""
    script = (
        "#SBATCH --time=7\r\n#SBATCH --partition=nowhere\r\n"
        'printf "%s|" "$THING" "$@" "$SLURM_JOB_PARTITION"\r\npwd\r\n'
    )
    partition = "batch"  # of the test cluster
    job = person.submit(
        script, name="asked", environment={"THING": HOSTILE}, arguments=["a b", "$HOME"],
        partition=partition, labels={"project": "water"}, walltime_seconds=120,
    )  # fmt: skip
    ended = person.end_of(job["id"])
    assert (ended["state"], ended["exit_code"], ended["walltime_seconds"]) == ("COMPLETED", 0, 120)
    printed, _, directory = person.output(job["id"]).decode().rpartition("|")
    assert printed == f"{HOSTILE}|a b|$HOME|{partition}"
    assert directory.strip() == ended["working_directory"]
    text = person.call("GET", f"/jobs/{job['id']}/script").content
    assert hashlib.sha256(text).hexdigest() == ended["script_sha256"]


@pytest.mark.parametrize(
    ("script", "state", "code"),
    [
        ("exit 0", "COMPLETED", 0),
        ("exit 3", "FAILED", 3),
        ("echo JARVICE_CMD_FAILURE", "COMPLETED", 0),
    ],
)
def test_the_exit_code_says_how_a_job_ended(
    script: str, state: str, code: int, person: Person
) -> None:
    """The exit code decides, and the words of the legacy API have no effect."""
    ended = person.end_of(person.submit(script)["id"])
    assert (ended["state"], ended["exit_code"], ended["is_final"]) == (state, code, True)


def test_the_same_key_is_the_same_job_after_a_restart(service: Service, person: Person) -> None:
    """A key holds across a bridge that is killed, also for a conflict and under another name."""
    first = person.submit("sleep 1", "restart-1")
    service.kill()
    service.start()
    headers = {"Idempotency-Key": "restart-1"}
    again = person.call("POST", "/jobs", json={"script": "sleep 1"}, headers=headers)
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    for other in ({"script": "sleep 2"}, {"script": "sleep 1", "name": "other"}):
        answer = person.call("POST", "/jobs", json=other, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
    assert person.end_of(first["id"])["state"] == "COMPLETED"


def test_a_job_is_found_by_all_its_names_after_its_end(service: Service, person: Person) -> None:
    """Id, native id and label find a job that has ended, also after a restart."""
    job = person.submit("true", name="found", labels={"sought": "yes"})
    person.end_of(job["id"])
    service.kill()
    service.start()
    assert person.job(job["native_id"])["id"] == job["id"]
    listed = person.call("GET", "/jobs?label=sought=yes&state=ended").json()["items"]
    assert [each["id"] for each in listed] == [job["id"]]


def test_a_job_is_held_released_and_cancelled(person: Person) -> None:
    """A held job waits and says why; released, it runs; cancelled, it stays cancelled."""
    path = f"/jobs/{person.submit('sleep 600', held=True)['id']}"
    held = eventually(lambda: person.call("GET", path).json(), lambda job: job["reason"] != "")
    assert (held["state"], held["held"]) == ("HELD", True)
    why: dict[str, Any] = person.call("GET", f"{path}/why").json()
    assert why["summary"]
    assert why["cure"]
    assert person.call("POST", f"{path}/release").status_code == 200
    eventually(lambda: person.call("GET", path).json()["state"], lambda state: state == "RUNNING")
    assert person.call("POST", f"{path}/hold").status_code == 409
    before = datetime.now(UTC).replace(microsecond=0)
    cancelled = person.call("DELETE", path)
    assert cancelled.status_code == 202
    assert datetime.fromisoformat(cancelled.json()["as_of"]) >= before
    ended = eventually(lambda: person.call("GET", path).json(), lambda job: job["is_final"])
    assert ended["state"] == "CANCELLED"
    assert person.call("DELETE", path).status_code == 200


def test_a_job_that_asked_for_nothing_says_what_it_was_given(person: Person) -> None:
    """The memory that Slurm gives where none was asked for is in the document of the job."""
    assert person.end_of(person.submit("true")["id"])["memory_mb"] > 0


def test_both_apis_agree(service: Service, person: Person) -> None:
    """A job of this API is in the legacy lists, and /exitstatus answers for it and removes
    nothing."""
    job = person.submit("echo shown; sleep 2", name="both")
    eventually(lambda: [*service.jobids("running"), *service.jobids("queued")],
               lambda ids: job["native_id"] in ids)  # fmt: skip
    person.end_of(job["id"])
    legacy = {"name": "both", "number": job["number"], "jobid": job["native_id"]}
    answer = eventually(lambda: service.post("/exitstatus", legacy), lambda a: a.status_code != 503)
    assert answer.json()[0] == 0
    assert person.output(job["id"]) == b"shown\n"


def test_what_slurm_refuses_is_422_and_can_be_corrected(person: Person) -> None:
    """The error has Slurm's words; the corrected request may have the same key."""
    headers = {"Idempotency-Key": "refused-1"}
    body = {"script": "true", "partition": "nowhere"}
    answer = person.call("POST", "/jobs", json=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/refused-by-scheduler")
    assert "partition" in answer.json()["detail"]
    assert person.submit("true", "refused-1")["name"] == "job"


def test_a_check_shows_what_would_be_submitted(person: Person) -> None:
    """The options have the member that takes precedence, and nothing is submitted."""
    before = len(person.call("GET", "/jobs?limit=1000").json()["items"])
    body = {"script": "#SBATCH --time=7\ntrue", "walltime_seconds": 120}
    checked = person.call("POST", "/jobs/check", json=body)
    assert checked.status_code == 200, checked.text
    assert "--time=0-00:02:00" in " ".join(checked.json()["options"])
    assert len(person.call("GET", "/jobs?limit=1000").json()["items"]) == before


def test_a_range_of_the_output_is_read(person: Person) -> None:
    """Any bytes of the output can be read, while the job runs and afterwards."""
    job = person.submit("seq 1 50000")
    person.end_of(job["id"])
    whole = "".join(f"{n}\n" for n in range(1, 50001)).encode()
    assert person.output(job["id"]) == whole
    assert person.output(job["id"], Range="bytes=1000-1999") == whole[1000:2000]
    assert person.output(job["id"], Range="bytes=-10") == whole[-10:]
