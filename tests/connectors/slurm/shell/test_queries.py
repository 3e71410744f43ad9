"""How queries of the cluster are counted."""

from collections.abc import Sequence

import pytest

from connectors.shared import directories
from connectors.slurm.shell.queries import Queries, kind_of
from connectors.slurm.shell.remote import program


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["squeue", "-h"], "squeue"),
        (["timeout", "9", "squeue", "-h"], "squeue"),
        (["env", "SLURM_TIME_FORMAT=%s", "timeout", "2.5", "sacct"], "sacct"),
        (program("submit", ["", "ab/abcd", "timeout"]), "submit"),
        (program("check_directories", ["", ""]), "check_directories"),
        (directories.command("/a", ["/"]), "files"),
    ],
)
def test_the_kind_is_the_program(argv: Sequence[str], kind: str) -> None:
    """What limits a command's time, or sets its environment, is not the kind of the query."""
    assert kind_of(argv) == kind


def test_each_command_is_counted() -> None:
    """A kind has a figure from its first command on."""
    queries = Queries()
    assert queries.figures() == []
    for _ in range(3):
        queries.count(["squeue"])
    queries.count(program("submit", []))
    found = {figure.labels: (figure.name, figure.value) for figure in queries.figures()}
    assert found == {
        (("kind", "squeue"),): ("dssr_cluster_queries_total", 3),
        (("kind", "submit"),): ("dssr_cluster_queries_total", 1),
    }
