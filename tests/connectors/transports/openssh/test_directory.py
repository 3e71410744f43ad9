"""The private directory of the control sockets."""

import os
import stat
from pathlib import Path

import pytest

from connectors.transports.openssh.directory import PrivateDirectory, default_directory
from dssr.errors import ConnectFailed


def test_where_it_is(tmp_path: Path) -> None:
    """It is in the user's runtime directory, or else among the temporary files."""
    assert default_directory({"XDG_RUNTIME_DIR": str(tmp_path)}) == str(tmp_path / "dssr")
    for environ in ({}, {"XDG_RUNTIME_DIR": str(tmp_path / "missing")}):
        assert default_directory(environ).endswith(f"/dssr-{os.getuid()}")


def test_it_is_made_private(directory: str) -> None:
    """It is made with mode 700, and files in it have mode 600."""
    place = PrivateDirectory(f"{directory}/d")
    path = Path(place.write("name", "text"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (stat.S_IMODE(path.stat().st_mode), path.read_text()) == (0o600, "text")
    place.remove("name")
    place.remove("name")
    assert list(path.parent.iterdir()) == []


def test_one_that_others_can_enter_is_refused(directory: str) -> None:
    """A directory that other users can enter, a link and a file are not used."""
    for mode in (0o750, 0o705, 0o770):
        os.mkdir(f"{directory}/{mode}")
        os.chmod(f"{directory}/{mode}", mode)
    os.mkdir(f"{directory}/real", 0o700)
    os.symlink("real", f"{directory}/link")
    Path(f"{directory}/file").touch(0o600)
    for name in (*map(str, (0o750, 0o705, 0o770)), "link", "file"):
        with pytest.raises(ConnectFailed, match="not a directory that this user alone can enter"):
            PrivateDirectory(f"{directory}/{name}").path("x")


def test_one_of_another_user_is_refused(directory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that belongs to another user is not used."""
    os.mkdir(f"{directory}/d", 0o700)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(ConnectFailed, match="this user alone"):
        PrivateDirectory(f"{directory}/d").path("x")


def test_a_place_where_none_can_be_made(directory: str) -> None:
    """Where no directory can be made, the error says what to set."""
    Path(f"{directory}/file").touch()
    with pytest.raises(ConnectFailed, match="XDG_RUNTIME_DIR or TMPDIR"):
        PrivateDirectory(f"{directory}/file/d").path("x")


def test_long_paths_are_refused(directory: str) -> None:
    """A path that is too long for a socket is an error with its cure."""
    place = PrivateDirectory(directory)
    with pytest.raises(ConnectFailed, match="too long for the path of a control socket"):
        place.path("x" * 90)


def test_a_lock_has_one_holder(directory: str) -> None:
    """A lock that is held is not given, and is free again when its descriptor is closed."""
    place = PrivateDirectory(directory)
    handle = place.try_lock("lock")
    assert handle is not None
    assert place.try_lock("lock") is None
    with (
        pytest.raises(ConnectFailed, match="Another process of this user has been connecting"),
        place.locked("lock", 0.1),
    ):
        pass
    os.close(handle)
    with place.locked("lock", 0.1):
        assert place.try_lock("lock") is None
    again = place.try_lock("lock")
    assert again is not None
    os.close(again)
