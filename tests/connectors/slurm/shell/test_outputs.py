"""Outputs of several jobs, read by the connector with real programs."""

from pathlib import Path

import pytest

from dssr.errors import ConnectFailed
from dssr.job import JobRef
from dssr.record import OutputPart
from tests.connectors.slurm.shell.records import complete, found, submit
from tests.connectors.slurm.shell_node import ShellNode

DATA = b"one\ntwo\0\xff\n\nno end"


@pytest.fixture
def node(tmp_path: Path) -> ShellNode:
    """A login node with a real shell."""
    return ShellNode(tmp_path)


def output(node: ShellNode, ref: JobRef) -> Path:
    """The file of the job's output."""
    return Path((node.directory(ref.native_id) / "output").read_text().strip())


def test_several_jobs_with_one_command(node: ShellNode) -> None:
    """Each job is read from its own place on, byte for byte, and all of them with one command; a
    job that is in no list is left out."""
    connector = node.connector(snapshot_age=60.0)
    connector.records()
    refs = [submit(connector, number) for number in range(3)]
    connector.records()
    for ref in refs[:2]:
        output(node, ref).write_bytes(DATA)
    node.asked.clear()
    offsets = {refs[0]: 0, refs[1]: 4, refs[2]: 0, JobRef("stranger", 1, "1"): 0}
    parts = connector.read_outputs(offsets, 9)
    assert node.asked == ["outputs"]
    assert parts == {
        refs[0]: OutputPart(DATA[:9], 0, len(DATA)),
        refs[1]: OutputPart(DATA[4:13], 4, len(DATA)),
        refs[2]: OutputPart(b"", 0, 0),
    }


def test_a_job_that_the_list_does_not_have_yet(node: ShellNode) -> None:
    """A job that another bridge has submitted since the last list is read, too."""
    connector = node.connector()
    connector.records()
    ref = submit(node.connector())
    output(node, ref).write_bytes(b"abc")
    assert connector.read_outputs({ref: 1}, 10) == {ref: OutputPart(b"bc", 1, 3)}


def test_the_output_of_a_job_that_has_ended(node: ShellNode) -> None:
    """The part with the last byte of a job that has ended is complete, and earlier ones are not."""
    connector = node.connector()
    ref = submit(connector)
    output(node, ref).write_bytes(b"abc")
    complete(node, ref)
    assert found(connector, ref).output_bytes == 3
    assert connector.read_outputs({ref: 0}, 2) == {ref: OutputPart(b"ab", 0, 3)}
    assert connector.read_outputs({ref: 2}, 2) == {ref: OutputPart(b"c", 2, 3, is_complete=True)}
    assert connector.read_outputs({ref: 3}, 2) == {ref: OutputPart(b"", 3, 3, is_complete=True)}


def test_a_truncated_output_is_complete_where_it_ends(node: ShellNode) -> None:
    """A job that has ended and truncated its output has nothing behind a later place."""
    connector = node.connector()
    ref = submit(connector)
    output(node, ref).write_bytes(b"ab")
    complete(node, ref)
    connector.records()
    assert connector.read_outputs({ref: 50}, 9) == {ref: OutputPart(b"", 50, 2, is_complete=True)}


def test_a_broken_connection_is_no_empty_output(node: ShellNode) -> None:
    """An output that could not be read is an error."""
    connector = node.connector()
    ref = submit(connector)
    with node.breaking("outputs"), pytest.raises(ConnectFailed):
        connector.read_outputs({ref: 0}, 9)
