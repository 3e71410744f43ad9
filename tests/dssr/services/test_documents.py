"""The documents of services."""

import pytest

from dssr.job import JobState
from dssr.seams.services import GenerationEnd, How
from dssr.services.chain import chain
from dssr.services.documents import document
from dssr.services.sight import Sight
from tests.dssr.services.views import NOW, generation, view, waiting

FRONT = {
    "target": {"name": "x"},
    "health": {"state": "failing"},
    "incidents": [{"at": NOW, "target": "x", "state": "failing", "reason": "no answer"}],
    "open": 3,
    "bytes_in": 1,
    "bytes_out": 2,
    "cut": 0,
}


def test_a_service_that_runs() -> None:
    """The document has the job, its successor, the address, what the front sees, and the incidents
    of both, the newest first."""
    seen = view(waiting(2), generation(1))
    found = document(Sight(seen, chain(seen), FRONT), {"url": "u", "browser_url": "b"})
    shown = [found[name] for name in ("state", "job", "node", "health", "connections", "url")]
    assert shown == ["ready", "1", "node1", "failing", 3, "u"]
    assert found["successor"]["job"] == "2"
    assert found["walltime_left_seconds"] == 3600
    whats = [one["what"] for one in found["incidents"]]
    assert whats == ["x is failing. no answer", "job 1 began on node1"]


def test_a_service_that_waits() -> None:
    """The document has the scheduler's reason and the expected start, and no address."""
    seen = view(waiting(1, reason="Priority", expected_start=NOW + 60))
    found = document(Sight(seen, chain(seen)))
    assert (found["state"], found["reason"], found["url"]) == ("starting", "Priority", None)
    assert found["expected_start_at"] == "1970-01-01T02:47:40Z"


def test_a_service_that_has_failed() -> None:
    """The document has the reason and the last lines."""
    end = GenerationEnd(How.FAILED, "It failed.", NOW, ("no model",))
    seen = view(generation(1, end=end))
    found = document(Sight(seen, chain(seen)))
    assert (found["state"], found["why"]) == ("failed", "It failed.")
    assert found["last_lines"] == ["no model"]


@pytest.mark.parametrize(
    ("forwards", "problem"),
    [
        (None, None),
        ({"connected": True, "error": ""}, None),
        ({"connected": False, "error": ""}, None),
        ({"connected": False, "error": "No route."}, "The address leads nowhere now: No route."),
        (
            {"connected": False, "error": "Refused.", "needs_person": True},
            "The address leads nowhere now: the login node wants what a person has to give. Run "
            "'dssr service connect demo' on a terminal, which asks for it. (Refused.)",
        ),
    ],
)
def test_a_front_without_a_connection_says_why(
    forwards: dict[str, object] | None, problem: str | None
) -> None:
    """The document says why the address leads nowhere, and what a person can do."""
    seen = view(generation(1))
    found = document(Sight(seen, chain(seen), {**FRONT, "forwards": forwards}))
    assert found["problem"] == problem


def test_a_service_whose_program_starts() -> None:
    """A job that has begun waits for nothing, and is not expected to start."""
    begun = waiting(1, began=True, listed=JobState.RUNNING, reason="", expected_start=NOW - 60)
    found = document(Sight(view(begun), chain(view(begun))))
    assert (found["reason"], found["expected_start_at"]) == (None, None)


def test_another_version_that_failed() -> None:
    """The document has the generation, why it failed, and what it printed last."""
    end = GenerationEnd(How.FAILED, "It ended.", NOW, ("no model",))
    seen = view(waiting(2, version="other", end=end), generation(1))
    assert document(Sight(seen, chain(seen)))["failure"] == {
        "generation": 2,
        "job": "2",
        "why": "Generation 2 failed. It ended.",
        "last_lines": ["no model"],
    }
