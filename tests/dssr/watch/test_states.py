"""The states of single jobs by the rule itself."""

import time
from dataclasses import replace

from dssr.errors import DssrError, Unavailable
from dssr.job import JobState
from dssr.record import JobRecord
from dssr.watch.states import States
from tests.dssr.watch.cluster import job, listed

P, R, C = JobState.PENDING, JobState.RUNNING, JobState.COMPLETED


class Ear:
    """A listener that keeps the states of its job."""

    def __init__(self) -> None:
        self.heard: list[str | None] = []
        self.errors: list[str] = []

    def changed(self, job: JobRecord | None, taken: float) -> None:
        """See ``JobListener``."""
        assert taken <= time.monotonic()
        self.heard.append(job.state if job else None)

    def failed(self, error: DssrError) -> None:
        """See ``JobListener``."""
        self.errors.append(error.message)


def test_a_listener_gets_each_other_state_of_its_job() -> None:
    """The same state again is no news, nor is another job."""
    states, ear = States(), Ear()
    states.add(ear, job("a", P))
    for a, b in ((P, R), (R, R), (R, C), (C, C)):
        states.look(listed(job("a", a), job("b", b), version=1))
    assert ear.heard == [R, C]


def test_a_job_without_a_record_is_reported_once() -> None:
    """``None`` means a record that is no longer kept."""
    states, ear = States(), Ear()
    states.add(ear, job("a", P))
    for _ in range(2):
        states.look(listed(job("b", P), version=1))
    assert ear.heard == [None]


def test_what_is_older_than_the_listener_is_no_change() -> None:
    """An answer of the cluster from before the listener came says nothing about what it knows."""
    states, ear = States(), Ear()
    states.add(ear, job("a", C))
    states.look(replace(listed(job("a", R), version=1), taken=time.monotonic() - 1))
    assert ear.heard == []


def test_a_listener_who_has_left_gets_nothing() -> None:
    """After ``remove`` no call is made."""
    states, ear = States(), Ear()
    states.add(ear, job("a", P))
    states.remove(ear)
    states.look(listed(job("a", R), version=1))
    assert (ear.heard, len(states)) == ([], 0)


def test_an_outage_is_reported_once() -> None:
    """The next outage is another one."""
    states, ear = States(), Ear()
    states.add(ear, job("a", P))
    for _ in range(2):
        states.fail(Unavailable("The network is down."))
    assert ear.errors == ["The network is down."]
    states.look(listed(job("a", P), version=1))
    states.fail(Unavailable("The network is down."))
    assert len(ear.errors) == 2
