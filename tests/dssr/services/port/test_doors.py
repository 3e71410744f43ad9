"""The addresses of interactive jobs, on a services port that the bridge starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, JobStatus, Snapshot
from dssr.seams import JobServer, Way
from dssr.services.port.doors import JobDoors, name_of
from dssr.services.port.services_port import ServicesPort
from dssr.settings import Settings
from tests.dssr.services.port.ports import TOKEN
from tests.dssr.services.port.web import TcpProgram, tcp_program

REF = JobRef("job", 7, "42")


def services_port(folder: Path, **settings: object) -> ServicesPort:
    """The services port of a bridge with these settings."""
    given = Settings(**{"services_port": 0, **settings})  # type: ignore[arg-type]
    return ServicesPort(folder / "b", given, lambda: Way("", {}))


@pytest.fixture
def port(folder: Path) -> Iterator[ServicesPort]:
    """A services port whose process ends with the test."""
    yield services_port(folder)
    if running := services_port(folder).running():
        running.order("stop")


@pytest.fixture
def server() -> Iterator[TcpProgram]:
    """The server of the job."""
    with tcp_program("job") as running:
        yield running


def listed(*refs: JobRef) -> Snapshot:
    """A list of running jobs that has just been taken."""
    return Snapshot({
        ref.native_id: JobStatus(ref, JobState.RUNNING, nodes=("n1",)) for ref in refs
    })  # fmt: skip


def test_the_address_has_the_jobs_name_and_token(port: ServicesPort, server: TcpProgram) -> None:
    """The address is there once the server answers, and the process that has it is started for
    it."""
    assert port.running() is None
    doors = JobDoors(port)
    assert doors.url(REF, JobServer("127.0.0.1", 1, TOKEN)) == ""
    url = doors.url(REF, JobServer("127.0.0.1", server.port, TOKEN))
    running = port.running()
    assert running is not None
    assert url == f"http://{name_of(REF)}.localhost:{running.port}/{TOKEN}/"


def test_doors_of_jobs_that_have_ended_are_closed(port: ServicesPort, server: TcpProgram) -> None:
    """A door stays open while its job is listed as running, and is closed after that, also by a
    bridge that has not opened it. A list from before the opening says nothing of it."""
    old = listed()
    doors = JobDoors(port)
    doors.url(REF, JobServer("127.0.0.1", server.port, TOKEN))
    running = port.get()
    for jobs, kept in ((old, 1), (listed(REF), 1), (listed(JobRef("job", 8, "42")), 0)):
        doors.keep(jobs)
        assert len(running.order("status")["jobs"]) == kept
    doors.url(REF, JobServer("127.0.0.1", server.port, TOKEN))
    JobDoors(port).keep(listed())
    assert running.order("status")["jobs"] == []


def test_names_of_jobs_differ() -> None:
    """Jobs that share a number, or an id that Slurm gave out twice, have different names."""
    others = (JobRef("job", 7, "43"), JobRef("other", 7, "42"), JobRef("job", 8, "42"))
    assert len({name_of(ref) for ref in (REF, *others)}) == 4


def test_a_change_of_the_settings_takes_effect(folder: Path, port: ServicesPort) -> None:
    """A process that was started with other settings is replaced; one with the same is kept, by
    bridges that differ in what it does not depend on."""
    first = port.get()
    assert services_port(folder, log_level=10).get().pid == first.pid
    second = services_port(folder, jobs_domain="jobs.example.org").get()
    assert second.pid != first.pid
    assert second.control.exists()


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("", "http://demo.localhost:5010/"),
        ("jobs.example.org", "https://demo.jobs.example.org/"),
        ("http://jobs.example.org:8080", "http://demo.jobs.example.org:8080/"),
    ],
)
def test_the_address_of_a_name(folder: Path, domain: str, address: str) -> None:
    """Without a domain, names are this machine's; with one, they are behind its proxy."""
    port = services_port(folder, jobs_domain=domain)
    assert port.address("demo", 5010) == address
    assert port.domains == (("localhost", "jobs.example.org") if domain else ("localhost",))


def test_a_port_that_cannot_be_had(folder: Path, server: TcpProgram) -> None:
    """A port of another program is said with its number, and may be free later."""
    taken = services_port(folder, services_port=server.port)
    with pytest.raises(Unavailable, match=rf"(?s)does not start.*{server.port}"):
        taken.get()
