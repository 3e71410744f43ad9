"""How queries of the cluster are counted."""

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import DssrError
from dssr.job import JobRef
from dssr.seams import Completed, Purpose, Sink

REF = JobRef("name", 1, "5")


class Node:
    """A login node that answers every command with the same words."""

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        return Completed(tuple(argv), 0, b"code 0\n\n", b"")

    def close(self) -> None:
        """Nothing."""


@pytest.fixture
def connector() -> SlurmConnector:
    """One that has asked nothing yet."""
    return SlurmConnector(SlurmSettings(ssh_user="jarvice"), Node())


def counted(connector: SlurmConnector) -> dict[str, float]:
    """The queries by kind."""
    name = "dssr_cluster_queries_total"
    return {f.labels[0][1]: f.value for f in connector.figures() if f.name == name}


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda connector: connector.snapshot(), "squeue"),
        (lambda connector: connector.cancel(REF), "cancel"),
        (lambda connector: connector.cluster(), "cluster"),
        (lambda connector: connector.list_directory("/a"), "files"),
    ],
)
def test_the_kind_is_the_program(
    connector: SlurmConnector, ask: Callable[[SlurmConnector], object], kind: str
) -> None:
    """A kind has a figure from its first command on. What limits a command's time, or sets its
    environment, is not the kind of the query."""
    assert counted(connector) == {}
    with contextlib.suppress(DssrError):  # what this node says is no answer to all of them
        ask(connector)
    assert counted(connector) == {kind: 1}


def test_each_command_is_counted(connector: SlurmConnector) -> None:
    """Commands of many threads are all counted."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: connector.cancel(REF), range(100)))
    assert counted(connector) == {"cancel": 100}
