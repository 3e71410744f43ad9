"""What the program service_look prints, as services."""

from connectors.slurm.services import words
from dssr.job import JobState
from dssr.seams.services import Exposure, How
from dssr.service import ServiceSpec

SPEC = ServiceSpec("demo", "serve\n")
HEAD = f"""me alice
service /home/alice/.dssr/services/demo
now 1000
current versions/abc.1
spec {SPEC.to_json()}
down 0
"""
RUNNING = """generation 2
user alice
elected 12
after 1
version versions/abc.1
asked 900
begun 12
took 7
address {"job": "12", "node": "n1", "port": 4711, "pid": 5, "since": 910, \
"exposure": "node", "preface": true}
heartbeat {"health": "ready", "status": "200", "ends": 2000, "lead": 60, "due": 1940, \
"successor": "13", "successor_state": "PENDING", "failures": 0, "connections": 3}
secret s3cret
beat 998
event 905 job 12 began on n1
event 911 listens on 4711
"""
EMPTY = ""
ENDED = f"""generation 1
user alice
elected 11
version versions/abc.1
begun 11
end failed
end The program ended with exit code 3.
end 899
end first line
end {EMPTY}
end \tlast line
"""
ROW = "row 12|RUNNING|1:00|2000|None|905|n[1-2]|dssr-service:demo:2:abc.1\n"


def test_a_service_is_read_with_its_generations() -> None:
    """All that the folder and squeue say of a service is in its view."""
    [view] = words.services(f"{HEAD}{RUNNING}{ENDED}listed\n{ROW}")
    assert (view.folder, view.now, view.version) == (
        "/home/alice/.dssr/services/demo",
        1000.0,
        "abc.1",
    )
    assert view.spec == SPEC
    running, ended = view.generations
    assert (running.number, running.job, running.after, running.took) == (2, "12", 1, 7)
    assert running.began
    assert running.listed is JobState.RUNNING
    assert running.nodes == ("n1", "n2")
    assert running.address is not None
    assert (running.address.port, running.address.secret) == (4711, "s3cret")
    assert running.address.exposure is Exposure.NODE
    assert running.heartbeat is not None
    assert (running.heartbeat.at, running.heartbeat.connections) == (998.0, 3)
    assert running.events == ((905.0, "job 12 began on n1"), (911.0, "listens on 4711"))
    assert ended.end is not None
    assert ended.end.how is How.FAILED
    assert ended.end.lines == ("first line", "", "\tlast line")


def test_a_query_that_failed_is_no_evidence() -> None:
    """Without squeue's list, the state of a job is unknown."""
    [view] = words.services(f"{HEAD}{RUNNING}silent slurm_load_jobs error: timeout\n")
    assert view.generations[0].listed is JobState.UNKNOWN


def test_ones_own_job_that_is_not_listed_is_gone() -> None:
    """A job of the caller's own that squeue does not list is gone; one of another user may be
    hidden."""
    [mine] = words.services(f"{HEAD}{RUNNING}listed\n")
    assert mine.generations[0].listed is None
    theirs = f"{HEAD}{RUNNING}listed\n".replace("user alice", "user jarvice")
    [view] = words.services(theirs)
    assert view.generations[0].listed is JobState.UNKNOWN


def test_another_job_with_the_same_id_is_not_the_services() -> None:
    """After a reset of Slurm's ids, a job with our id and another comment is not ours."""
    row = ROW.replace("abc.1", "other")
    [view] = words.services(f"{HEAD}{RUNNING}listed\n{row}")
    assert view.generations[0].listed is None


def test_an_address_outside_of_the_allocation_is_not_used() -> None:
    """The address must be on a node that Slurm gave to the job."""
    row = ROW.replace("n[1-2]", "n[3-4]")
    [view] = words.services(f"{HEAD}{RUNNING}listed\n{row}")
    assert view.generations[0].address is None


def test_files_that_are_cut_are_not_there() -> None:
    """An address, heartbeat or end that cannot be read is like one that is not there yet."""
    cut = RUNNING.replace('"preface": true}', '"pre').replace('"connections": 3}', "")
    [view] = words.services(f"{HEAD}{cut}{ENDED.replace('end 899', 'end now')}")
    assert view.generations[0].address is None
    assert view.generations[0].heartbeat is None
    assert view.generations[1].end is None


def test_a_generation_that_must_not_begin_has_ended() -> None:
    """A generation that was abandoned has ended, also without a word of how."""
    [view] = words.services(f"{HEAD}generation 3\nuser alice\nbegun abandoned\n")
    assert view.generations[0].end is not None
    assert view.generations[0].end.how is How.ABANDONED
    assert not view.generations[0].began


def test_a_service_that_cannot_be_read_is_left_out() -> None:
    """A folder with a broken spec.json does not hide the others."""
    broken = HEAD.partition("\n")[2].replace(SPEC.to_json(), "{")
    views = words.services(f"{HEAD}{broken}{HEAD.partition(chr(10))[2]}")
    assert [view.spec.name for view in views] == ["demo", "demo"]


def test_no_services_are_none() -> None:
    """Without folders there are no services."""
    assert list(words.services("me alice\n")) == []


def test_a_job_that_waits_for_ever_says_so() -> None:
    """A reason that can never clear has its sentence and its cure; Slurm's word for no reason is
    none."""
    waits = ROW.replace("RUNNING", "PENDING")
    [view] = words.services(f"{HEAD}{RUNNING}listed\n{waits.replace('None', 'PartitionTimeLimit')}")
    assert view.generations[0].stuck == (
        "The job's time limit is longer than its partition allows. "
        "Submit it again with a shorter time limit (--time), or in another partition."
    )
    [view] = words.services(f"{HEAD}{RUNNING}listed\n{waits}")
    assert (view.generations[0].reason, view.generations[0].stuck) == ("", "")
