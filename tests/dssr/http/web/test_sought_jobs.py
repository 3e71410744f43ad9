"""The filter of the table of jobs."""

import pytest

from dssr.http.web.sought_jobs import FILTERS, chosen_of, sought
from dssr.job import JobState, Resources
from tests.dssr.jobs.records import index, record

RELAX = record(
    "20300101-a", native_id="4711", name="Relax-1", submitted=100.0, owner="alice",
    state=JobState.COMPLETED, is_final=True, resources=Resources(partition="GPU-long"),
)  # fmt: skip
HEAT = record("20300102-b", native_id="4712", name="heat", submitted=200.0, owner="bob")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [HEAT, RELAX]),
        ({"name": "rela"}, [RELAX]),
        ({"name": "RELAX-1 "}, [RELAX]),
        ({"name": "4712"}, [HEAT]),
        ({"name": "47"}, [HEAT, RELAX]),
        ({"name": "20300101-"}, [RELAX]),
        ({"name": "none"}, []),
        ({"partition": "gpu"}, [RELAX]),
        ({"user": "o"}, [HEAT]),
        ({"state": "ended"}, [RELAX]),
        ({"state": "active"}, [HEAT]),
        ({"state": "PENDING", "name": "relax"}, []),
        ({"state": "nonsense"}, [HEAT, RELAX]),
    ],
)
def test_a_part_of_a_word_is_enough(query: dict[str, str], found: list[object]) -> None:
    """Jobs are found by parts of their names and ids, partition and user, in capitals or not, and
    by their state."""
    assert index(RELAX, HEAT).page(sought(chosen_of(query)), 10, None)[0] == found


def test_a_word_of_any_length_is_cut() -> None:
    """A query string has a word for each filter, of 200 characters at most."""
    chosen = chosen_of({"name": "x" * 1000, "other": "y"})
    assert chosen == dict.fromkeys(FILTERS, "") | {"name": "x" * 200}
