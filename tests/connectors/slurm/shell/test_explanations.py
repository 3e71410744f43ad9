"""How explanations are shared between callers, with real programs."""

from pathlib import Path

from tests.connectors.slurm.shell.records import submit
from tests.connectors.slurm.shell_node import ShellNode


def test_an_unknown_state_is_explained_once_for_all_callers(tmp_path: Path) -> None:
    """Callers who ask about a job that squeue lists no more, and whose end is not known yet, share
    one explanation."""
    node = ShellNode(tmp_path)
    connector = node.connector(snapshot_age=60.0)
    ref = submit(connector)
    node.list(ref.native_id, "")
    connector._snapshot.changed()
    first = connector.why(ref)
    assert {connector.why(ref) for _ in range(5)} == {first}
    assert node.asked.count("evidence") == node.asked.count("explain") == 1
