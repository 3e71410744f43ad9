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
    """Names, scopes, times, and hashes that the texts match; the texts themselves stand nowhere."""
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
    """Mode 600, at once; nothing else is left in the directory."""
    before = os.umask(0)
    try:
        tokens.new("ci")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat(tokens.path).st_mode) == 0o600
    assert os.listdir(os.path.dirname(tokens.path)) == ["tokens"]


def test_a_name_is_used_once(tokens: Any) -> None:
    """Otherwise nobody could tell which one was revoked."""
    tokens.new("ci")
    before = Path(tokens.path).read_bytes()
    with pytest.raises(BadRequest, match="already"):
        tokens.new("ci")
    assert Path(tokens.path).read_bytes() == before


def test_a_token_that_is_removed_is_gone_and_others_stay(tokens: Any) -> None:
    """The last one leaves an empty list, which is a good file."""
    tokens.new("ci")
    tokens.new("dash")
    token_file.remove(tokens.path, "ci")
    assert set(token_file.read(tokens.path)) == {"dash"}
    with pytest.raises(NotFound, match="no token 'ci'"):
        token_file.remove(tokens.path, "ci")
    token_file.remove(tokens.path, "dash")
    assert token_file.read(tokens.path) == {}


def test_two_commands_at_once_lose_no_token(tokens: Any) -> None:
    """Each waits for the other."""
    threads = [threading.Thread(target=tokens.new, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(token_file.read(tokens.path)) == {f"t{i}" for i in range(8)}


def test_a_link_stays_one(tokens: Any, tmp_path: Path) -> None:
    """The file that it leads to is replaced."""
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real" / "file", tokens.path)
    (tmp_path / "real" / "file").write_text('{"tokens": []}')
    tokens.new("ci")
    assert os.path.islink(tokens.path)
    assert set(token_file.read(tokens.path)) == {"ci"}


def test_a_write_that_fails_changes_nothing(tokens: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full is a sentence; the old file stays, and no half of a new one."""
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
    """An operator who is root must not lock the bridge's user out of his file; a bridge that is root trusts no other user."""
    tokens.new("ci")
    os.chown(tokens.path, 1234, 1234)
    with pytest.raises(SettingsError, match="belongs to another user"):
        token_file.read(tokens.path)
    tokens.new("dash")
    assert (os.stat(tokens.path).st_uid, os.stat(tokens.path).st_gid) == (1234, 1234)
    assert set(token_file.as_operator(tokens.path)) == {"ci", "dash"}


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(mode: int, tokens: Any) -> None:
    """They could write themselves a token; the sentence has the cure."""
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
    """A directory that others can write will do only with the sticky bit, as /tmp has it."""
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


@pytest.mark.parametrize(
    "content",
    [
        "", "x", "[]", "{}", '{"tokens": 1}', '{"tokens": ["x"]}', '{"tokens": [{}]}', b"\xff\xfe",
        json.dumps({"tokens": [_entry(scope="root")]}), json.dumps({"tokens": [_entry(scope="none")]}),
        json.dumps({"tokens": [_entry(hash="x")]}), json.dumps({"tokens": [_entry(hash=None)]}),
        json.dumps({"tokens": [_entry(expires="soon")]}), json.dumps({"tokens": [_entry(expires=5)]}),
        json.dumps({"tokens": [_entry(name="a_b")]}), json.dumps({"tokens": [_entry(), _entry()]}),
        json.dumps({"tokens": [_entry()]})[:-9],
    ],
    ids=lambda content: str(content)[:40],
)  # fmt: skip
def test_what_is_no_token_file_is_one_sentence(content: str | bytes, tokens: Any) -> None:
    """Whatever stands there; a file that was written half is not half believed."""
    Path(tokens.path).write_bytes(content if isinstance(content, bytes) else content.encode())
    os.chmod(tokens.path, 0o600)
    with pytest.raises(SettingsError, match="is not as 'dssr token new' writes it"):
        token_file.read(tokens.path)


def test_what_cannot_be_read_is_told(tokens: Any, tmp_path: Path) -> None:
    """No file, a directory, a pipe, far too much."""
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


def test_a_directory_that_is_not_there_is_told_with_the_remedy(tmp_path: Path) -> None:
    """The command makes no directory: whose it should be is for the operator to say."""
    token, _ = mint("ci", Scope.READ, 1, None)
    with pytest.raises(
        SettingsError, match="nowhere, which does not exist: make that directory first"
    ):
        token_file.add(str(tmp_path / "nowhere" / "tokens"), token)


def test_a_file_that_the_bridge_may_not_read_is_told_with_the_remedy(
    tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when root made it and the bridge runs as another user."""
    tokens.new("ci")
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    monkeypatch.setattr(
        os, "open", lambda *_: (_ for _ in ()).throw(denied)
    )  # root is denied nothing
    with pytest.raises(
        SettingsError, match="Permission denied: make tokens as the bridge's user, or 'chgrp'"
    ):
        token_file.read(tokens.path)


def test_what_a_group_may_read_it_may_read_afterwards(tokens: Any) -> None:
    """A bridge that reads root's file by its group reads it after the next 'dssr token new', too."""
    if os.geteuid() != 0:
        pytest.skip("this needs root: another group is given to a file")
    tokens.new("ci")
    os.chown(tokens.path, 0, 65534)
    os.chmod(tokens.path, 0o640)
    tokens.new("dash")
    status = os.stat(tokens.path)
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 0, 65534)
