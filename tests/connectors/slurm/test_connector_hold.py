"""Holding a job that waits no more, with real programs."""

from pathlib import Path

import pytest

from dssr.errors import Conflict
from tests.connectors.slurm.shell.records import submit
from tests.connectors.slurm.shell_node import ShellNode


def test_a_job_that_has_just_begun_cannot_be_held(tmp_path: Path) -> None:
    """A job that the last answer shows as waiting, and that Slurm has started since, is a
    conflict."""
    node = ShellNode(tmp_path)
    connector = node.connector(snapshot_age=60.0)
    connector.records()
    ref = submit(connector)
    refusal = "scontrol: error: Job is no longer pending execution"
    (node.home / "bin/scontrol").write_text(f"#!/bin/sh\necho '{refusal}' >&2\nexit 1\n")
    (node.home / "bin/scontrol").chmod(0o700)
    with pytest.raises(Conflict, match="has started or ended"):
        connector.hold(ref)
