"""A service's state, from what its folder shows."""

from dataclasses import replace

import pytest

from dssr.job import JobState
from dssr.seams.services import (
    Address,
    Exposure,
    Generation,
    GenerationEnd,
    Heartbeat,
    How,
    ServiceView,
)
from dssr.service import ServiceSpec
from dssr.services.chain import ServiceState, ahead, chain, is_over

SPEC = ServiceSpec("demo", "serve", retries=3, heartbeat=10)
BEAT = Heartbeat(995.0, "ready", "200", 2000.0, 60, 1940.0, "13", JobState.PENDING, 0, 0)
ADDRESS = Address("12", "n1", 4711, 910.0, Exposure.NONE, "secret")
WAITING = Generation(3, "alice", "13", after=2, listed=JobState.PENDING)
STARTING = Generation(1, "alice", "12", asked=990.0, began=True, listed=JobState.RUNNING)
READY = Generation(
    2,
    "alice",
    "12",
    began=True,
    took=5,
    address=ADDRESS,
    heartbeat=BEAT,
    listed=JobState.RUNNING,
)


def view(*generations: Generation, down: int = 0) -> ServiceView:
    """A service with these generations, the newest first."""
    return ServiceView("/demo", 1000.0, SPEC, "v", generations, down)


def ended(generation: Generation, how: How, why: str = "It ended.") -> Generation:
    """The same after its end."""
    return replace(generation, end=GenerationEnd(how, why, 999.0), listed=JobState.UNKNOWN)


NEXT = replace(READY, number=3, job="13", address=replace(ADDRESS, job="13"))
SILENT = replace(READY, heartbeat=replace(BEAT, at=100.0))


@pytest.mark.parametrize(
    ("generations", "state"),
    [
        ([], "stopped"),
        ([replace(WAITING, number=1)], "starting"),
        ([STARTING], "starting"),
        ([WAITING, READY], "ready"),
        ([replace(STARTING, number=3), READY], "handing-over"),
        ([NEXT, READY], "handing-over"),
        ([WAITING, ended(READY, How.TERMINATED)], "restarting"),
        ([replace(READY, heartbeat=replace(BEAT, health="restarting"))], "restarting"),
        ([ended(READY, How.FAILED)], "failed"),
        ([ended(replace(WAITING, number=1), How.REFUSED)], "failed"),
        ([ended(WAITING, How.ABANDONED), ended(READY, How.FAILED)], "failed"),
        ([ended(WAITING, How.ABANDONED), ended(READY, How.STOPPED)], "stopped"),
        ([ended(READY, How.IDLE)], "stopped"),
        ([ended(READY, How.COMPLETED)], "stopped"),
        ([replace(SILENT, listed=None)], "failed"),
    ],
)
def test_the_state_is_that_of_the_generations(generations: list[Generation], state: str) -> None:
    """Each combination of generations is one state."""
    assert chain(view(*generations)).state == state


def test_a_failed_query_is_no_evidence() -> None:
    """A job with a heartbeat is there while the scheduler does not answer, and one that has just
    missed some of them, too."""
    for at in (995.0, 800.0):
        found = replace(READY, heartbeat=replace(BEAT, at=at), listed=JobState.UNKNOWN)
        assert chain(view(found)).state is ServiceState.READY
    assert is_over(replace(SILENT, listed=JobState.UNKNOWN), view())


def test_a_listed_job_is_there_though_it_is_silent() -> None:
    """A node that hangs has not ended its job: the scheduler's word is what counts."""
    assert not is_over(SILENT, view())
    assert is_over(replace(SILENT, listed=JobState.NODE_FAIL), view())


def test_a_job_that_has_just_ended_may_still_write_how() -> None:
    """A job that the scheduler does not list any more is not over within two heartbeats."""
    assert not is_over(replace(READY, listed=None), view())


def test_what_waits_is_over_when_it_is_to_stop() -> None:
    """A generation that has not begun ends with the request, and with its job."""
    assert is_over(WAITING, view(down=3))
    assert not is_over(WAITING, view(down=2))
    assert is_over(replace(WAITING, listed=None), view())
    assert not is_over(replace(WAITING, job="", listed=None), view())


def test_new_connections_go_to_the_newest_that_is_well() -> None:
    """A successor takes over when it is ready, and not before."""
    failing = replace(NEXT, heartbeat=replace(BEAT, health="failing"))
    starting = replace(NEXT, heartbeat=replace(BEAT, health="starting"))
    assert chain(view(NEXT, READY)).current == NEXT
    assert chain(view(failing, READY)).current == READY
    assert chain(view(starting, READY)).current == READY
    assert chain(view(failing, ended(READY, How.REPLACED))).current == failing


def test_the_successor_is_the_next_generation() -> None:
    """The successor is what follows the current generation; nothing follows the end."""
    seen = chain(view(WAITING, READY))
    assert seen.successor == WAITING
    assert seen.walltime_left == 1000.0
    assert seen.started_by == "alice"
    assert chain(view(ended(WAITING, How.ABANDONED), ended(READY, How.STOPPED))).successor is None


def test_the_end_has_its_reason() -> None:
    """A service that has failed or stopped has the job's own sentence, or says that there is
    none."""
    assert chain(view(ended(READY, How.FAILED, "No licence."))).why == "No licence."
    gone = replace(SILENT, listed=JobState.NODE_FAIL)
    assert "Job 12 of generation 2 is gone (NODE_FAIL)" in chain(view(gone)).why
    assert chain(view(READY)).why == ""


def test_a_job_that_never_wrote_into_the_folder() -> None:
    """The end of a job that wrote nothing names the folder, the user and the node; where a team has
    the folder, also how long a new membership can take."""
    mute = replace(WAITING, listed=JobState.FAILED, nodes=("node1",))
    why = chain(view(mute)).why
    assert f"wrote nothing into {view(mute).folder}" in why
    assert f"whether {mute.user} may write there from node1." in why
    assert "joined" not in why
    teams = replace(view(mute), spec=replace(view(mute).spec, team="crew", directory="/crew"))
    assert "ten minutes to notice that they have joined crew" in chain(teams).why


@pytest.mark.parametrize(
    ("address", "beat", "words"),
    [
        (replace(ADDRESS, exposure=Exposure.NODE), BEAT, "all users of its node"),
        (replace(ADDRESS, exposure=Exposure.NETWORK), BEAT, "all users of the cluster"),
        (replace(ADDRESS, secret=""), BEAT, "neither socat nor a python3"),
        (ADDRESS, replace(BEAT, failures=4), "no more attempts"),
    ],
)
def test_users_are_warned(address: Address, beat: Heartbeat, words: str) -> None:
    """An open port, and a chain that will end, are warnings."""
    [warning] = chain(view(replace(READY, address=address, heartbeat=beat))).warnings
    assert words in warning


def test_nothing_is_warned_of_without_need() -> None:
    """A healthy service on a socket has no warnings."""
    assert chain(view(WAITING, READY)).warnings == ()


@pytest.mark.parametrize(
    ("generations", "waiting"),
    [
        ([], -1),
        ([replace(WAITING, number=1)], 0),
        ([READY], 0),
        ([replace(WAITING, number=4), WAITING, READY], 2),
        ([WAITING, ended(READY, How.TERMINATED)], 0),
        ([ended(WAITING, How.ABANDONED), READY], 0),
        ([replace(WAITING, number=4), NEXT, READY], 1),
    ],
)
def test_what_waits_is_counted(generations: list[Generation], waiting: int) -> None:
    """The jobs that were submitted beforehand are those behind the one that runs, or that is the
    first to run."""
    assert ahead(view(*generations)) == waiting


def test_jobs_that_are_submitted_beforehand_are_warned_of() -> None:
    """Where a job could not submit its successor, the warning has the scheduler's words and how
    many jobs wait; a failure to submit is none while there are any."""
    tired = replace(READY, heartbeat=replace(BEAT, failures=9))
    found = replace(view(WAITING, tired), beforehand="n1: sbatch: error: Not from here.")
    (warning,) = chain(found).warnings
    assert "(n1: sbatch: error: Not from here)" in warning
    assert "1 wait now" in warning
    assert "no more attempts" in chain(replace(found, generations=[tired])).warnings[-1]


def test_a_successor_of_another_version_that_failed_is_reported() -> None:
    """The warning says what failed and why, that the job goes on, and what to do. It is gone once a
    later attempt of another version is under way."""
    end = GenerationEnd(How.REFUSED, "sbatch did not take the job.", 999.0, ("invalid partition",))
    bad = replace(WAITING, version="bad", end=end)
    found = chain(view(bad, READY))
    assert found.failure is not None
    assert found.failure.generation is bad
    assert found.warnings[0] == (
        "Generation 3 failed. sbatch did not take the job. invalid partition It runs another "
        "version: job 12 goes on, and the jobs after it run as it does. Mend the other version, "
        "and run 'dssr service up' again."
    )
    assert chain(view(replace(WAITING, number=4), bad, READY)).failure == found.failure
    again = replace(STARTING, number=4, version="other")
    assert chain(view(again, bad, READY)).failure is None
    assert chain(view(replace(bad, version=""), READY)).failure is None


def test_a_job_that_can_never_start_is_reported() -> None:
    """It says why, what to do, and what ends with the job that runs."""
    stuck = replace(WAITING, stuck="It is too long. Ask for less.")
    alone = chain(view(replace(stuck, number=1)))
    assert alone.warnings == ("Job 13 can never start as it is. It is too long. Ask for less.",)
    assert alone.state is ServiceState.STARTING
    beside = chain(view(stuck, READY)).failure
    assert beside is not None
    assert beside.why.endswith("Until then, the service ends with job 12.")
