"""The file of API tokens: read with distrust, written as a whole."""

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

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError

from dssr.access.scopes import GRANTED
from dssr.access.tokens import NAME, Token
from dssr.errors import BadRequest, NotFound, SettingsError

Tokens = Mapping[str, Token]  # by name
_LARGEST = 1024 * 1024  # bytes: some thousands of tokens


def read(path: str, *, anybodys: bool = False) -> Tokens:
    """The tokens in the file. ``anybodys``: whoever owns it, which is for an operator who is root.

    Raises ``SettingsError`` when it is not there, cannot be read, is no token file, or when others than root and the bridge's
    own user could have written it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise _bad(
            path, "does not exist: make the first token with 'dssr token new NAME --scope submit'"
        ) from error
    except PermissionError as error:
        remedy = "make tokens as the bridge's user, or 'chgrp' the file to a group of that user's and 'chmod 640' it"
        raise _bad(path, f"cannot be read: {error.strerror}: {remedy}") from error
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}") from error
    try:
        _check_owner(path, os.fstat(descriptor), anybodys)
        _check_place(path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return _parse(path, file.read(_LARGEST + 1))
    finally:
        os.close(descriptor)


def as_operator(path: str) -> Tokens:
    """The tokens in the file, for a command: root may look after the file of the user that the bridge runs as."""
    return read(path, anybodys=os.geteuid() == 0)


def add(path: str, token: Token) -> None:
    """Put a token into the file, which is made if there is none.

    Raises ``BadRequest`` when there is one of that name, ``SettingsError`` as ``read`` does or when it cannot be written; the
    file is as it was then.
    """
    with _alone(path):
        tokens = as_operator(path) if os.path.lexists(path) else {}
        if token.name in tokens:
            raise BadRequest(
                f"There is a token {token.name!r} already: take another name, or revoke that one first."
            )
        _write(path, {**tokens, token.name: token})


def remove(path: str, name: str) -> None:
    """Take a token out of the file. Raises ``NotFound`` when there is none of that name, else as ``add``."""
    with _alone(path):
        tokens = dict(as_operator(path))
        if name not in tokens:
            raise NotFound(
                f"There is no token {name[:60]!r}: 'dssr token list' shows those that there are."
            )
        del tokens[name]
        _write(path, tokens)


def moment(seconds: int) -> str:
    """A time as people and RFC 3339 write it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_owner(path: str, status: os.stat_result, anybodys: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _bad(path, "is not a file")
    if status.st_mode & 0o022:
        raise _bad(path, f"can be written by others than its owner: chmod 600 {path}")
    if not anybodys and status.st_uid not in (0, os.geteuid()):
        raise _bad(
            path,
            f"belongs to another user (user id {status.st_uid}), who could write himself a token: chown it",
        )


def _check_place(path: str) -> None:
    directory = os.path.dirname(os.path.abspath(path))
    mode = os.stat(directory).st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise _bad(
            path,
            f"lies where others than the owner can put another in its place: chmod go-w {directory}",
        )


def _parse(path: str, data: bytes) -> Tokens:
    if len(data) > _LARGEST:
        raise _bad(path, f"has more than {_LARGEST} bytes: it is no file of tokens")
    try:
        entries = json.loads(data)["tokens"]
        tokens = {token.name: token for token in map(_token, entries)}
        if len(tokens) != len(entries):
            raise ValueError("two of one name")
    except (ValueError, TypeError, KeyError, AttributeError, InvalidHashError) as error:
        raise _bad(
            path,
            "is not as 'dssr token new' writes it: mend it, or put a copy of an older one in its place",
        ) from error
    return tokens


def _token(entry: Mapping[str, Any]) -> Token:
    if not NAME.fullmatch(entry["name"]):
        raise ValueError("no name for a token")
    extract_parameters(entry["hash"])  # raises when it is no hash
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
        "name": token.name, "scope": token.scope.word, "made": moment(token.made), "expires": expires, "hash": token.hash,
    }  # fmt: skip


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
    """What root changes must stay readable for the user that the bridge runs as, be it as the file's owner or in its group."""
    if os.path.exists(target):
        before = os.stat(target)
        if os.geteuid() == 0:
            os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & 0o640)


@contextlib.contextmanager
def _alone(path: str) -> Iterator[None]:
    """Two commands at once must not lose each other's token: the directory is locked (flock(2))."""
    directory = Path(os.path.realpath(path)).parent
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise _bad(
            path, f"cannot lie in {directory}, which does not exist: make that directory first"
        ) from error
    except OSError as error:
        raise _bad(path, f"cannot lie in {directory}: {error.strerror}") from error
    try:
        with contextlib.suppress(
            OSError
        ):  # NFS takes no lock on a directory; there, two at once are the operator's to avoid
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _bad(path: str, what: str) -> SettingsError:
    return SettingsError([f"The file of tokens, {path}, {what}."])
