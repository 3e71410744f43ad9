"""A part of the contract for the Slurm connector, on the real cluster, over OpenSSH's program.

The rest says nothing new about the transport, which has a contract of its own.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest

from dssr.testing.connector import ConnectorContract
from dssr.testing.harness import ListingHarness
from dssr.testing.job_files import JobFilesContract
from dssr.testing.script_connector import ScriptConnectorContract
from tests.cluster import Cluster
from tests.connectors.test_contract_slurm import SlurmHarness
from tests.connectors.transports.openssh.conftest import end_masters, masters_in

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


class OpensshHarness(SlurmHarness):
    """A connector onto a real cluster, over the ssh program."""

    changes: Mapping[str, str] = MappingProxyType({"JARVICE_SLURM_SSH_CLIENT": "openssh"})


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The directory of the control sockets."""
    made = tempfile.mkdtemp(prefix="dssr-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", made)
    yield f"{made}/dssr"
    end_masters(f"{made}/dssr")
    os.rmdir(made)


@pytest.fixture
def harness(cluster: Cluster, runtime: str) -> Iterator[ListingHarness]:
    """A connector of the test's own."""
    harness = OpensshHarness(cluster)
    yield harness
    harness.end()


class TestSlurmOverOpenssh(ScriptConnectorContract, JobFilesContract):
    """Those of the rules that are ``CHOSEN``."""


def test_there_is_one_master(harness: ListingHarness, runtime: str) -> None:
    """The bridge's commands go through one ssh process."""
    harness.connector.ping()
    harness.connector.snapshot()
    assert len(masters_in(runtime)) == 1


CHOSEN = {  # submit, state, output, cancel, restart, files
    ConnectorContract.test_eight_at_once_make_one_job,
    ConnectorContract.test_a_running_job_is_running_and_then_in_neither_list,
    ConnectorContract.test_cancelling_a_running_job,
    ScriptConnectorContract.test_a_hostile_script_runs_as_written,
    ScriptConnectorContract.test_output_is_shown_while_the_job_runs,
    ScriptConnectorContract.test_a_restart_finds_a_running_job,
    JobFilesContract.test_a_part_of_a_file,
    JobFilesContract.test_a_file_that_grows,
}
for _name in [name for name in dir(TestSlurmOverOpenssh) if name.startswith("test_")]:
    if getattr(TestSlurmOverOpenssh, _name) not in CHOSEN:
        setattr(TestSlurmOverOpenssh, _name, None)
