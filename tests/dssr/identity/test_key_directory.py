"""A directory of users' keys."""

import base64
from pathlib import Path
from typing import Any

import pytest

from dssr.errors import Denied, SettingsError, Unavailable
from dssr.identity.key_directory import KeyDirectory


def test_a_user_is_known_by_a_key_in_the_directory(
    keys_dir: Any, private_key: str, clock: Any
) -> None:
    """A user is known as soon as the key is there, in any form, and until it is removed."""
    place = keys_dir("alice", "bob")
    directory = KeyDirectory(str(place), clock=clock)
    directory.check()
    assert directory.names() == {"alice", "bob"}
    assert directory.private_key("alice") == private_key
    keys_dir("carol")
    (place / "bob").unlink()
    (place / "carol").write_text(base64.encodebytes(private_key.encode()).decode())
    clock.now += 1
    assert directory.names() == {"alice", "carol"}
    assert directory.private_key("carol") == private_key
    assert directory.local_user("bob") is None


def test_what_is_no_users_key_makes_no_user(keys_dir: Any) -> None:
    """Directories, hidden files, odd names, root and the service user are no users."""
    place = keys_dir("alice", ".hidden", "root", "svc", "a b", "1000", "alice;x", "README.md~")
    (place / "directory").mkdir()
    directory = KeyDirectory(str(place), {"svc"})
    assert directory.names() == {"alice"}
    for name in (
        "root",
        "svc",
        "directory",
        ".hidden",
        "../keys/alice",
        "",
        ".",
        "alice\0",
        "bob",
        "1000",
    ):
        assert directory.local_user(name) is None
        with pytest.raises(Denied):
            directory.private_key(name)


@pytest.mark.parametrize("what", ["mode", "text"])
def test_a_key_that_cannot_be_used_is_the_operators_to_mend(
    what: str, keys_dir: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A key that cannot be used is a transient error for the caller, and the log says what is wrong
    without the file's content."""
    path: Path = keys_dir("alice") / "alice"
    path.chmod(0o644) if what == "mode" else path.write_text("MARKED")
    with pytest.raises(Unavailable, match="log") as caught:
        KeyDirectory(str(path.parent)).private_key("alice")
    assert caught.value.retry_after == 60
    assert f"A USER'S KEY CANNOT BE USED: {path} " in caplog.text
    assert "MARKED" not in caplog.text


def test_an_unsafe_directory_is_refused_at_the_start(keys_dir: Any, tmp_path: Path) -> None:
    """A missing directory, another file, and one that others can write to are refused."""
    for path, why in (
        (tmp_path / "none", "No such file"),
        (keys_dir("alice") / "alice", "no directory"),
    ):
        with pytest.raises(SettingsError, match=f"JARVICE_SLURM_USER_KEYS_DIR.*{why}"):
            KeyDirectory(str(path)).check()
    for mode in (0o770, 0o702, 0o777):
        keys_dir().chmod(mode)
        with pytest.raises(SettingsError, match="others can put keys"):
            KeyDirectory(str(keys_dir())).check()


def test_a_directory_that_has_gone_is_unavailable(keys_dir: Any) -> None:
    """While the directory is away, its users get a transient error and are not unknown."""
    directory = KeyDirectory(f"{keys_dir()}/gone")
    for ask in (
        directory.names,
        lambda: directory.local_user("alice"),
        lambda: directory.private_key("alice"),
    ):
        with pytest.raises(Unavailable):
            ask()
    assert KeyDirectory(str(keys_dir())).local_user("alice") is None
