"""The file of tokens."""

import errno
import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint, verify
from dssr.errors import BadRequest, NotFound, SettingsError


def test_what_was_written_is_read_again(tokens: Any) -> None:
    """The file holds names, scopes, times and hashes that match the texts, and no text."""
    first, second = tokens.new("ci", Scope.SUBMIT, days=2), tokens.new("dash")
    found = token_file.read(tokens.path)
    assert [(t.name, t.scope, t.made, t.expires) for t in found.values()] == [
        ("ci", Scope.SUBMIT, 1_000_000_000, 1_000_172_800),
        ("dash", Scope.READ, 1_000_000_000, 0),
    ]
    assert verify(first, found["ci"])
    assert verify(second, found["dash"])
    assert not {first, second} & set(Path(tokens.path).read_text().split('"'))


def test_the_file_is_its_owners_alone_whatever_the_umask(tokens: Any) -> None:
    """The file has mode 600 from the start; nothing else is left in the directory."""
    before = os.umask(0)
    try:
        tokens.new("ci")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(tokens.path).st_mode) == 0o600
    assert os.listdir(os.path.dirname(tokens.path)) == ["tokens"]


def test_a_name_is_used_once(tokens: Any) -> None:
    """A second token of the same name is refused, and the file is unchanged."""
    tokens.new("ci")
    before = Path(tokens.path).read_bytes()
    with pytest.raises(BadRequest, match="already"):
        tokens.new("ci")
    assert Path(tokens.path).read_bytes() == before


def test_a_token_that_is_removed_is_gone_and_others_stay(tokens: Any) -> None:
    """Removing the last token leaves an empty list, which is a valid file."""
    tokens.new("ci")
    tokens.new("dash")
    token_file.remove(tokens.path, "ci")
    assert set(token_file.read(tokens.path)) == {"dash"}
    with pytest.raises(NotFound, match="no token 'ci'"):
        token_file.remove(tokens.path, "ci")
    token_file.remove(tokens.path, "dash")
    assert token_file.read(tokens.path) == {}


def test_two_commands_at_once_lose_no_token(tokens: Any) -> None:
    """Commands that run at once wait for each other, and no token is lost."""
    threads = [threading.Thread(target=tokens.new, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(token_file.read(tokens.path)) == {f"t{i}" for i in range(8)}


def test_a_link_stays_one(tokens: Any, tmp_path: Path) -> None:
    """The file behind a symbolic link is replaced, and the link stays."""
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real" / "file", tokens.path)
    (tmp_path / "real" / "file").write_text('{"tokens": []}')
    tokens.new("ci")
    assert os.path.islink(tokens.path)
    assert set(token_file.read(tokens.path)) == {"ci"}


def test_a_write_that_fails_changes_nothing(tokens: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk gives an error; the old file stays, and no part of a new one."""
    tokens.new("ci")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match="cannot be written: No space left on device"):
        tokens.new("dash")
    assert set(token_file.read(tokens.path)) == {"ci"}
    assert os.listdir(os.path.dirname(tokens.path)) == ["tokens"]


@pytest.mark.skipif(os.geteuid() != 0, reason="this needs root: to give a file to another user")
def test_what_root_changes_stays_the_bridges(tokens: Any) -> None:
    """The file of the bridge's user keeps its owner when root edits it; a bridge that is root
    trusts no other owner.
    """
    tokens.new("ci")
    os.chown(tokens.path, 1234, 1234)
    with pytest.raises(SettingsError, match="belongs to another user"):
        token_file.read(tokens.path)
    tokens.new("dash")
    assert (os.stat(tokens.path).st_uid, os.stat(tokens.path).st_gid) == (1234, 1234)
    assert set(token_file.as_operator(tokens.path)) == {"ci", "dash"}


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(mode: int, tokens: Any) -> None:
    """A file that others can write is refused, and the error has the cure."""
    tokens.new("ci")
    os.chmod(tokens.path, mode)
    with pytest.raises(SettingsError, match="can be written by others than its owner: chmod 600"):
        token_file.read(tokens.path)


@pytest.mark.parametrize(
    ("mode", "refused"), [(0o777, True), (0o770, True), (0o1777, False), (0o755, False)]
)
def test_a_file_that_others_can_replace_is_refused(
    mode: int, refused: bool, tokens: Any, tmp_path: Path
) -> None:
    """A directory that others can write is accepted only with the sticky bit, as /tmp has it."""
    tokens.new("ci")
    tmp_path.chmod(mode)
    if refused:
        with pytest.raises(SettingsError, match="chmod go-w"):
            token_file.read(tokens.path)
    else:
        assert set(token_file.read(tokens.path)) == {"ci"}


def _entry(**changes: Any) -> dict[str, Any]:
    token, _ = mint("ci", Scope.READ, 0, None)
    return token_file._entry(token) | changes


def _file(*entries: dict[str, Any]) -> str:
    return json.dumps({"tokens": entries})


@pytest.mark.parametrize(
    "content",
    [
        "", "x", "[]", "{}", '{"tokens": 1}', '{"tokens": ["x"]}', '{"tokens": [{}]}', b"\xff\xfe",
        _file(_entry())[:-9], _file(_entry(), _entry()), _file(_entry(name="a_b")),
        _file(_entry(scope="root")), _file(_entry(scope="none")), _file(_entry(hash="x")),
        _file(_entry(hash=None)), _file(_entry(expires="soon")), _file(_entry(expires=5)),
    ],
    ids=lambda content: str(content)[:40],
)  # fmt: skip
def test_what_is_no_token_file_is_one_sentence(content: str | bytes, tokens: Any) -> None:
    """Any other content is one error, and no part of a broken file is used."""
    Path(tokens.path).write_bytes(content if isinstance(content, bytes) else content.encode())
    os.chmod(tokens.path, 0o600)
    with pytest.raises(SettingsError, match="is not as 'dssr token new' writes it"):
        token_file.read(tokens.path)


def test_a_file_of_an_earlier_version_is_refused_with_the_cure(tokens: Any) -> None:
    """A file with tokens that were hashed with Argon2 is refused, and 'dssr token new' adds no
    token to it."""
    old = _entry(hash="$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
    Path(tokens.path).write_text(_file(_entry(name="new"), old))
    os.chmod(tokens.path, 0o600)
    for use in (lambda: token_file.read(tokens.path), lambda: tokens.new("other")):
        with pytest.raises(SettingsError, match=r"earlier version of dssr.*'dssr token new NAME"):
            use()


def test_a_file_that_cannot_be_read_gives_an_error(tokens: Any, tmp_path: Path) -> None:
    """The error names the reason: no file, a directory, a pipe, or a file that is too large."""
    with pytest.raises(SettingsError, match="does not exist: make the first token"):
        token_file.read(tokens.path)
    with pytest.raises(SettingsError, match="is not a file"):
        token_file.read(str(tmp_path))
    os.mkfifo(tokens.path)
    with pytest.raises(SettingsError, match="is not a file"):
        token_file.read(tokens.path)
    (tmp_path / "large").write_bytes(b" " * 1024 * 1025)
    with pytest.raises(SettingsError, match="more than"):
        token_file.read(str(tmp_path / "large"))


def test_a_missing_directory_gives_an_error_with_the_cure(tmp_path: Path) -> None:
    """A missing directory is not created, and the error has the cure."""
    token, _ = mint("ci", Scope.READ, 1, None)
    with pytest.raises(
        SettingsError, match="nowhere, which does not exist: make that directory first"
    ):
        token_file.add(str(tmp_path / "nowhere" / "tokens"), token)


def test_a_file_that_the_bridge_may_not_read_gives_an_error_with_the_cure(
    tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that root made and that the bridge's user cannot read gives an error with the cure."""
    tokens.new("ci")
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    monkeypatch.setattr(
        os, "open", lambda *_: (_ for _ in ()).throw(denied)
    )  # root is denied nothing
    with pytest.raises(
        SettingsError, match="Permission denied: make tokens as the bridge's user, or 'chgrp'"
    ):
        token_file.read(tokens.path)


def test_a_group_that_may_read_the_file_may_read_it_afterwards(tokens: Any) -> None:
    """A bridge that reads root's file by its group can still read it after 'dssr token new'."""
    if os.geteuid() != 0:
        pytest.skip("this needs root: another group is given to a file")
    tokens.new("ci")
    os.chown(tokens.path, 0, 65534)
    os.chmod(tokens.path, 0o640)
    tokens.new("dash")
    status = os.stat(tokens.path)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 0, 65534)


def test_a_file_that_others_own_is_not_writable(tmp_path: Path) -> None:
    """A new file in a directory of one's own is writable, and so is an old one; a directory, and a
    file in a directory that is not there, are not."""
    (tmp_path / "old").write_text("{}")
    assert token_file.is_writable(str(tmp_path / "new"))
    assert token_file.is_writable(str(tmp_path / "old"))
    assert not token_file.is_writable(str(tmp_path))
    assert not token_file.is_writable(str(tmp_path / "none/new"))
