"""The profile of a site."""

import stat
from pathlib import Path

import pytest

from connectors.slurm.settings import SlurmSettings
from dssr.doctor.profile import NotSaved, profile, save
from dssr.seams import Finding, Status
from dssr.settings import Settings
from dssr.settings.profile import read

ENVIRON = {
    "PATH": "/bin",
    "JARVICE_SLURM_CLUSTER_ADDR": "login",
    "JARVICE_SLURM_SSH_PKEY": "very secret",
    "JARVICE_SLURM_SSH_PKEY_PASSPHRASE_FILE": "/etc/dssr/passphrase",
    "JARVICE_BAREMETAL_HTTPS_PROXY": "http://me:s3cret@proxy",
    "JARVICE_SCHED_SERVER_KEY": "jarvice:pass",
    "JARVICE_SLURM_USERS": "file",
    "JARVICE_JOB_SCRATCH_DIR": "/it's here/",
    "JARVICE_STATE_DIR": "",
    "WAITRESS_PORT": "1",
}
ADVISED = Finding(
    "state-directory", Status.FAILURE, "Pur\nged.", advised=(("JARVICE_STATE_DIR", "/home/x/"),)
)


def written() -> str:
    """A profile."""
    return profile(ENVIRON, (SlurmSettings, Settings), [ADVISED], "today")


def test_the_settings_of_the_site(tmp_path: Path) -> None:
    """The profile has the settings in use and those that the doctor advises, and none of those that
    are one bridge's own."""
    save(tmp_path / "site.env", written())
    assert read(tmp_path / "site.env") == {
        "JARVICE_SLURM_CLUSTER_ADDR": "login",
        "JARVICE_SLURM_SSH_PKEY_PASSPHRASE_FILE": "/etc/dssr/passphrase",
        "JARVICE_JOB_SCRATCH_DIR": "/it's here/",
        "JARVICE_STATE_DIR": "/home/x/",
    }


def test_secrets_are_left_out() -> None:
    """A secret is named, and is not in the profile."""
    assert "# JARVICE_SLURM_SSH_PKEY is secret" in written()
    assert "# JARVICE_BAREMETAL_HTTPS_PROXY is secret" in written()
    assert "very secret" not in written()
    assert "s3cret" not in written()
    assert "pass\n" not in written()


def test_what_was_found_is_a_comment() -> None:
    """Findings are comments, also where the words of a cluster hold a line break."""
    assert "# failure  state-directory: Pur?ged." in written().splitlines()


def test_saving(tmp_path: Path) -> None:
    """A profile is readable to its user alone, and takes the place of an earlier one."""
    path = tmp_path / "sites" / "login.env"
    save(path, written())
    save(path, written())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["login.env"]


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    """A file that is no profile stays as it is."""
    path = tmp_path / "notes"
    path.write_text("mine")
    with pytest.raises(NotSaved, match="is no profile"):
        save(path, written())
    assert path.read_text() == "mine"


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A file that cannot be written is an error with its path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NotSaved, match="file/site"):
        save(tmp_path / "file" / "site", written())
