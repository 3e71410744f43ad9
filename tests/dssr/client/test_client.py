import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.client import (
    BadRequest,
    Client,
    ClientError,
    Conflict,
    Forbidden,
    Job,
    NotFound,
    OutcomeUnknown,
    Unauthenticated,
    Unreachable,
)
from dssr.client.documents import JobEvent
from tests.dssr.client.conftest import here
from tests.end_to_end.service import Service


def test_a_job_is_submitted_with_all_that_was_asked_for(client: Client) -> None:
    """Members with short names, lengths of time, labels and environment reach the bridge."""
    job = client.submit(
        'echo "$THING" "$@"',
        name="asked",
        cores=1,
        memory_mb=100,
        walltime=timedelta(minutes=2),
        environment={"THING": "a b"},
        arguments=["$HOME"],
        labels={"kind": "asked"},
    )
    assert (job.name, job.document["walltime_seconds"]) == ("asked", 120)
    assert (job.wait(60).state, job.output()) == ("COMPLETED", "a b $HOME\n")
    assert [found.id for found in client.jobs(label={"kind": "asked"}, limit=1)] == [job.id]


def test_a_script_may_be_a_file(client: Client, tmp_path: Path) -> None:
    """A path is read, with its line ends as they are."""
    path = tmp_path / "job.sh"
    path.write_bytes(b"echo one\r\necho two\r\n")
    assert client.submit(path).wait(60).output() == "one\ntwo\n"


def test_the_name_of_a_file_is_no_script(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that is the name of a file here is an error that says how the file is submitted; any
    other word is a script."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.sh").write_text("exit 3")
    with pytest.raises(BadRequest, match=r"Path\('job.sh'\) submits what is in the file"):
        client.submit("job.sh")
    assert client.submit(Path("job.sh")).wait(60).document["exit_code"] == 3
    assert client.submit("hostname").wait(60).state == "COMPLETED"
    with pytest.raises(BadRequest, match="The script is empty"):
        client.submit("\n")


def test_errors_have_the_names_of_the_parameters(client: Client) -> None:
    """An error of the request names the parameter of this client, and not the API's member."""
    with pytest.raises(BadRequest, match=r"^'walltime' must be a whole number"):
        client.submit("true", walltime=0)
    with pytest.raises(BadRequest, match="'mem': use 'memory_mb' instead"):
        client.check("true", options={"mem": "1G"})
    asked: Any = {"walltme": 60}
    with pytest.raises(BadRequest, match="no parameter 'walltme': did you mean 'walltime'"):
        client.submit("true", **asked)
    asked = {"cores_per_nodes": 2}
    with pytest.raises(BadRequest, match="did you mean 'cores'"):
        client.submit("true", **asked)


def test_the_same_key_is_the_same_job(client: Client) -> None:
    """A key joins two calls, and without one each call submits."""
    first, again = (client.submit("true", key="same-key") for _ in range(2))
    assert first.id == again.id
    with pytest.raises(Conflict):
        client.submit("false", key="same-key")
    assert len({client.submit("true").id for _ in range(2)}) == 2


def test_a_job_is_found_by_its_names_and_their_beginnings(client: Client) -> None:
    """Id, native id, name and the beginning of a name find a job that has it alone."""
    job = client.submit("true", name="findable.one")
    client.submit("true", name="findable.two")
    for name in (job.id, job.document["native_id"], "findable.one", "findable.o"):
        assert client.job(name).id == job.id
    with pytest.raises(Conflict, match=rf"(?s)use an id\.\n.*  {job.id}  findable.one"):
        client.job("findable")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "nowhere", "a/b", "check", "?", "%2e%2e", "\udcff"]
)
def test_a_job_that_is_not_there_is_not_found(client: Client, name: str) -> None:
    """No text leads to another call of the API."""
    with pytest.raises(NotFound):
        client.job(name)


def test_what_is_wrong_is_named(client: Client) -> None:
    """The bridge's sentence about a request that is wrong is the error's text."""
    with pytest.raises(BadRequest, match="walltime") as caught:
        client.submit("true", walltime=-1)
    assert (caught.value.slug, caught.value.status) == ("bad-request", 400)
    assert caught.value.request_id
    with pytest.raises(BadRequest, match="did you mean 'partition'"):
        client.submit("true", partitoin="batch")  # type: ignore[call-arg]


def test_a_check_submits_nothing(client: Client) -> None:
    """A check shows what would be sent."""
    before = len(list(client.jobs()))
    checked = client.check("true", walltime=120)
    assert "--time=" in " ".join(checked["options"])
    assert len(list(client.jobs())) == before


def test_a_long_list_is_read_in_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """All jobs come once, in order, however many pages they take, and not more than asked for."""
    for number in range(5):
        client.submit("true", name=f"page-{number}", labels={"many": "pages"})
    monkeypatch.setattr("dssr.client.client._PAGE", 2)
    label = {"many": "pages"}
    names = [job.name for job in client.jobs(label=label)]
    assert names == [f"page-{number}" for number in (4, 3, 2, 1, 0)]
    assert [job.name for job in client.jobs(label=label, limit=3)] == names[:3]


def test_jobs_are_listed_by_their_time(client: Client) -> None:
    """A time is a text as the API has it, or a ``datetime``."""
    job = client.submit("true", name="timed")
    submitted = datetime.fromisoformat(str(job.document["submitted_at"]))
    later = submitted + timedelta(seconds=1)
    assert [j.id for j in client.jobs(name="timed", since=submitted, until=later)] == [job.id]
    assert list(client.jobs(name="timed", since=later.astimezone().replace(tzinfo=None))) == []
    assert list(client.jobs(name="timed", until="2001-01-01T00:00:00Z")) == []


def test_the_cluster_is_shown(client: Client) -> None:
    """The cluster, its partitions and its nodes are the API's own documents."""
    held = client.submit("true", held=True)
    assert client.cluster()["reachable"]
    assert (client.cluster()["scheduler"] == "slurm") == bool(client.partitions())
    assert client.nodes()[0]["cores"]["total"] > 0
    assert held.document["native_id"] in [row["native_id"] for row in client.queue()]
    held.cancel()


def _end_of(job: Job, events: Iterator[JobEvent]) -> JobEvent:
    """The event that reports the job's end."""
    return next(e for e in events if e["job"]["id"] == job.id and e["job"]["is_final"])


def test_final_states_come_once_and_in_order(client: Client) -> None:
    """Those behind an event are replayed, and others come as they happen."""
    first = client.submit("exit 3", name="event-1")
    events = client.events(after=0)
    end = _end_of(first, events)
    assert end["job"]["state"] == "FAILED"
    second = client.submit("true", name="event-2")
    assert _end_of(second, events)["job"]["state"] == "COMPLETED"
    events.close()
    replayed = client.events(after=end["id"])
    seen: list[JobEvent] = []
    while not seen or seen[-1]["job"]["id"] != second.id:
        seen.append(next(replayed))
    assert seen[-1]["job"]["is_final"]
    assert first.id not in [event["job"]["id"] for event in seen]


URL = "http://bridge.example"
SUBMITTED = f"{URL}/api/v1/jobs"


@responses.activate
def test_a_submission_is_repeated_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is not known what came of a submission, it is sent again with the same key, and the
    error that is left names the key."""
    monkeypatch.setattr("dssr.client.session.time.sleep", lambda _: None)
    responses.post(SUBMITTED, body=requests.ConnectionError("[Errno 104] Connection reset by peer"))
    responses.post(SUBMITTED, status=503, json={"type": "/problems/busy", "detail": "Busy."})
    with pytest.raises(OutcomeUnknown) as caught:
        Client(URL, environ={}).submit("true")
    keys = {call.request.headers["Idempotency-Key"] for call in responses.calls}
    assert len(responses.calls) == 2
    assert repr(keys.pop()) in str(caught.value)
    assert keys == set()


RESET = {"body": requests.ConnectionError("[Errno 104] Connection reset by peer")}
DENIED = {"status": 403, "json": {"type": "/problems/forbidden", "detail": "No."}}
FAULT = {"status": 500, "json": {"type": "/problems/internal", "detail": "A fault."}}
CUT = {"status": 201, "body": '{"id": ', "headers": {"X-Request-Id": "1"}}


@responses.activate
@pytest.mark.parametrize(
    "answers",
    [[FAULT], [{"status": 500, "body": "<html>"}], [CUT], [RESET, DENIED], [RESET, FAULT]],
)
def test_a_submission_that_may_have_happened_says_so(
    answers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a fault of the bridge, a response that cannot be read, and an error behind a response
    that was lost, the error names the key that finds out."""
    monkeypatch.setattr("dssr.client.session.time.sleep", lambda _: None)
    for answer in answers:
        responses.post(SUBMITTED, **answer, content_type="application/json")
    with pytest.raises(OutcomeUnknown, match="'the-key'"):
        Client(URL, environ={}).submit("true", key="the-key")
    assert len(responses.calls) == len(answers)


@responses.activate
@pytest.mark.parametrize(
    "answer",
    [
        {"body": "<html>", "content_type": "text/html"},
        {"status": 503, "json": {"type": "/problems/cluster-unavailable", "detail": "Down."}},
        {"status": 401, "json": {"type": "/problems/unauthenticated", "detail": "Who?"}},
    ],
)
def test_a_submission_that_did_not_happen_says_so(answer: dict[str, Any]) -> None:
    """An error after which there is certainly no job does not leave that open."""
    responses.post(SUBMITTED, **answer)
    with pytest.raises(ClientError) as caught:
        Client(URL, environ={}).submit("true")
    assert not isinstance(caught.value, OutcomeUnknown)


def test_a_bridge_that_does_not_run_has_no_job(free_port: int) -> None:
    """A refused connection is an address where nothing listens."""
    with pytest.raises(Unreachable, match="Connection refused") as caught:
        Client(f"http://127.0.0.1:{free_port}", environ={}, patience=0).submit("true")
    assert not isinstance(caught.value, OutcomeUnknown)


@pytest.fixture
def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_token_decides_what_may_be_done(tmp_path: Path) -> None:
    """A token that may only read submits nothing, and one that is wrong or missing reads nothing;
    the error names the variable."""
    tokens, (entry, text) = tmp_path / "tokens", mint("reader", Scope.READ, int(time.time()), None)
    token_file.add(str(tokens), entry)
    more = {"JARVICE_SCHED_TOKENS_FILE": str(tokens), "WAITRESS_BIND_ADDRESS": "127.0.0.1"}
    service = Service(here(tmp_path) | more)
    try:
        assert list(Client(environ={"DSSR_URL": service.url, "DSSR_TOKEN": text}).jobs()) == []
        with pytest.raises(Forbidden, match="scope 'submit'"):
            Client(service.url, text, environ={}).submit("true")
        for token in (f"{text}x", ""):
            with pytest.raises(Unauthenticated, match="DSSR_TOKEN"):
                list(Client(service.url, token, environ={}).jobs())
    finally:
        service.stop()
