"""The contract for commands on this machine, for a bridge on the login node itself."""

import os
import pwd
from pathlib import Path

import pytest

from connectors.transports.local import LocalTransport
from dssr import configuration
from dssr.errors import CommandTimeout, SettingsError
from dssr.testing.transport import PRELUDE, TransportContract, closing_is_final, sh


class TestLocal(TransportContract):
    """Child processes of the bridge."""

    @pytest.fixture(scope="class")
    @classmethod
    def transport(cls) -> LocalTransport:
        return LocalTransport(prelude=PRELUDE)


def test_closing() -> None:
    """A transport can be closed twice, and runs nothing afterwards."""
    closing_is_final(LocalTransport())


def test_a_command_that_was_given_up_goes_on(tmp_path: Path) -> None:
    """A command goes on after its deadline, so that no submission is cut, and leaves no zombie."""
    transport = LocalTransport()
    with pytest.raises(CommandTimeout, match="may go on"):
        sh(transport, f"sleep 1; echo finished >{tmp_path}/file", timeout=0.3)
    done = sh(
        transport,
        f"while [ ! -s {tmp_path}/file ]; do sleep 0.1; done; cat {tmp_path}/file",
        timeout=30,
    )
    assert done.stdout == b"finished\n"


LOCAL = {"JARVICE_SLURM_CLUSTER_ADDR": "local"}


class TestChoosingIt:
    """JARVICE_SLURM_CLUSTER_ADDR=local."""

    def test_no_ssh_is_needed(self) -> None:
        """Without key and user the jobs are those of the bridge's own user."""
        configured = configuration.load(LOCAL)
        settings = configured.settings
        assert settings.connector == "slurm"
        assert settings.service_user == pwd.getpwuid(os.getuid()).pw_name
        connector = configured.connector.make(settings)
        assert isinstance(connector._transport, LocalTransport)
        connector.close()

    def test_another_user_is_a_contradiction(self) -> None:
        """Another user than the bridge's own is an error."""
        with pytest.raises(SettingsError, match="leave it out"):
            configuration.load(LOCAL | {"JARVICE_SLURM_SSH_USER": "nobody-here"})

    def test_a_host_still_needs_ssh(self) -> None:
        """A host whose name begins with the word still needs SSH settings."""
        with pytest.raises(SettingsError) as raised:
            configuration.load({"JARVICE_SLURM_CLUSTER_ADDR": "local.example"})
        assert len(raised.value.problems) == 2
