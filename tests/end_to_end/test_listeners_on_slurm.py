"""Listeners, on a real Slurm cluster: two bridges, a restart, and an outage."""

import time
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.dssr.http.v1.listening import Event, Listener
from tests.end_to_end.people import Person
from tests.end_to_end.service import Service, eventually


@pytest.fixture
def replicas(cluster: Cluster) -> Iterator[list[Service]]:
    """Two bridges of one service user."""
    settings = cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"}
    made = [Service(settings), Service(settings)]
    yield made
    for service in made:
        service.stop()


def newest(person: Person) -> str:
    """The place of the last final state."""
    after: str = person.call("GET", "/events?wait_seconds=0").json()["next"]
    return after


def ends(listener: Listener, count: int) -> list[tuple[str, str]]:
    """The next final states: the id of the event, the id of the job."""
    found: list[Event] = []
    while len(found) < count:
        event = listener.next()
        found += [event] if event.data["job"]["is_final"] else []
    return [(event.id, event.data["job"]["id"]) for event in found]


def test_final_states_come_once_in_one_order_everywhere(replicas: list[Service]) -> None:
    """Two bridges send the same final states with the same ids, live, replayed, and by a bridge
    that was killed and started again."""
    here, there = (Person(service) for service in replicas)
    after = newest(here)
    listeners = [Listener(f"{each.url}/api/v1/events", after) for each in replicas]
    jobs = [(here, there)[n % 2].submit(f"exit {n}")["id"] for n in range(4)]
    live = [ends(listener, 4) for listener in listeners]
    for listener in listeners:
        listener.close()
    assert live[0] == live[1]
    assert sorted(id for _, id in live[0]) == sorted(jobs)
    replicas[0].kill()
    replicas[0].start()
    middle = live[0][1][0]
    again = Listener(f"{replicas[0].url}/api/v1/events", middle)
    assert ends(again, 2) == live[0][2:]
    again.close()


def test_output_arrives_while_the_job_runs(replicas: list[Service]) -> None:
    """A line is with its listener within three seconds, and one who comes late, at another bridge,
    gets all of it."""
    script = "for i in 1 2 3 4 5; do date +%s.%N; sleep 1; done; printf 'done \\342\\202\\254\\n'"
    id = Person(replicas[0]).submit(script)["id"]
    path = f"/api/v1/jobs/{id}/output?follow=true"
    eventually(lambda: Person(replicas[1]).call("GET", f"/jobs/{id}").status_code == 200)
    text, delays = "", []
    listener = Listener(f"{replicas[0].url}{path}")
    while (event := listener.next()).name != "end":
        if event.name == "output":
            text += event.data["text"]
            first = event.data["text"].split()[0]
            delays += [time.time() - float(first)] if first[0].isdigit() else []
    assert max(delays) < 3.5  # with the time that a busy machine takes
    assert text.splitlines()[5:] == ["done €"]
    late = Listener(f"{replicas[1].url}{path}").rest()
    assert "".join(event.data["text"] for event in late if event.name == "output") == text


def test_a_stream_outlives_the_loss_of_the_login_node(
    replicas: list[Service], cluster: Cluster
) -> None:
    """A comment says what is wrong, and what ended during the outage comes after it, once."""
    person = Person(replicas[0])
    listener = Listener(f"{replicas[0].url}/api/v1/events", newest(person))
    id = person.submit("sleep 2")["id"]
    assert listener.next().data["job"]["id"] == id
    cluster.stop("login", "sshd")
    try:
        time.sleep(5)
    finally:
        cluster.start("login", "sshd")
    assert [job for _, job in ends(listener, 1)] == [id]
    assert "Connection refused" in listener.comments[-1]
    listener.close()
