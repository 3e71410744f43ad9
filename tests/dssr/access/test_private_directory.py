"""The directory of the portal's secrets."""

import os
import stat
from pathlib import Path

import pytest

from dssr.access import private_directory
from dssr.errors import SettingsError


def test_a_directory_is_made_for_its_user_alone(tmp_path: Path) -> None:
    """A directory that does not exist is made with mode 0700, and is taken as it is later."""
    made = private_directory.make(str(tmp_path / "a/web"))
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert private_directory.make(str(made)) == made


def test_the_usual_directory_is_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a setting, the directory is in the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert private_directory.make("") == tmp_path / ".local/state/dssr/web"


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_directory_that_others_reach_is_refused(mode: int, tmp_path: Path) -> None:
    """A directory in which others have rights is refused with the command that cures it."""
    tmp_path.chmod(mode)
    with pytest.raises(SettingsError, match="'chmod 700' it") as raised:
        private_directory.make(str(tmp_path))
    assert "JARVICE_WEB_STATE" in raised.value.message


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    """A file in the directory's place is refused."""
    (tmp_path / "web").write_text("")
    with pytest.raises(SettingsError, match="cannot be made"):
        private_directory.make(str(tmp_path / "web"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_another_user_s_directory_is_refused(tmp_path: Path) -> None:
    """A directory of another user is refused, who could change what is in it."""
    (tmp_path / "web").mkdir(mode=0o700)
    os.chown(tmp_path / "web", 12345, 12345)
    with pytest.raises(SettingsError, match="belongs to another user"):
        private_directory.make(str(tmp_path / "web"))


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    """A file replaces the one before, has mode 0600, and leaves nothing beside it."""
    for data in (b"one", b"two"):
        private_directory.write(tmp_path / "file", data)
    assert (tmp_path / "file").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
