"""The file of API tokens: checked when it is read, replaced as a whole when it is written."""

import contextlib
import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dssr.access.scopes import GRANTED
from dssr.access.tokens import HASH, NAME, Token
from dssr.errors import BadRequest, NotFound, SettingsError

Tokens = Mapping[str, Token]  # by name
_LARGEST = 1024 * 1024  # bytes: some thousands of tokens


def read(path: str, *, any_owner: bool = False) -> Tokens:
    """Return the tokens in the file. ``any_owner``: accept any owner of the file, for an operator
    who is root.

    Raises ``SettingsError`` when the file does not exist, cannot be read or is no token file, and
    when users other than root and the bridge's own could have written it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        cure = "make the first token with 'dssr token new NAME --scope submit'"
        raise _bad(path, f"does not exist: {cure}") from error
    except PermissionError as error:
        cure = (
            "make tokens as the bridge's user, or 'chgrp' the file to a group of that user's"
            " and 'chmod 640' it"
        )
        raise _bad(path, f"cannot be read: {error.strerror}: {cure}") from error
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}") from error
    try:
        _check_owner(path, os.fstat(descriptor), any_owner)
        _check_place(path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return _parse(path, file.read(_LARGEST + 1))
    finally:
        os.close(descriptor)


def as_operator(path: str) -> Tokens:
    """Return the tokens in the file, for a command: root may edit the file of the bridge's user."""
    return read(path, any_owner=os.geteuid() == 0)


def add(path: str, token: Token) -> None:
    """Add a token to the file, which is created if it does not exist.

    Raises ``BadRequest`` when a token of that name exists, ``SettingsError`` as ``read`` does and
    when the file cannot be written. The file is unchanged then.
    """
    with _locked(path):
        tokens = as_operator(path) if os.path.lexists(path) else {}
        if token.name in tokens:
            raise BadRequest(
                f"There is a token {token.name!r} already: take another name, or revoke that one"
                " first."
            )
        _write(path, {**tokens, token.name: token})


def remove(path: str, name: str) -> None:
    """Remove a token from the file. Raises ``NotFound`` when no token has that name, else as
    ``add``.
    """
    with _locked(path):
        tokens = dict(as_operator(path))
        if name not in tokens:
            raise NotFound(f"There is no token {name[:60]!r}: 'dssr token list' shows all tokens.")
        del tokens[name]
        _write(path, tokens)


def is_writable(path: str) -> bool:
    """Whether the file can be replaced, and is one that this process may change."""
    target = os.path.realpath(path)
    return os.access(os.path.dirname(target), os.W_OK) and (
        not os.path.exists(target) or (os.path.isfile(target) and os.access(target, os.W_OK))
    )


def moment(seconds: int) -> str:
    """A time in UTC, as RFC 3339 writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_owner(path: str, status: os.stat_result, any_owner: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _bad(path, "is not a file")
    if status.st_mode & 0o022:
        raise _bad(path, f"can be written by others than its owner: chmod 600 {path}")
    if not any_owner and status.st_uid not in (0, os.geteuid()):
        whose = f"belongs to another user (user id {status.st_uid})"
        raise _bad(path, f"{whose}, who could add tokens of their own: chown it")


def _check_place(path: str) -> None:
    directory = os.path.dirname(os.path.abspath(path))
    mode = os.stat(directory).st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise _bad(
            path,
            f"is where others than its owner can replace it: chmod go-w {directory}",
        )


def _parse(path: str, data: bytes) -> Tokens:
    if len(data) > _LARGEST:
        raise _bad(path, f"has more than {_LARGEST} bytes: it is no file of tokens")
    try:
        entries = json.loads(data)["tokens"]
        if any(entry["hash"].startswith("$argon2") for entry in entries):
            raise _bad(
                path,
                "is of an earlier version of dssr, whose tokens are not valid any more: move it"
                " away, and make each token anew with 'dssr token new NAME --scope SCOPE'",
            )
        tokens = {token.name: token for token in map(_token, entries)}
        if len(tokens) != len(entries):
            raise ValueError("two tokens of one name")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _bad(
            path,
            "is not as 'dssr token new' writes it: repair it, or replace it by an older copy",
        ) from error
    return tokens


def _token(entry: Mapping[str, Any]) -> Token:
    if not NAME.fullmatch(entry["name"]) or not HASH.fullmatch(entry["hash"]):
        raise ValueError("not the name or the hash of a token")
    return Token(
        entry["name"],
        GRANTED[entry["scope"]],
        _seconds(entry["made"]),
        _seconds(entry["expires"]),
        entry["hash"],
    )


def _entry(token: Token) -> dict[str, Any]:
    expires = moment(token.expires) if token.expires else None
    return {
        "name": token.name,
        "scope": token.scope.word,
        "made": moment(token.made),
        "expires": expires,
        "hash": token.hash,
    }


def _seconds(value: str | None) -> int:
    return 0 if value is None else int(datetime.fromisoformat(value).timestamp())


def _write(path: str, tokens: Tokens) -> None:
    text = json.dumps({"tokens": [_entry(token) for token in tokens.values()]}, indent=1) + "\n"
    target = os.path.realpath(path)  # a link stays one
    try:
        _replace(target, text)
    except OSError as error:
        raise _bad(path, f"cannot be written: {error.strerror}") from error


def _replace(target: str, text: str) -> None:
    descriptor, new = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".tokens-")  # mode 600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            _keep_owner(descriptor, target)
            os.fsync(descriptor)
        os.replace(new, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise


def _keep_owner(descriptor: int, target: str) -> None:
    """The bridge's user must be able to read what root has changed, as the file's owner or by its
    group.
    """
    if os.path.exists(target):
        before = os.stat(target)
        if os.geteuid() == 0:
            os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o640)


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Lock the file's directory (flock(2)), so that two commands at once do not lose each other's
    token.
    """
    directory = Path(os.path.realpath(path)).parent
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        missing = f"{directory}, which does not exist: make that directory first"
        raise _bad(path, f"cannot be in {missing}") from error
    except OSError as error:
        raise _bad(path, f"cannot be in {directory}: {error.strerror}") from error
    try:
        # NFS locks no directory. There, the operator must not run two commands at once.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _bad(path: str, what: str) -> SettingsError:
    return SettingsError([f"The file of tokens, {path}, {what}."])
