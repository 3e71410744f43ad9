"""The calls of the contract, over real HTTP."""

from typing import Any

import pytest

from dssr.errors import CommandTimeout, HostKeyRefused, Refused
from dssr.job import JobState, Output

JOB = {"name": "job", "number": 1, "jobid": "1"}


def test_live_and_nodes_need_no_cluster(served: Any) -> None:
    """/live says that the process runs, and /nodes is the text 'true', in any case."""
    served.connector.failure = CommandTimeout("silent")
    assert served.get("/live").json() == {"status": "OK"}
    assert served.get("/nodes").text == "true"
    assert served.connector.calls == []


def test_gc_is_ok_while_the_cluster_answers(served: Any) -> None:
    """/gc queries the scheduler, and responds OK while it answers."""
    assert served.get("/gc").json() == {"status": "OK"}
    assert served.connector.calls == ["ping"]


def test_gc_is_bad_with_the_reason_when_the_cluster_is_silent(served: Any, failures: Any) -> None:
    """While the cluster is silent, /gc responds 500 and BAD with the reason, and the log has one
    line."""
    served.connector.failure = HostKeyRefused("The host key is another one.")
    answer = served.get("/gc")
    assert answer.status_code == 500
    assert answer.json() == {"status": "BAD", "reason": "The host key is another one."}
    assert failures() == ["GET /gc from 127.0.0.1: 500 The host key is another one."]


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.UNKNOWN])
def test_each_state_is_in_the_list_that_the_contract_says(state: JobState, served: Any) -> None:
    """A job is in /running, in /queued or in neither, by its state alone."""
    served.submit()
    served.connector.set("1", state)
    lists = (served.get("/running").json(), served.get("/queued").json())
    assert lists == (
        [["job", "1"]] if state.is_running else [],
        [["job", "1"]] if state.is_queued else [],
    )


def test_a_listed_job_in_an_unknown_state_does_not_pass_for_ended(served: Any) -> None:
    """A job in an unknown state is among the running jobs as long as the scheduler lists it."""
    served.submit()
    served.connector.set("1", JobState.UNKNOWN)
    assert served.get("/running").json() == [["job", "1"]]


def test_lists_and_states_have_their_age(served: Any) -> None:
    """Lists and states have their age in whole seconds in the header Age."""
    served.submit()
    look = served.connector.snapshot()
    look.taken -= 7.5
    served.connector.snapshot = lambda: look
    try:
        answers = [served.get("/running"), served.get("/queued"), served.call("/runstatus", JOB)]
    finally:
        del served.connector.snapshot
    assert [answer.headers["Age"] for answer in answers] == ["7"] * 3


@pytest.mark.parametrize(
    "call",
    ["/running", "/queued", "/runstatus", "/exitstatus", "/terminate", "/release", "/events"],
)
def test_a_silent_cluster_is_503_and_never_an_empty_list(call: str, served: Any) -> None:
    """While the cluster is silent the lists are 503, never empty."""
    served.connector.failure = CommandTimeout(
        "The login node did not answer within 10 s.", retry_after=3
    )
    answer = served.get(call) if call in ("/running", "/queued") else served.call(call, JOB)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "3"
    assert answer.text == "The login node did not answer within 10 s.\n"


def test_runstatus_of_a_running_job(served: Any) -> None:
    """The response is [[node, ...], "HH:MM:SS", "name/number/jobid", null], with hours past 24."""
    served.submit()
    served.connector.set("1", JobState.RUNNING, elapsed=26 * 3600 + 3 * 60 + 4, nodes=("n1", "n2"))
    assert served.call("/runstatus", JOB).json() == [["n1", "n2"], "26:03:04", "job/1/1", None]


def test_runstatus_of_a_pending_job_has_no_nodes(served: Any) -> None:
    """/runstatus of a pending job has an empty list of nodes."""
    served.submit()
    assert served.call("/runstatus", JOB).json() == [[], "00:00:00", "job/1/1", None]


@pytest.mark.parametrize("other", [{"jobid": "99"}, {"name": "other"}])
def test_runstatus_of_a_job_that_is_not_listed(other: dict[str, str], served: Any) -> None:
    """The response is four nulls, also when the id belongs to a job of another name."""
    served.submit()
    assert served.call("/runstatus", JOB | other).json() == [None, None, None, None]


@pytest.mark.parametrize(
    ("state", "rc"),
    [("COMPLETED", 0), ("FAILED", 1), ("NODE_FAIL", 1), ("OUT_OF_MEMORY", 1), ("CANCELLED", -15),
     ("DEADLINE", -15),
     ("PREEMPTED", -15), ("TIMEOUT", -9), ("BOOT_FAIL", -9), ("REVOKED", -9), ("LAUNCH_FAILED",
      -9)],
)  # fmt: skip
def test_exitstatus_of_each_final_state(state: str, rc: int, served: Any) -> None:
    """The response is [rc, time, [output without white space at its end, termination line]]; the
    job is cleaned up.
    """
    served.submit()
    served.connector.jobs["1"].output = Output(b"  hello\nworld\n\n \n")
    served.connector.set("1", JobState(state), elapsed=61)
    last = f"<< termination state: {state} -- see STDOUT for job errors >>"
    assert served.call("/exitstatus", JOB).json() == [rc, "00:01:01", ["  hello\nworld", last]]
    assert served.connector.jobs["1"].cleaned


def test_exitstatus_twice_is_the_same_response(served: Any) -> None:
    """The second response has the output, too."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"hello")
    served.connector.set("1", JobState.COMPLETED)
    assert served.call("/exitstatus", JOB).json() == served.call("/exitstatus", JOB).json()


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.RUNNING])
def test_exitstatus_before_the_end_is_503_and_touches_nothing(state: JobState, served: Any) -> None:
    """The response has the state and when to ask again; the output file stays."""
    served.submit()
    served.connector.set("1", state)
    answer = served.call("/exitstatus", JOB)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert state.value in answer.text
    assert "clean" not in served.connector.calls


def test_exitstatus_of_a_job_never_submitted_here(served: Any) -> None:
    """Without an intent the response is -9 without a time or output."""
    assert served.call("/exitstatus", JOB).json() == [-9, "00:00:00", []]
    assert "clean" not in served.connector.calls


def test_exitstatus_of_a_lost_job_says_what_is_known(served: Any) -> None:
    """The response is -9 with the output, and the reason in its last line."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"half\n")
    served.connector.set("1", JobState.UNKNOWN, reason="nothing was heard of it for 120 s")
    last = "<< termination state: UNKNOWN -- see STDOUT for job errors >>"
    assert served.call("/exitstatus", JOB).json() == [
        -9, "00:00:00", ["half\n<< dssr: nothing was heard of it for 120 s >>", last],
    ]  # fmt: skip


def test_exitstatus_replaces_what_is_not_utf8_and_says_what_was_cut(served: Any) -> None:
    """A first line says how many bytes are left out."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"\xff\xfe ok\n", cut=1234)
    served.connector.set("1", JobState.COMPLETED)
    stdout = served.call("/exitstatus", JOB).json()[2][0]
    assert stdout == "<< dssr: the first 1234 bytes of the output are left out >>\n\ufffd\ufffd ok"


def test_terminate_release_and_events(served: Any) -> None:
    """The responses are true, true, and the scheduler's words as a JSON string."""
    served.submit()
    assert served.call("/release", JOB).json() is True
    assert served.call("/events", JOB).json() == "JobId=1 JobState=PENDING\n"
    assert served.call("/terminate", JOB).json() is True
    assert served.connector.jobs["1"].status.state is JobState.CANCELLED
    assert not served.connector.jobs["1"].cleaned


def test_terminate_of_a_job_that_has_ended_changes_nothing(served: Any) -> None:
    """A job that has ended keeps its final state after /terminate."""
    served.submit()
    served.connector.set("1", JobState.COMPLETED)
    assert served.call("/terminate", JOB).json() is True
    assert served.connector.jobs["1"].status.state is JobState.COMPLETED


@pytest.mark.parametrize("call", ["/terminate", "/release", "/events"])
def test_a_job_that_is_not_the_bridges_cannot_be_touched(call: str, served: Any) -> None:
    """An unknown id gets 404, and so does a known one under another name."""
    served.submit()
    assert served.call(call, JOB | {"jobid": "2"}).status_code == 404
    assert served.call(call, JOB | {"name": "other"}).status_code == 404
    assert served.connector.jobs["1"].status.state is JobState.PENDING


def test_a_release_that_the_scheduler_refuses_is_500_with_its_words(served: Any) -> None:
    """A release that the scheduler refuses gets 500 with the scheduler's words."""
    served.submit()
    served.connector.failure = Refused("scontrol: Job is not pending")
    answer = served.call("/release", JOB)
    assert (answer.status_code, answer.text) == (500, "scontrol: Job is not pending\n")


def test_online_does_nothing(served: Any) -> None:
    """/online responds and changes nothing on the cluster."""
    assert served.call("/online", {"host": "node-1.site", "status": False}).json() is True
    assert served.connector.calls == []
