"""The ``ssh`` program of this machine."""

from pathlib import Path

import pytest

from connectors.transports.openssh import OpensshTransport, Target
from connectors.transports.openssh.program import configuration_of
from dssr.errors import ConnectFailed


def test_a_machine_without_ssh(
    directory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no ssh, each command fails at once, and the error says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    transport = OpensshTransport(Target("hpc"), directory=directory)
    with pytest.raises(ConnectFailed, match=r"'ssh' cannot be started .* Install it"):
        transport.run(["true"], timeout=5)
    transport.close()


def test_a_configuration_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration that runs a command which hangs is given up."""
    monkeypatch.setattr("connectors.transports.openssh.program._LOCAL", 0.5)
    path = tmp_path / "config"
    path.write_text('Match exec "sleep 60"\n User x\n')
    with pytest.raises(ConnectFailed, match="check `Match exec`"):
        configuration_of(["-F", str(path)], "hpc")
