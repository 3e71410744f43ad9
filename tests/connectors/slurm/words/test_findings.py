"""The answers to the questions, as mappings and rows."""

import pytest

from connectors.slurm.words.findings import Findings
from tests.connectors.slurm.recordings import GENERATIONS
from tests.connectors.slurm.situations import findings


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_runs_of_a_requeued_job_are_separate(generation: str) -> None:
    """The rows of sacct -D are split into runs with their steps, the newest last, also when the row
    of a run that has not begun is missing."""
    found = findings(generation, "requeued_after_node_fail")
    assert [run.state for run in found.runs] in (["NODE_FAIL"], ["NODE_FAIL", "PENDING"])
    assert [step.step for step in found.steps] == ["batch"]
    assert found.last_run is found.runs[-1]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_who_cancelled_is_part_of_the_state(generation: str) -> None:
    """sacct appends the user id to the state."""
    run = findings(generation, "cancelled_by_user").last_run
    assert run is not None
    assert run.state == "CANCELLED by 2002"
    assert run.nodes in ("node1", "node2")


def test_a_job_of_another_id_is_not_the_job() -> None:
    """An answer about another job explains nothing."""
    text = findings(GENERATIONS[0], "running").sections["job"]
    assert Findings("4711", sections={"job": text}).job == {}
    assert (
        Findings("4711", sections={"accounting": "1|FAILED|1:0|0:0|0|1|2|3|4M||n1|None"}).runs == ()
    )


def test_an_error_is_no_row() -> None:
    """What a command says on stderr is kept apart from its rows."""
    sections = {"nodes": "sinfo: error: a|b\nnode1|down|root|1|fan|broken\nno row\n"}
    assert Findings("1", sections=sections).lines("nodes") == [
        ["node1", "down", "root", "1", "fan|broken"]
    ]
    assert Findings("1").lines("nodes") == []
    assert Findings("1").last_run is None
