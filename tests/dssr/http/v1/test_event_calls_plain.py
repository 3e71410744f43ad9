"""``GET /events`` with a connector that keeps no records."""

import threading
from collections.abc import Callable

from flask.testing import FlaskClient

from dssr.bridge import Bridge
from dssr.http.app import create_app
from dssr.job import JobSpec, JobState
from dssr.settings import Settings
from dssr.settings.validation import completed
from tests.dssr.conftest import MemoryConnector, PlainExecutor

SPEC = JobSpec("name", 1, 1, source="echo", script="echo")


def changes(client: FlaskClient, change: Callable[[], object]) -> list[tuple[str, str | None, str]]:
    """What a caller gets who waits while that happens: id of the job, state before, state."""
    soon = threading.Timer(2.0, change)
    soon.start()
    answer = client.get("/api/v1/events?wait_seconds=20")
    soon.join()
    assert answer.status_code == 200, answer.text
    return [(e["job"]["id"], e["before"], e["job"]["state"]) for e in answer.get_json()["items"]]


def test_live_changes_are_shown_and_nothing_is_replayed() -> None:
    """A new job and each other state of a job that is listed are events; there are no final states
    to be replayed."""
    connector, settings = MemoryConnector(), completed(Settings(snapshot_age=0.0))
    client = create_app(Bridge(connector, PlainExecutor(), settings), settings).test_client()
    assert changes(client, lambda: connector.submit(SPEC, "")) == [("1", None, "PENDING")]
    running = changes(client, lambda: connector.set("1", JobState.RUNNING))
    assert running == [("1", "PENDING", "RUNNING")]
    connector.set("1", JobState.COMPLETED)
    replayed = client.get("/api/v1/events?after=0&wait_seconds=0").get_json()
    assert (replayed["items"], replayed["next"]) == ([], "0")
