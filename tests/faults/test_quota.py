"""A disk quota that is used up, on a real cluster: the kernel refuses with EDQUOT."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dssr.seams import Status
from tests.cluster import Cluster
from tests.cluster.errors import ImpossibleHere
from tests.cluster.quota import limited
from tests.connectors.slurm.examination.patient import Patient
from tests.dssr.http.web.browsing import Browser, alerts
from tests.end_to_end.people import Person
from tests.end_to_end.service import Service

pytestmark = pytest.mark.cluster
HOSTS = ("login", "node1", "node2")
PLACE = "/home/jarvice/limited"
BIND = "WAITRESS_BIND_ADDRESS"
STATE, SCRATCH = "JARVICE_STATE_DIR", "JARVICE_JOB_SCRATCH_DIR"
FILL = f"head -c 20M /dev/urandom >{PLACE}/filling || true"
WORDS = "Disk quota exceeded"
MB = 1 << 20


@pytest.fixture(scope="module")
def place(site: Cluster) -> Iterator[str]:
    """A directory in which the service user may use 6 MB; where no quota can be made, the tests are
    skipped, and with CI=true they fail."""
    site.run("login", ["mkdir", "-p", PLACE], user="jarvice").check_returncode()
    with ExitStack() as undo:
        try:
            undo.enter_context(limited(site, PLACE, 2001, 6, HOSTS))
        except ImpossibleHere as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield PLACE


@pytest.fixture
def empty(site: Cluster, place: str) -> str:
    """The same without any file."""
    site.run("login", ["sh", "-c", f"rm -rf {place}/* {place}/.j*"], user="jarvice")
    return place


@pytest.fixture
def full(site: Cluster, empty: str) -> str:
    """The same when the quota is used up."""
    done = site.run("login", ["sh", "-c", FILL], user="jarvice")
    assert WORDS in done.stderr.decode()
    return empty


def person_of(site: Cluster, **settings: str) -> tuple[Service, Person]:
    """A bridge with these settings, and a person who calls it."""
    environ = site.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"} | settings
    service = Service(environ)
    return service, Person(service)


@pytest.mark.parametrize("setting", [STATE, SCRATCH])
def test_the_doctor_names_the_quota(setting: str, site: Cluster, full: str) -> None:
    """The directory's check fails in the system's words, and says to make room or to use another
    directory; when there is room again, it succeeds."""
    patient = Patient(site)
    patient.environ |= {"JARVICE_SLURM_SSH_USER": "jarvice", setting: f"{full}/"}
    check = "state-directory" if setting == STATE else "scratch-directory"
    found = patient.examine()[check]
    assert (found.status, found.setting) == (Status.FAILURE, setting)
    assert WORDS in found.detail
    assert "have the quota raised" in found.cure
    assert f"du -xh {full}" in found.cure
    assert f"export {setting}=" in found.cure
    site.run("login", ["rm", f"{full}/filling"], user="jarvice").check_returncode()
    assert patient.examine()[check].status is Status.OK


def test_an_upload(site: Cluster, empty: str, tmp_path: Path) -> None:
    """A file for which the quota has no room is 507 in the system's words, also on the portal's
    page, and the files before it stay."""
    web = {"JARVICE_WEB": "true", "JARVICE_WEB_STATE": str(tmp_path), BIND: "127.0.0.1"}
    service, person = person_of(site, **web)
    try:
        job = person.submit("true", working_directory=empty)
        person.end_of(job["id"])
        files = f"/jobs/{job['id']}/files"
        assert person.call("PUT", f"{files}/early", data=b"early").status_code == 201
        large = person.call("PUT", f"{files}/large", data=os.urandom(8 * MB))
        assert (large.status_code, large.json()["type"]) == (507, "/problems/no-space")
        assert WORDS in large.json()["detail"]
        browser = Browser(service.url)
        browser.open("/")
        sent = {"file": ("large", os.urandom(7 * MB))}
        page = browser.fill_in(f"/jobs/{job['id']}/upload", files=sent)
        assert (page.status_code, WORDS in alerts(page)[0]) == (507, True)
        assert person.call("GET", f"{files}/early").content == b"early"
    finally:
        service.stop()


def test_a_job_that_uses_up_the_quota(site: Cluster, empty: str) -> None:
    """``why`` of a job that could not write a file names the quota, by the job's output."""
    service, person = person_of(site)
    try:
        job = person.submit("head -c 20M /dev/urandom >results", working_directory=empty)
        assert person.end_of(job["id"])["state"] == "FAILED"
        why = person.call("GET", f"/jobs/{job['id']}/why").json()
    finally:
        service.stop()
    assert "a disk quota is used up" in why["summary"]
    assert any("quota -s" in cure for cure in why["cure"])


def test_an_output_that_uses_up_the_quota(site: Cluster, empty: str) -> None:
    """The output of a job that fills the quota with it cannot say so: ``why`` has it from the job's
    record."""
    service, person = person_of(site, **{SCRATCH: f"{empty}/"})
    try:
        job = person.submit("head -c 20M /dev/urandom")
        assert person.end_of(job["id"])["state"] == "FAILED"
        why = person.call("GET", f"/jobs/{job['id']}/why").json()
    finally:
        service.stop()
    assert f"its output could not be written: {WORDS}" in why["summary"]
    assert any("Delete or move files" in cure for cure in why["cure"])
