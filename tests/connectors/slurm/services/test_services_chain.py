"""The chain of a service's jobs on the real cluster."""

import signal
import time

import pytest

from dssr.job import JobState
from dssr.seams.services import Generation, How, Request
from dssr.services.chain import ServiceState
from tests.cluster import Cluster
from tests.connectors.slurm.services.team import People, Service
from tests.connectors.slurm.services.web import ON_SOCKET
from tests.end_to_end.service import eventually


def answering(service: Service) -> list[int]:
    """The generations that answer now."""
    live = [g for g in service.view.generations if g.address and g.took is not None and not g.end]
    return [g.number for g in live if service.get(g)]


def begin_of(generation: Generation) -> float:
    """When its job began, by the node's clock."""
    return next(at for at, what in generation.events if "began on" in what)


def test_the_early_end_of_a_job_starts_its_successor_at_once(people: People) -> None:
    """A job that is cancelled from outside has its successor running within seconds, and the
    service starts again without a client."""
    service = people.up()
    first = service.ready()
    eventually(lambda: service.generation(2), lambda g: g is not None and g.job != "")
    people.cluster.run("login", ["scancel", first.job])
    cancelled = time.time()
    second = service.ready(2)
    assert begin_of(second) - cancelled < 60
    end = service.ended(1).end
    assert end is not None
    assert end.how is How.TERMINATED
    assert eventually(lambda: service.chain.state) is ServiceState.READY


def test_each_generation_of_slurm_has_the_chain(any_cluster: Cluster) -> None:
    """With each Slurm, the successor waits for its time, starts at once on request, and starts at
    once when the job before it is cancelled."""
    people = People(any_cluster)
    service = people.up(walltime=300)
    first = service.ready()
    assert first.heartbeat is not None
    asked = ["env", "SLURM_TIME_FORMAT=%s", "squeue", "-h", "-j", first.job, "-o", "%e"]
    ends = int(any_cluster.run("login", asked).stdout)
    assert abs(first.heartbeat.ends - ends) < 60
    waiting = eventually(lambda: service.generation(2), lambda g: g is not None and g.job != "")
    assert waiting is not None
    shown = any_cluster.run("login", ["squeue", "-h", "-j", waiting.job, "-o", "%T %r"])
    assert shown.stdout.strip() == b"PENDING Dependency"
    service.ask(Request.RESTART)
    second = service.ready(2)
    assert service.get(second)
    eventually(lambda: service.generation(3), lambda g: g is not None and g.job != "")
    any_cluster.run("login", ["scancel", second.job])
    third = service.ready(3)
    assert service.get(third)
    people.end()


def test_a_job_that_is_killed_has_a_successor_too(people: People) -> None:
    """A job whose shell is killed leaves no word of its end, and its successor starts all the
    same."""
    service = people.up()
    first = service.ready()
    eventually(lambda: service.generation(2), lambda g: g is not None and g.job != "")
    assert first.address is not None
    people.cluster.run(first.address.node, ["pkill", "-KILL", "-u", "jarvice", "slurm_script"])
    second = service.ready(2)
    assert second.job != first.job
    found = service.generation(1)
    assert found is not None
    assert found.end is None
    seen = eventually(lambda: service.chain, lambda c: c.state is ServiceState.READY)
    assert seen.current is not None
    assert seen.current.number == 2


def test_a_program_that_dies_later_starts_again_in_its_job(people: People) -> None:
    """A program that was ready and dies starts again in the same job, at another address."""
    service = people.up()
    first = service.ready()
    kill = ["pkill", "-KILL", "-u", "jarvice", "-f", f"{service.started.folder}/versions/.*/script"]
    people.cluster.run("node1", kill)
    people.cluster.run("node2", kill)
    said = "the program ended with exit code 137: it starts again"
    eventually(lambda: service.generation(1), lambda g: g is not None and said in str(g.events))
    again = eventually(lambda: service.ready(), lambda g: len(g.events) > len(first.events) + 1)
    assert again.job == first.job
    assert eventually(lambda: service.get(service.ready())).split()[-2].decode() == first.job


def test_a_successor_that_fails_leaves_the_healthy_job_alone(people: People) -> None:
    """A hand-over to a program that dies changes nothing for the healthy job: it goes on, its
    successor runs its version again, and the service says what failed."""
    service = people.up()
    service.ready()
    service.again(script="#!/bin/sh\necho broken >&2\nexit 4\n")
    seen = eventually(
        lambda: service.chain,
        lambda c: bool(
            c.failure and c.successor and c.successor.number > c.failure.generation.number
        ),
    )
    assert seen.current is not None
    assert seen.current.number == 1
    assert service.get(seen.current)
    failed = [g for g in service.view.generations if g.end and g.end.how is How.FAILED]
    assert failed[0].end is not None
    assert failed[0].end.lines[-1] == "broken"
    assert "job goes on" in seen.warnings[0].replace(f"job {seen.current.job}", "job")
    assert seen.successor is not None
    assert seen.successor.version == seen.current.version == service.view.version
    assert seen.state is ServiceState.READY
    assert answering(service) == [1]


def test_a_node_that_goes_down_takes_no_service_with_it(people: People, cluster: Cluster) -> None:
    """The successor of a job whose node is set to down starts on another node."""
    service = people.up()
    first = service.ready()
    assert first.address is not None
    eventually(lambda: service.generation(2), lambda g: g is not None and g.job != "")
    lost = ["scontrol", "update", f"nodename={first.address.node}", "state=down", "reason=test"]
    cluster.run("login", lost).check_returncode()
    second = service.ready(2)
    assert second.address is not None
    assert second.address.node != first.address.node
    seen = eventually(lambda: service.chain, lambda c: c.state is ServiceState.READY)
    assert seen.current is not None
    assert seen.current.number == 2
    cluster.run("login", [*lost[:3], "state=resume"])  # unless it has come back by itself
    shown = ["sinfo", "-h", "-n", first.address.node, "-o", "%t"]
    eventually(lambda: b"down" not in cluster.run("login", shown).stdout)


def test_a_program_that_keeps_dying_is_given_up(people: People) -> None:
    """A program that was ready and dies again and again is started again in its job, then in its
    successor after a pause, and at last not any more."""
    head, _, _ = ON_SOCKET.rpartition("listen(listener)")
    dying = f"{head}threading.Timer(3, os._exit, [5]).start()\nlisten(listener)\n"
    service = people.up(script=dying, retries=1)
    first = service.ended(1)
    second = service.ended(2)
    assert first.end is not None
    assert "exit code 5, after 1 restarts" in first.end.why
    assert begin_of(second) - first.end.at >= 9
    seen = eventually(lambda: service.chain, lambda c: c.state is ServiceState.FAILED)
    assert "exit code 5" in seen.why
    assert seen.successor is None


@pytest.mark.long
def test_a_controller_that_is_away_is_no_evidence(people: People, cluster: Cluster) -> None:
    """While Slurm does not answer, the successor is not taken for lost, and the service goes on."""
    service = people.up()
    ready = service.ready()
    waiting = eventually(lambda: service.chain.successor)
    assert waiting is not None
    cluster.stop("login", "slurmctld", signal.SIGTERM)  # it saves its jobs first
    try:
        time.sleep(75)
        assert service.get(ready)
        assert service.chain.state is ServiceState.READY
    finally:
        cluster.start("login", "slurmctld")
    time.sleep(5)
    again = eventually(lambda: service.chain.successor, lambda s: s is not None)
    assert again is not None
    assert (again.number, again.job) == (waiting.number, waiting.job)


@pytest.mark.long
def test_three_generations_follow_each_other_without_a_gap(people: People) -> None:
    """With a walltime of one minute, three jobs follow each other without any client, each ready
    before the one before it ends."""
    service = people.up(walltime=60)
    service.ready()
    gaps: list[float] = []
    silent_since = 0.0
    until = time.monotonic() + 200
    while time.monotonic() < until and not service.generation(4):
        if answering(service):
            if silent_since:
                gaps.append(time.monotonic() - silent_since)
            silent_since = 0.0
        else:
            silent_since = silent_since or time.monotonic()
        time.sleep(0.2)
    assert gaps == []
    assert silent_since == 0.0
    assert service.ready(3).heartbeat is not None
    for number in (2, 3):
        earlier, later = service.generation(number - 1), service.generation(number)
        assert earlier is not None
        assert later is not None
        assert later.took is not None
        end = service.ended(number - 1).end if number == 2 else None
        assert end is None or (end.how is How.REPLACED and end.at > begin_of(later) + 1)


@pytest.mark.long
def test_a_cancelled_successor_is_there_again_within_two_minutes(people: People) -> None:
    """When an administrator cancels the job that waits, another one is submitted."""
    service = people.up()
    service.ready()
    waiting = eventually(lambda: service.chain.successor)
    assert waiting is not None
    people.cluster.run("login", ["scancel", waiting.job])
    again = eventually(
        lambda: service.chain.successor, lambda s: s is not None and s.number > waiting.number, 120
    )
    assert again is not None
    assert again.listed is JobState.PENDING
    assert service.chain.state is ServiceState.READY
    lost = service.generation(waiting.number)
    assert lost is not None
    assert lost.end is not None
    assert lost.end.how is How.ABANDONED


@pytest.mark.long
def test_an_idle_service_stops(people: People) -> None:
    """A service without connections for that long gives its nodes back, and nothing follows."""
    service = people.up(idle=30, script=ON_SOCKET)
    used = service.ready()
    for _ in range(4):
        time.sleep(10)
        assert service.get(used)
    end = service.ended().end
    assert end is not None
    assert end.how is How.IDLE
    assert service.chain.state is ServiceState.STOPPED
