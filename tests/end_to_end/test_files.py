"""Files of jobs on a real Slurm cluster, by the API for people, where there is no room."""

from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.end_to_end.people import Person
from tests.end_to_end.service import Service

pytestmark = pytest.mark.cluster
MB = 1 << 20
HOSTS = ("login", "node1", "node2")


@pytest.fixture
def person(native: Service) -> Person:
    """A person who calls a bridge with the native executor."""
    return Person(native)


@pytest.fixture
def small(cluster: Cluster) -> Iterator[str]:
    """A directory below the scratch root with a file system of 1 MB, on each host its own."""
    directory = f"/home/{cluster.user}/scratch/small"
    cluster.run("login", ["mkdir", "-p", directory], user=cluster.user).check_returncode()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,uid=2001,mode=700", "tmpfs", directory]
    for host in HOSTS:
        cluster.run(host, mount).check_returncode()
    yield directory
    for host in HOSTS:
        cluster.run(host, ["umount", "-l", directory])


def test_a_full_file_system(person: Person, small: str) -> None:
    """What does not fit is 507 in the system's words and takes no room; the job's earlier files,
    and the parts of the same upload that did fit, stay as they are."""
    job = person.submit("true", working_directory=small)
    files = f"/jobs/{job['id']}/files"
    person.end_of(job["id"])
    assert person.call("PUT", f"{files}/early", data=b"early").status_code == 201
    first = {"Content-Range": f"bytes 0-{MB // 2 - 1}/{4 * MB}"}
    assert person.call("PUT", f"{files}/big", data=bytes(MB // 2), headers=first).status_code == 202
    rest = {"Content-Range": f"bytes {MB // 2}-{3 * MB // 2 - 1}/{4 * MB}"}
    full = person.call("PUT", f"{files}/big", data=bytes(MB), headers=rest)
    assert (full.status_code, full.json()["type"]) == (507, "/problems/no-space")
    assert "'big' could not be written on the cluster: No space left" in full.json()["detail"]
    assert person.call("HEAD", f"{files}/big").headers["Upload-Offset"] == str(MB // 2)
    assert person.call("GET", f"{files}/early").content == b"early"
    assert [item["path"] for item in person.call("GET", files).json()["items"]] == ["early"]
    assert person.call("PUT", f"{files}/late", data=bytes(1000)).status_code == 201


def test_a_job_that_fills_its_file_system(person: Person, small: str) -> None:
    """``why`` of a job that found no room names the line of its output that says so."""
    job = person.submit("exec head -c 2000000 /dev/zero >big", working_directory=small)
    assert person.end_of(job["id"])["state"] == "FAILED"
    why = person.call("GET", f"/jobs/{job['id']}/why").json()
    assert "file system is full" in why["summary"]
    assert any("error writing 'standard output': No space left" in line for line in why["because"])
