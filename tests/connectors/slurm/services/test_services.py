"""Services on the real cluster: started once, found, asked, ended."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dssr.errors import BadRequest, Conflict, NotFound, RefusedRequest
from dssr.job import JobState
from dssr.seams.services import Exposure, FrontUse, How, Place, Request
from dssr.services.chain import ServiceState
from tests.connectors.slurm.services.team import People
from tests.connectors.slurm.services.web import ON_SOCKET
from tests.end_to_end.service import eventually


def test_a_service_is_ready_and_answers_through_its_relay(people: People) -> None:
    """A started service publishes an address, answers there, and has a successor in the queue."""
    service = people.up()
    assert service.started.generation == 1
    assert not service.started.joined
    first = service.ready()
    assert first.address is not None
    assert first.address.exposure is Exposure.NONE
    assert service.get(first).endswith(f"1 {first.job} {first.address.node}".encode())
    seen = eventually(lambda: service.chain, lambda c: c.state is ServiceState.READY)
    assert seen.current is not None
    assert seen.current.listed is JobState.RUNNING
    assert seen.successor is not None
    assert seen.successor.listed is JobState.PENDING
    assert seen.warnings == ()
    assert 500 < (seen.walltime_left or 0) <= 600


def test_two_starts_at_once_give_one_job(people: People) -> None:
    """Starts of two users of a team at the same instant claim one generation and submit one job."""
    spec = {"directory": "/home/crew", "team": "crew", "name": "together"}
    alice, jarvice = people["alice"], people["jarvice"]
    alice.services.views()
    jarvice.services.views()  # both are connected
    with ThreadPoolExecutor() as both:
        one, other = both.map(lambda user: people.up(user, **spec), ("alice", "jarvice"))
    assert {one.started.joined, other.started.joined} == {False, True}
    assert one.started.generation == other.started.generation == 1
    assert one.ready().job == other.ready().job
    listed = people.cluster.run("login", ["squeue", "-h", "-t", "R", "-n", "dssr-together"])
    assert len(listed.stdout.splitlines()) == 1


def test_many_starts_at_once_give_one_job(people: People) -> None:
    """Eight starts of one user at the same instant give one job, and all report the same one."""
    first = people["jarvice"]
    with ThreadPoolExecutor(8) as many:
        services = list(many.map(lambda _: people.up(name="at-once"), range(8)))
    started = [service.started for service in services]
    assert sum(not each.joined for each in started) == 1
    assert {each.generation for each in started} == {1}
    assert {each.job for each in started} == {services[0].ready().job}
    assert first.services.view(Place("at-once")).generations[-1].number == 1


def test_a_request_to_stop_ends_all_of_it(people: People) -> None:
    """After a request to stop, the program, the job and its successor are gone, and the folder says
    who asked; another start begins the next generation."""
    service = people.up()
    service.ready()
    successor = eventually(lambda: service.chain.successor)
    assert successor is not None
    assert service.ask(Request.DOWN) == 2
    end = service.ended().end
    assert end is not None
    assert end.how is How.STOPPED
    assert "by jarvice" in end.why
    assert eventually(lambda: service.chain.state) is ServiceState.STOPPED
    query = ["squeue", "-h", "-n", f"dssr-{service.spec.name}"]
    eventually(lambda: not people.cluster.run("login", query).stdout)
    assert service.again().generation == 3
    service.ready(3)


def test_a_program_has_time_to_end(people: People) -> None:
    """A program is asked to end by SIGTERM, has the time that it needs, and ends the wait early."""
    head, _, _ = ON_SOCKET.rpartition("listen(listener)")
    saving = f"""{head}
def save(*_):
    time.sleep(3)
    print("saved", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, save)
listen(listener)
"""
    service = people.up(script=saving)
    service.ready()
    service.ask(Request.DOWN)
    asked = time.monotonic()
    end = service.ended().end
    assert end is not None
    assert end.lines[-1] == "saved"
    assert time.monotonic() - asked < 25


def test_a_waiting_service_is_stopped_at_once(people: People) -> None:
    """A service whose first job waits ends without having begun."""
    service = people.up(options=(("licenses", "abaqus:4"),))
    blocked = people.up(options=(("licenses", "abaqus:4"),))
    service.ready()
    assert blocked.chain.state == "starting"
    blocked.ask(Request.DOWN)
    assert blocked.chain.state == "stopped"
    found = blocked.generation(1)
    assert found is not None
    assert found.end is not None
    assert found.end.how is How.ABANDONED


def test_another_script_is_handed_over_to(people: People) -> None:
    """A start with another script hands over: the new program is ready before the old one ends,
    which is as soon as no front uses it any more."""
    service = people.up()
    old = service.ready()
    assert service.again().handing_over == 0
    started = service.again(script=f"{ON_SOCKET}# changed\n")
    assert started.joined
    assert started.handing_over
    changed = eventually(lambda: [g for g in service.view.generations if g.version != old.version])
    new = service.ready(changed[0].number)
    assert service.get(new).split()[-3] == str(new.number).encode()
    still = service.generation(1)
    assert still is not None
    assert still.end is None
    look = service.person.services.view
    look(service.place, FrontUse("laptop", 1))
    look(service.place, FrontUse("bridge", new.number))
    eventually(lambda: any("is ready" in what for _, what in service.ready().events))
    time.sleep(3)  # two looks of the old job
    assert service.chain.state is ServiceState.HANDING_OVER
    look(service.place, FrontUse("laptop", new.number))
    end = service.ended().end
    assert end is not None
    assert end.how is How.REPLACED
    assert eventually(lambda: service.chain.state) is ServiceState.READY


def test_a_restart_without_overlap_ends_the_old_job_first(people: People) -> None:
    """Where two instances are not allowed, the successor begins after the old job has ended."""
    service = people.up(overlap=False)
    service.ready()
    service.ask(Request.RESTART)
    end = service.ended().end
    assert end is not None
    assert end.how is How.REPLACED
    second = service.ready(2)
    assert second.address is not None
    assert second.address.since >= end.at


def test_a_program_that_dies_at_once_is_reported_at_once(people: People) -> None:
    """The end of a program that never listened has its last lines, long before the timeout, and
    nothing follows it."""
    began = time.monotonic()
    service = people.up(script="#!/bin/sh\necho no such model >&2\nexit 3\n", timeout=600)
    end = service.ended().end
    assert end is not None
    assert time.monotonic() - began < 60
    assert end.how is How.FAILED
    assert "exit code 3" in end.why
    assert end.lines[-1] == "no such model"
    seen = service.chain
    assert seen.state is ServiceState.FAILED
    assert "exit code 3" in seen.why
    query = ["squeue", "-h", "-n", f"dssr-{service.spec.name}"]
    eventually(lambda: not people.cluster.run("login", query).stdout)


def test_a_program_that_never_listens_fails_after_the_timeout(people: People) -> None:
    """A program that opens nothing fails when its time to become ready is up."""
    service = people.up(script="#!/bin/sh\nsleep 600\n", timeout=3)
    end = service.ended().end
    assert end is not None
    assert "did not listen within 3 s" in end.why


def test_a_program_that_ends_well_ends_the_service(people: People) -> None:
    """A program that ends by itself with exit code 0 is not started again."""
    service = people.up(script="#!/bin/sh\nexit 0\n")
    end = service.ended().end
    assert end is not None
    assert end.how is How.COMPLETED
    assert service.chain.state is ServiceState.STOPPED


def test_what_slurm_refuses_is_said_in_its_words(people: People) -> None:
    """A service whose job Slurm refuses is not started, and the error has Slurm's words."""
    with pytest.raises(RefusedRequest, match="nvalid partition"):
        people.up(name="refused", options=(("partition", "nowhere"),))
    view = people["jarvice"].services.view(Place("refused"))
    assert view.generations[0].end is not None
    assert view.generations[0].end.how is How.REFUSED
    assert people.up(name="refused").started.generation == 2


def test_options_of_the_chain_are_refused(people: People) -> None:
    """An option by which jobs could not follow each other is refused before anything is made."""
    with pytest.raises(BadRequest, match="dependency"):
        people.up(name="never", options=(("dependency", "singleton"),))
    with pytest.raises(NotFound):
        people["jarvice"].services.view(Place("never"))


def test_output_is_read_from_any_place(people: People) -> None:
    """What a generation prints can be read from its beginning and from its end."""
    service = people.up()
    service.ready()
    read = service.person.services.output
    assert read(service.place, 1, 0, 100) == b"listening on a socket\n"
    assert read(service.place, 1, -7, 100) == b"socket\n"
    with pytest.raises(NotFound):
        read(service.place, 2, 0, 100)


def test_a_folder_is_removed_when_nothing_runs(people: People) -> None:
    """A running service's folder cannot be removed; that of one that has ended is gone."""
    service = people.up()
    service.ready()
    with pytest.raises(Conflict):
        service.person.services.remove(service.place)
    service.ask(Request.DOWN)
    service.ended()
    service.person.services.remove(service.place)
    with pytest.raises(NotFound):
        service.person.services.view(service.place)
