"""Whatever is wrong with the settings, in one go."""

from pathlib import Path

import pytest

from dssr.configuration import understood
from dssr.errors import SettingsError

DUMMY = {"JARVICE_BAREMETAL_CONNECTOR": "dummy"}


def wrong(environ: dict[str, str]) -> tuple[str, ...]:
    """All that is told."""
    with pytest.raises(SettingsError) as raised:
        understood(environ)
    return raised.value.problems


def test_what_is_right_is_understood(tmp_path: Path) -> None:
    """Complete settings, and an audit log that can be written."""
    settings = understood(DUMMY | {"JARVICE_SCHED_AUDIT_LOG": str(tmp_path / "audit")})
    assert (settings.connector, settings.bind) == ("dummy", "127.0.0.1")


def test_all_kinds_of_mistakes_are_told_together(tmp_path: Path) -> None:
    """A setting that cannot be read, a contradiction, both plugins, and two files."""
    given = {
        "WAITRESS_PORT": "abc",
        "JARVICE_LOCAL_REGISTRY": "r",
        "JARVICE_BAREMETAL_CONNECTOR": "slrm",
        "JARVICE_BAREMETAL_EXECUTOR": "docker",
        "JARVICE_SCHED_AUDIT_LOG": str(tmp_path / "none" / "x"),
        "JARVICE_SCHED_TOKENS_FILE": str(tmp_path / "none" / "t"),
    }
    parts = (
        "WAITRESS_PORT must be", "JARVICE_LOCAL_REPO_BASE", "There is no connector 'slrm': use dummy, local, slurm",
        "There is no executor 'docker': use native, singularity", "/none/x", "/none/t",
    )  # fmt: skip
    said = wrong(given)
    assert len(said) == len(parts)
    for sentence, part in zip(said, parts, strict=True):
        assert part in sentence


def test_what_only_follows_from_a_mistake_is_not_told() -> None:
    """A key that cannot be read is set all the same: nobody is told to set it."""
    (said,) = wrong(
        DUMMY | {"JARVICE_SCHED_SERVER_KEY": "MARKED", "WAITRESS_BIND_ADDRESS": "0.0.0.0"}
    )
    assert "must be 'user:password'" in said


def test_contradictions_are_told_together() -> None:
    """The slurm connector without a cluster, a user and a key, open to the network."""
    said = wrong({"JARVICE_BAREMETAL_CONNECTOR": "slurm", "WAITRESS_BIND_ADDRESS": "0.0.0.0"})
    names = (
        "JARVICE_SLURM_CLUSTER_ADDR",
        "JARVICE_SLURM_SSH_USER",
        "JARVICE_SLURM_SSH_PKEY",
        "WAITRESS_BIND_ADDRESS",
    )
    assert [sentence.split()[0] for sentence in said] == list(names)


def test_a_file_that_learns_host_keys_needs_its_directory(tmp_path: Path) -> None:
    """Said at the start, not when the first host is reached."""
    given = {
        "JARVICE_SLURM_CLUSTER_ADDR": "login1", "JARVICE_SLURM_SSH_USER": "svc", "JARVICE_SLURM_SSH_PKEY": "key",
        "JARVICE_SLURM_SSH_HOST_KEY_CHECK": "first_use", "JARVICE_SLURM_SSH_KNOWN_HOSTS": str(tmp_path / "none" / "known"),
    }  # fmt: skip
    (said,) = wrong(given)
    assert f"there is no directory {tmp_path}/none: make it." in said
    (tmp_path / "none").mkdir()
    assert understood(given).ssh_known_hosts == str(tmp_path / "none" / "known")
