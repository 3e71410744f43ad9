"""The calls of the contract, one by one, over real HTTP."""

import base64
from typing import Any

import pytest
import requests

from dssr.errors import CommandTimeout, HostKeyRefused, OutcomeUnknown, Refused, RefusedRequest
from dssr.job import JobState, Output
from dssr.seams import DirectoryEntry

JOB = {"name": "job", "number": 1, "jobid": "1"}


def test_live_and_nodes_need_no_cluster(served: Any) -> None:
    """/live says that the process runs and /nodes is the text 'true', whatever the scheduler does."""
    served.connector.failure = CommandTimeout("silent")
    assert served.get("/live").json() == {"status": "OK"}
    assert served.get("/nodes").text == "true"
    assert served.connector.calls == []


def test_gc_is_ok_while_the_cluster_answers(served: Any) -> None:
    """/gc asks the scheduler."""
    assert served.get("/gc").json() == {"status": "OK"}
    assert served.connector.calls == ["ping"]


def test_gc_is_bad_with_the_reason_when_it_does_not(served: Any, failures: Any) -> None:
    """500 BAD, as the upstream expects it; the reason is in the answer and in one line of the log."""
    served.connector.failure = HostKeyRefused("The host key is another one.")
    answer = served.get("/gc")
    assert answer.status_code == 500
    assert answer.json() == {"status": "BAD", "reason": "The host key is another one."}
    assert failures() == ["GET /gc from 127.0.0.1: 500 The host key is another one."]


def test_submit_answers_the_id_as_a_string_and_the_script(served: Any) -> None:
    """[jobid, script]."""
    answer = served.submit("#!/bin/bash\necho 'hi'\n")
    assert answer.status_code == 200
    assert answer.json() == ["1", "#!/bin/bash\necho 'hi'\n"]


def test_submit_takes_a_json_body_too(served: Any) -> None:
    """Shell users send the object itself as application/json."""
    script = base64.b64encode(b"#!/bin/bash\n").decode()
    args = {"name": "job", "number": "17", "nodes": 2, "hpc_script": {"native": script}}
    assert requests.post(served.url + "/submit", json=args, timeout=30).json()[0] == "1"
    assert served.connector.jobs["1"].spec.number == 17
    assert served.connector.jobs["1"].spec.nodes == 2


def test_submit_takes_a_multipart_form_too(served: Any) -> None:
    """curl -F sends args as one part of several."""
    script = base64.b64encode(b"#!/bin/bash\n" + b"#" * 1_000_000).decode()
    args = f'{{"name": "job", "number": 1, "nodes": 1, "hpc_script": {{"native": "{script}"}}}}'
    assert requests.post(served.url + "/submit", files={"args": (None, args)}, timeout=30).json()[0] == "1"


def test_submit_twice_is_one_job_and_the_same_answer(served: Any) -> None:
    """An upstream whose first try timed out gets the first job's id."""
    assert served.submit().json() == served.submit().json()
    assert len(served.connector.jobs) == 1


def test_submit_of_another_script_under_the_same_name_is_a_conflict(served: Any) -> None:
    """Name and number stand for one script: 409."""
    served.submit("#!/bin/bash\necho 1\n")
    answer = served.submit("#!/bin/bash\necho 2\n")
    assert answer.status_code == 409
    assert "another script" in answer.text


@pytest.mark.parametrize("held", [True, False])
def test_submit_reads_held(held: bool, served: Any) -> None:
    """held is the connector's to carry out."""
    served.submit(held=held)
    assert served.connector.jobs["1"].spec.held is held


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/bash\necho 'it'\"s\" ${X} $(id) `id` \\n %s {} {{x}}\n",
        "#!/bin/bash\ncat <<'EOF'\n$X \\\nEOF\n",
        "#!/bin/bash\r\necho umlauts: äöü €\r\n",
        "#!/bin/bash\n: " + "x" * 100_000 + "\n",
        "#!/bin/bash\n" + "echo 0123456789\n" * 70_000,
    ],
    ids=["quotes", "heredoc", "CRLF and umlauts", "a long line", "1 MB"],
)
def test_a_script_arrives_whole(script: str, served: Any) -> None:
    """Whatever characters a script holds, the connector gets the very same, and the answer shows them."""
    answer = served.submit(script)
    assert answer.json()[1] == script
    assert served.connector.jobs["1"].spec.source == script


def test_base64_may_be_wrapped(served: Any) -> None:
    """base64(1) breaks its lines at 76 columns; line breaks are no part of the script."""
    wrapped = base64.encodebytes(b"#!/bin/bash\n" * 50).decode()
    assert "\n" in wrapped.strip()
    served.submit(hpc_script={"native": wrapped})
    assert served.connector.jobs["1"].spec.source == "#!/bin/bash\n" * 50


def test_a_plain_script_needs_no_executor(served: Any) -> None:
    """A batch script without JOBOBJ_ lines is taken under any executor's name, when it is the only one."""
    script = base64.b64encode(b"#!/bin/bash\n").decode()
    assert served.submit(hpc_script={"singularity": script}).status_code == 200
    assert served.connector.launches == [""]


def test_an_old_application_definition_is_refused(served: Any) -> None:
    """Application definition version 1: 400 and the reason, where the reference answers 200."""
    answer = served.submit("JOBOBJ_APPDEFVERSION=1\nJOBOBJ_INTERACTIVE=False\n")
    assert answer.status_code == 400
    assert "JOBOBJ_APPDEFVERSION" in answer.text


def test_a_refusal_of_what_was_asked_for_is_400_with_the_schedulers_words(served: Any) -> None:
    """More nodes than there are is the request's fault."""
    served.connector.failure = RefusedRequest("sbatch: error: Node count specification invalid")
    answer = served.submit()
    assert (answer.status_code, "Node count specification invalid" in answer.text) == (400, True)


def test_a_refusal_for_the_sites_reasons_is_502(served: Any) -> None:
    """An account that has run dry is not the request's fault."""
    served.connector.failure = Refused("sbatch: error: Job violates accounting policy")
    assert served.submit().status_code == 502


def test_an_outcome_that_is_not_known_yet_is_503(served: Any) -> None:
    """The upstream is told to send the same again, and when."""
    served.connector.failure = OutcomeUnknown("Send the same again.", retry_after=11)
    answer = served.submit()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "11")


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.UNKNOWN])
def test_each_state_stands_in_the_list_that_the_contract_says(state: JobState, served: Any) -> None:
    """A job is in /running, in /queued or in neither, by its state alone."""
    served.submit()
    served.connector.set("1", state)
    lists = (served.get("/running").json(), served.get("/queued").json())
    assert lists == ([["job", "1"]] if state.is_running else [], [["job", "1"]] if state.is_queued else [])


def test_a_listed_job_in_a_state_that_nobody_knows_does_not_pass_for_ended(served: Any) -> None:
    """The scheduler still lists it, so it is among the running ones."""
    served.submit()
    served.connector.set("1", JobState.UNKNOWN)
    assert served.get("/running").json() == [["job", "1"]]


@pytest.mark.parametrize("call", ["/running", "/queued", "/runstatus", "/exitstatus", "/terminate", "/release", "/events"])
def test_a_silent_cluster_is_503_and_never_an_empty_answer(call: str, served: Any) -> None:
    """An empty list would tell the upstream that its jobs have ended."""
    served.connector.failure = CommandTimeout("The login node did not answer within 10 s.", retry_after=3)
    answer = served.get(call) if call in ("/running", "/queued") else served.call(call, JOB)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "3"
    assert answer.text == "The login node did not answer within 10 s.\n"


def test_runstatus_of_a_running_job(served: Any) -> None:
    """[[node, ...], "HH:MM:SS", "name/number/jobid", null], the hours going on past 24."""
    served.submit()
    served.connector.set("1", JobState.RUNNING, elapsed=26 * 3600 + 3 * 60 + 4, nodes=("n1", "n2"))
    assert served.call("/runstatus", JOB).json() == [["n1", "n2"], "26:03:04", "job/1/1", None]


def test_runstatus_of_a_pending_job_has_no_nodes(served: Any) -> None:
    """Nodes are known when they are given."""
    served.submit()
    assert served.call("/runstatus", JOB).json() == [[], "00:00:00", "job/1/1", None]


@pytest.mark.parametrize("other", [{"jobid": "99"}, {"name": "other"}])
def test_runstatus_of_a_job_that_is_not_listed(other: dict[str, str], served: Any) -> None:
    """Four nulls, also when the id belongs to a job of another name."""
    served.submit()
    assert served.call("/runstatus", JOB | other).json() == [None, None, None, None]


@pytest.mark.parametrize(
    ("state", "rc"),
    [("COMPLETED", 0), ("FAILED", 1), ("NODE_FAIL", 1), ("OUT_OF_MEMORY", 1), ("CANCELLED", -15), ("DEADLINE", -15),
     ("PREEMPTED", -15), ("TIMEOUT", -9), ("BOOT_FAIL", -9), ("REVOKED", -9), ("LAUNCH_FAILED", -9)],
)  # fmt: skip
def test_exitstatus_of_each_final_state(state: str, rc: int, served: Any) -> None:
    """[rc, time, [output without trailing white space, the termination line]], and the job is cleaned up."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"  hello\nworld\n\n \n")
    served.connector.set("1", JobState(state), elapsed=61)
    last = f"<< termination state: {state} -- see STDOUT for job errors >>"
    assert served.call("/exitstatus", JOB).json() == [rc, "00:01:01", ["  hello\nworld", last]]
    assert served.connector.jobs["1"].cleaned


def test_exitstatus_twice_is_the_same_answer(served: Any) -> None:
    """The second answer has not lost the output."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"hello")
    served.connector.set("1", JobState.COMPLETED)
    assert served.call("/exitstatus", JOB).json() == served.call("/exitstatus", JOB).json()


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.RUNNING])
def test_exitstatus_before_the_end_is_503_and_touches_nothing(state: JobState, served: Any) -> None:
    """The state is told, when to ask again too, and the output file of the job stays."""
    served.submit()
    served.connector.set("1", state)
    answer = served.call("/exitstatus", JOB)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert state.value in answer.text
    assert "clean" not in served.connector.calls


def test_exitstatus_of_a_job_never_submitted_here(served: Any) -> None:
    """No intent was ever made for it: -9 without a time and without output."""
    assert served.call("/exitstatus", JOB).json() == [-9, "00:00:00", []]
    assert "clean" not in served.connector.calls


def test_exitstatus_of_a_lost_job_says_what_is_known(served: Any) -> None:
    """-9 with its output, the reason in the last line."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"half\n")
    served.connector.set("1", JobState.UNKNOWN, reason="nothing was heard of it for 120 s")
    last = "<< termination state: UNKNOWN -- see STDOUT for job errors >>"
    assert served.call("/exitstatus", JOB).json() == [
        -9, "00:00:00", ["half\n<< dssr: nothing was heard of it for 120 s >>", last],
    ]  # fmt: skip


def test_exitstatus_shows_bytes_that_are_no_text_replaced_and_what_was_cut(served: Any) -> None:
    """Output with bytes that are not UTF-8 is shown; a first line tells how many bytes are left out."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"\xff\xfe ok\n", cut=1234)
    served.connector.set("1", JobState.COMPLETED)
    stdout = served.call("/exitstatus", JOB).json()[2][0]
    assert stdout == "<< dssr: the first 1234 bytes of the output are left out >>\n\ufffd\ufffd ok"


def test_terminate_release_and_events(served: Any) -> None:
    """true, true, and the scheduler's words as a JSON string."""
    served.submit()
    assert served.call("/release", JOB).json() is True
    assert served.call("/events", JOB).json() == "JobId=1 JobState=PENDING\n"
    assert served.call("/terminate", JOB).json() is True
    assert served.connector.jobs["1"].status.state is JobState.CANCELLED
    assert not served.connector.jobs["1"].cleaned


def test_terminate_of_a_job_that_has_ended_changes_nothing(served: Any) -> None:
    """It stays as it ended."""
    served.submit()
    served.connector.set("1", JobState.COMPLETED)
    assert served.call("/terminate", JOB).json() is True
    assert served.connector.jobs["1"].status.state is JobState.COMPLETED


@pytest.mark.parametrize("call", ["/terminate", "/release", "/events"])
def test_a_job_that_is_not_the_bridges_cannot_be_touched(call: str, served: Any) -> None:
    """404 for an unknown id, and for a known one under another name."""
    served.submit()
    assert served.call(call, JOB | {"jobid": "2"}).status_code == 404
    assert served.call(call, JOB | {"name": "other"}).status_code == 404
    assert served.connector.jobs["1"].status.state is JobState.PENDING


def test_a_release_that_the_scheduler_refuses_is_500_with_its_words(served: Any) -> None:
    """As the upstream has it from the reference."""
    served.submit()
    served.connector.failure = Refused("scontrol: Job is not pending")
    answer = served.call("/release", JOB)
    assert (answer.status_code, answer.text) == (500, "scontrol: Job is not pending\n")


def test_online_does_nothing(served: Any) -> None:
    """Nodes are the cluster's own business."""
    assert served.call("/online", {"host": "node-1.site", "status": False}).json() is True
    assert served.connector.calls == []


@pytest.mark.parametrize("method", ["ping", "connect", "screenshot", "whatever"])
def test_request_methods_that_do_nothing(method: str, served: Any) -> None:
    """200 and an empty body."""
    answer = served.call(f"/request/job/1/1/{method}", {"qs": {}})
    assert (answer.status_code, answer.content) == (200, b"")
    assert served.connector.calls == []


@pytest.mark.parametrize("method", ["shutdown", "abort"])
def test_request_shutdown_and_abort_end_the_job(method: str, served: Any) -> None:
    """As /terminate does, with an empty body."""
    served.submit()
    answer = served.call(f"/request/job/1/1/{method}", {"qs": {}})
    assert (answer.status_code, answer.content) == (200, b"")
    assert served.connector.jobs["1"].status.state is JobState.CANCELLED


def test_request_info_has_the_url_of_what_the_job_serves(served: Any) -> None:
    """Empty for a job that serves nothing."""
    assert served.call("/request/job/1/1/info", {"qs": {}}).json() == {"about": "", "help": "", "url": "", "actions": {}}
    served.connector.address = "https://job.example/"
    assert served.call("/request/job/1/1/info", {"qs": {}}).json()["url"] == "https://job.example/"


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["2"], 2), ([2], 2), (["1"], 1), (None, 100), (["0"], 100), (["-5"], 100), (["x"], 100), (["2.5"], 100), ([], 100),
        (["100000"], 150), (["100001"], 100), ([None], 100), ([True], 100), ("7", 100), (["7;id"], 100), (["7\n"], 100),
        (["9" * 5000], 100), ({"0": "7"}, 100),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_tail_shows_the_last_lines(lines: Any, shown: int, served: Any) -> None:
    """The first of qs.lines, and 100 for whatever is no number from 1 to 100000."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"".join(b"%d\n" % i for i in range(150)))
    answer = served.call("/request/job/1/1/tail", {"qs": {} if lines is None else {"lines": lines}})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "".join(f"{i}\n" for i in range(150 - shown, 150))


def test_tail_while_there_is_no_output_is_404_with_a_sentence(served: Any) -> None:
    """Nothing printed yet is not an empty output."""
    served.submit()
    answer = served.call("/request/job/1/1/tail", {"qs": {}})
    assert (answer.status_code, answer.text) == (404, "The job has printed nothing yet.\n")


def test_tail_replaces_what_is_no_text_and_says_what_was_cut(served: Any) -> None:
    """Bad bytes never fail the call."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"a\xffb\n", cut=5)
    text = served.call("/request/job/1/1/tail", {"qs": {}}).text
    assert text == "<< dssr: the first 5 bytes of the output are left out >>\na\ufffdb\n"


HOME = [
    DirectoryEntry("/home/a b", True, 4096, 1700000000),
    DirectoryEntry("/home/a b/dir", True, 4096, 1700000001),
    DirectoryEntry("/home/a b/file;id", False, 12, 1700000002),
    DirectoryEntry("/home/a b/not\udcfftext", False, 1, 1700000003),
    DirectoryEntry("/home/a b/two\nlines", False, 1, 1700000004),
]


@pytest.mark.parametrize("path", ["/home/a b", "/home/a b/", "home/a b"])
def test_pvcls_lists_a_directory(path: str, served: Any) -> None:
    """One entry a line, /data in front, directories with a slash behind; a name of two lines cannot be shown."""
    served.connector.directories["/home/a b"] = HOME
    answer = served.call("/request/pvcls", {"qs": {"path": [path]}})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "/data/home/a b/\n/data/home/a b/dir/\n/data/home/a b/file;id\n/data/home/a b/not\ufffdtext\n"


def test_pvcls_with_details(served: Any) -> None:
    """mtime-seconds size path."""
    served.connector.directories["/home/a b"] = HOME[:3]
    answer = served.call("/request/pvcls", {"qs": {"path": ["/home/a b"], "details": ["True"]}})
    assert answer.text == (
        "1700000000 4096 /data/home/a b/\n1700000001 4096 /data/home/a b/dir/\n1700000002 12 /data/home/a b/file;id\n"
    )


def test_pvcls_of_the_root(served: Any) -> None:
    """The root is '/data/'."""
    served.connector.directories["/"] = [DirectoryEntry("/", True, 1, 1), DirectoryEntry("/home", True, 1, 1)]
    assert served.call("/request/pvcls", {"qs": {"path": ["/"]}}).text == "/data/\n/data/home/\n"


def test_pvcls_without_anything_to_show_is_401_with_the_reason(served: Any) -> None:
    """401 is what the contract says."""
    answer = served.call("/request/pvcls", {"qs": {"path": ["/x$(id)"]}})
    assert (answer.status_code, answer.text) == (401, "There is no directory /x$(id).\n")
