"""When a service is looked at again."""

import pytest

from dssr.seams.services import Generation, GenerationEnd, How
from dssr.services import pace
from dssr.services.chain import chain
from tests.dssr.services.views import NOW, generation, heartbeat, view, waiting

ENDED = generation(1, end=GenerationEnd(How.FAILED, "It failed.", NOW))
STARTING = heartbeat(health="starting")
BEGAN = ((NOW - 5, "job 1 began on node1"),)
LONG_AGO = ((NOW - 100, "job 1 began on node1"),)


@pytest.mark.parametrize(
    ("generations", "seconds"),
    [
        ((waiting(2), generation(1)), pace.WELL),
        ((ENDED,), pace.WELL),
        ((waiting(2), generation(1, heartbeat=heartbeat(due=NOW + 90))), 30),
        ((waiting(2), generation(1, heartbeat=heartbeat(due=NOW + 30))), pace.DUE),
        ((waiting(2), generation(1, heartbeat=heartbeat(due=None, ends=NOW + 100))), 40),
        ((generation(2, took=None, address=None), generation(1)), pace.DUE),
        ((generation(2), generation(1)), pace.WELL),
        ((waiting(2), generation(1, heartbeat=heartbeat(health="failing"))), pace.DUE),
        ((waiting(1),), pace.NEAR),
        ((waiting(1, asked=NOW - 100),), pace.DUE),
        ((waiting(1, asked=NOW - 1000),), pace.FAR),
        ((waiting(1, expected_start=NOW + 7200),), pace.FAR),
        ((waiting(1, began=True),), pace.BEGUN),
        ((waiting(1, began=True, asked=NOW - 100, events=BEGAN),), pace.BEGUN),
        ((waiting(1, began=True, events=LONG_AGO),), pace.DUE),
        ((generation(1, took=None, heartbeat=STARTING, events=BEGAN),), pace.BEGUN),
        ((generation(1, took=None, heartbeat=STARTING, events=LONG_AGO),), pace.DUE),
    ],
)
def test_a_service_is_looked_at_often_only_while_something_is_due(
    generations: tuple[Generation, ...], seconds: float
) -> None:
    """While all is well that is once a minute, and every two seconds from a minute before the
    successor is due; a start far away is looked for less often than one that may be now."""
    seen = view(*generations)
    assert pace.pause(seen, chain(seen)) == seconds
