"""Changes of all jobs by the rule itself: each look is one of the test."""

from collections.abc import Sequence

import pytest

from dssr.errors import DssrError, Unavailable
from dssr.job import JobState
from dssr.record import End
from dssr.watch.events import Change, Events
from tests.dssr.watch.cluster import ScriptedCluster

P, R, C, F = JobState.PENDING, JobState.RUNNING, JobState.COMPLETED, JobState.FAILED


class Ear:
    """A listener that keeps what it gets."""

    def __init__(self) -> None:
        self.calls: list[Sequence[Change]] = []
        self.serials: list[int] = []
        self.errors: list[str] = []

    def changed(self, changes: Sequence[Change], serial: int) -> None:
        """See ``EventListener``."""
        self.calls.append(changes)
        self.serials.append(serial)

    def failed(self, error: DssrError) -> None:
        """See ``EventListener``."""
        self.errors.append(error.message)

    @property
    def heard(self) -> list[tuple[str, str | None, str, int | None]]:
        """The id, the states before and afterwards, and the serial number of each change."""
        return [
            (change.job.id, change.before, change.job.state.value, change.serial)
            for changes in self.calls
            for change in changes
        ]


def look(events: Events, cluster: ScriptedCluster) -> None:
    """Look once."""
    events.look(cluster.records(), cluster.ends)


def listening(cluster: ScriptedCluster, after: int | None = None) -> tuple[Events, Ear]:
    """A listener that has joined."""
    events, ear = Events(), Ear()
    events.add(ear, after)
    look(events, cluster)
    return events, ear


def test_a_listener_gets_each_change_with_the_state_before_it() -> None:
    """A job's states come as they are seen; only a final one has a serial number."""
    cluster = ScriptedCluster()
    cluster.put("old", P)
    events, ear = listening(cluster)
    for state in (P, R, R, C):
        cluster.put("a", state)
        look(events, cluster)
    assert ear.heard == [
        ("a", None, "PENDING", None),
        ("a", "PENDING", "RUNNING", None),
        ("a", "RUNNING", "COMPLETED", 2),
    ]


def test_the_first_call_has_what_was_missed_and_may_be_empty() -> None:
    """A listener that names a serial number gets the final states behind it, in their order."""
    cluster = ScriptedCluster()
    for id in ("a", "b", "c"):
        cluster.put(id, C)
    assert listening(cluster, 2)[1].heard == [
        ("b", None, "COMPLETED", 4),
        ("c", None, "COMPLETED", 6),
    ]
    _, fresh = listening(cluster)
    assert (fresh.heard, fresh.serials) == ([], [6])


def test_each_final_state_comes_once() -> None:
    """Those that were replayed are not repeated, and a short job's end comes without its start."""
    cluster = ScriptedCluster()
    cluster.put("a", C)
    events, ear = listening(cluster, 0)
    cluster.put("b", F)
    for _ in range(3):
        look(events, cluster)
    assert ear.heard == [("a", None, "COMPLETED", 2), ("b", None, "FAILED", 4)]
    assert ear.serials == [2, 4]


def test_an_end_that_comes_during_a_look_is_passed_on_once() -> None:
    """An end that is recorded while a listener joins is either missed or new, and not both."""
    cluster = ScriptedCluster()
    events, _ = listening(cluster)
    ear = Ear()
    events.add(ear, 0)

    def ends(after: int) -> Sequence[End]:
        found = cluster.ends(after)
        cluster.put("late", C)
        return found

    events.look(cluster.records(), ends)
    look(events, cluster)
    assert ear.heard == [("late", None, "COMPLETED", 2)]


def test_a_listener_who_was_at_a_replica_that_is_ahead_gets_nothing_twice() -> None:
    """Final states up to the named number are left out, also when this bridge finds them later."""
    cluster = ScriptedCluster()
    before, events, ear = cluster.records(), Events(), Ear()
    events.add(ear, 4)
    events.look(before, cluster.ends)
    assert ear.calls == []
    cluster.put("a", C)
    cluster.put("b", C)
    look(events, cluster)
    cluster.put("c", C)
    look(events, cluster)
    assert ear.heard == [("c", None, "COMPLETED", 6)]
    assert ear.serials == [4, 6]


def test_a_number_beyond_the_last_final_state_is_that_of_the_last_one() -> None:
    """A listener that names such a number gets the number where it continues, and every final
    state from then on."""
    cluster = ScriptedCluster()
    cluster.put("old", C)
    events, ear = listening(cluster, 999_999)
    cluster.put("a", C)
    look(events, cluster)
    assert (ear.heard, ear.serials) == ([("a", None, "COMPLETED", 4)], [2, 4])


def test_all_listeners_get_the_same_list() -> None:
    """What is made of the changes is made once, however many listen."""
    cluster = ScriptedCluster()
    events, first = listening(cluster)
    second = Ear()
    events.add(second, None)
    look(events, cluster)
    cluster.put("a", R)
    look(events, cluster)
    assert first.calls[-1] is second.calls[-1]
    assert first.calls[-1]


def test_listeners_who_missed_the_same_get_the_same_list() -> None:
    """The final states behind one number are one list for all who join with it."""
    cluster, events = ScriptedCluster(), Events()
    cluster.put("a", C)
    ears = [Ear() for _ in range(3)]
    for ear in ears:
        events.add(ear, 0)
    look(events, cluster)
    assert [change.serial for change in ears[0].calls[0]] == [2]
    assert all(ear.calls[0] is ears[0].calls[0] for ear in ears)


def test_a_listener_who_has_left_gets_nothing() -> None:
    """After ``remove`` no call is made, and a second removal is harmless."""
    cluster = ScriptedCluster()
    events, ear = listening(cluster)
    events.remove(ear)
    events.remove(ear)
    cluster.put("a", R)
    look(events, cluster)
    assert ear.heard == []


def test_an_outage_is_reported_once_to_each_listener() -> None:
    """A listener that joins during an outage is informed, too, and the next outage is another."""
    cluster = ScriptedCluster()
    events, ear = listening(cluster)
    events.fail(Unavailable("The network is down."))
    late = Ear()
    events.add(late, None)
    events.fail(Unavailable("The network is down."))
    assert (ear.errors, late.errors) == (["The network is down."], ["The network is down."])
    look(events, cluster)
    events.fail(Unavailable("The network is down."))
    assert len(ear.errors) == 2


def test_what_changed_while_no_one_listened_is_not_new() -> None:
    """A listener that joins later gets final states by number alone."""
    cluster = ScriptedCluster()
    events, ear = listening(cluster)
    events.remove(ear)
    cluster.put("a", R)
    cluster.put("b", C)
    late = Ear()
    events.add(late, None)
    look(events, cluster)
    assert (late.heard, late.serials) == ([], [2])


def test_a_look_that_fails_loses_nothing() -> None:
    """What changes while the final states cannot be read is passed on with the next look."""
    cluster = ScriptedCluster()
    events, ear = listening(cluster)
    cluster.put("a", R)
    cluster.put("b", C)
    with pytest.raises(Unavailable):
        events.look(cluster.records(), _unavailable)
    look(events, cluster)
    assert ear.heard == [("a", None, "RUNNING", None), ("b", None, "COMPLETED", 2)]


def _unavailable(_: int) -> Sequence[End]:
    raise Unavailable("The journal cannot be read.")
