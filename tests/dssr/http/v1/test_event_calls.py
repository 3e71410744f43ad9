"""``GET /events``, over a dummy cluster whose clock a test moves."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.errors import Unavailable
from dssr.http.serving import parking
from dssr.http.v1.models import EventList, JobEvent
from tests.dssr.http.v1.listening import Event, Listener


def states(events: list[Event]) -> list[tuple[str, str | None, str]]:
    """The id of the job, its state before, its state."""
    return [(e.data["job"]["id"], e.data["before"], e.data["job"]["state"]) for e in events]


def joined(v1: Any) -> Listener:
    """A listener for what happens from now on."""
    listener = Listener(f"{v1.url}/events")
    listener.begins()
    return listener


def ended(v1: Any, count: int) -> list[str]:
    """So many jobs that have ended, one after the other; their ids."""
    ids = []
    for _ in range(count):
        ids.append(v1.submit()["id"])
        v1.now += 100
        v1.get("/jobs")
    return ids


def test_each_change_of_a_job_is_an_event(v1: Any) -> None:
    """A new job, its start and its end arrive in this order, each with the state before it."""
    listener = joined(v1)
    assert listener.response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    job = v1.submit()["id"]
    events = [listener.next()]
    v1.now += 6
    events.append(listener.next())
    v1.now += 20
    events.append(listener.next())
    assert states(events) == [
        (job, None, "PENDING"), (job, "PENDING", "RUNNING"), (job, "RUNNING", "COMPLETED")
    ]  # fmt: skip
    assert {event.name for event in events} == {"job"}
    for event in events:
        JobEvent.model_validate({"id": None} | event.data)
    listener.close()


def test_final_states_are_replayed_once_each_and_then_the_stream_is_live(v1: Any) -> None:
    """A client that comes back gets what ended meanwhile, in the order in which it ended."""
    first, *others = ended(v1, 4)
    listener = Listener(f"{v1.url}/events?after=0")
    assert listener.next().data["job"]["id"] == first
    listener.close()
    again = Listener(f"{v1.url}/events?after=0", listener.last_id)
    assert [again.next().data["job"]["id"] for _ in others] == others
    last = v1.submit()["id"]
    v1.now += 100
    assert [e.data["job"]["id"] for e in again.until("job")][-1] == last
    again.close()


def test_a_stream_begins_with_an_id(v1: Any) -> None:
    """A client that is cut off before the first event comes back to the place where it began."""
    ended(v1, 2)
    head = joined(v1)
    v1.submit()
    head.next()
    newest = v1.get("/events?after=0&wait_seconds=0").json()["next"]
    assert head.last_id == newest
    head.close()


def test_a_list_has_the_events_behind_a_number(v1: Any) -> None:
    """With ``wait_seconds``, final states come as JSON, page by page, until there are none."""
    ids = ended(v1, 5)
    found: list[str] = []
    after = "0"
    for _ in range(3):
        answer = v1.get(f"/events?after={after}&wait_seconds=0&limit=2")
        page = EventList.model_validate_json(answer.content)
        found += [item.job.id for item in page.items]
        after = page.next
    assert found == ids
    assert v1.get(f"/events?after={after}&wait_seconds=0").json()["items"] == []
    assert v1.get(f"/events?after={after}&wait_seconds=0").json()["next"] == after


def test_a_list_waits_for_the_next_event(v1: Any) -> None:
    """A response comes as soon as there is an event, or without one after the time."""
    after = v1.get("/events?wait_seconds=0").json()["next"]
    began = time.monotonic()
    assert v1.get(f"/events?after={after}&wait_seconds=1").json()["items"] == []
    assert 1.0 <= time.monotonic() - began < 20.0
    threading.Timer(0.5, v1.submit).start()
    [item] = v1.get(f"/events?after={after}&wait_seconds=20").json()["items"]
    assert (item["id"], item["before"], item["job"]["state"]) == (None, None, "PENDING")


def test_an_outage_does_not_end_a_stream(v1: Any) -> None:
    """A comment says why nothing comes, and events go on when the cluster is back."""
    listener = joined(v1)
    records = v1.connector.records
    v1.connector.records = _unavailable
    time.sleep(1.5)
    v1.connector.records = records
    job = v1.submit()["id"]
    assert listener.next().data["job"]["id"] == job
    assert "The login node does not answer." in listener.comments
    listener.close()


def test_a_list_without_an_answer_of_the_cluster_is_503(v1: Any) -> None:
    """No list is made up while the cluster does not answer."""
    v1.connector.records = _unavailable
    answer = v1.get("/events?after=0&wait_seconds=1")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The login node does not answer.")


@pytest.mark.parametrize("id", ["x", "-1", "1" * 30])
def test_an_id_that_is_none_is_refused(id: str, v1: Any) -> None:
    """A client learns which header is wrong."""
    answer = v1.get("/events", headers={"Last-Event-ID": id})
    assert answer.status_code == 400
    assert "Last-Event-ID" in answer.json()["detail"]


def test_a_listener_needs_the_scope_read(serve_dummy: Callable[..., Any]) -> None:
    """Without credentials there is no stream."""
    served = serve_dummy(server_key="a:b", bind="127.0.0.1")
    assert served.get("/events").status_code == 401


def _unavailable() -> Any:
    raise Unavailable("The login node does not answer.")


def test_a_revoked_token_ends_its_stream(
    serve_dummy: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller whose token was revoked gets nothing more, and is refused afterwards."""
    monkeypatch.setattr(parking, "CHECK_EVERY", 0.5)
    file = str(tmp_path / "tokens")
    token, text = mint("alice", Scope.READ, time.time(), None)
    token_file.add(file, token)
    url = f"{serve_dummy(tokens_file=file, bind='127.0.0.1').url}/events"
    listener = Listener(url, token=text)
    listener.begins()
    token_file.remove(file, "alice")
    assert listener.rest() == []
    assert Listener(url, token=text).response.status_code == 401


def test_a_number_beyond_the_last_event_is_the_last_one(v1: Any) -> None:
    """A list behind a number that there is not yet says where it ends, so that the next one has
    what ends later; a stream begins with that number."""
    v1.submit()
    v1.now += 20
    last = v1.get("/events?after=0&wait_seconds=0").json()["next"]

    def move_the_clock() -> None:  # which makes records be taken again
        v1.now += 1

    threading.Timer(0.5, move_the_clock).start()
    found = v1.get("/events?after=999999999999&wait_seconds=0").json()
    assert (found["items"], found["next"]) == ([], last)
    listener = Listener(f"{v1.url}/events", last_id="999999999999")
    listener.last_id = ""
    move_the_clock()
    listener.begins()
    listener.close()
    assert listener.last_id == last
