"""What keeps logins by a provider."""

import errno
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dssr.access import private_directory
from dssr.access.refresh_tokens import PAUSE, Kept, RefreshTokens
from dssr.errors import Denied, Unavailable

ID, KEY = "the id of a session", "0123abcd"


class Asked:
    """A provider that is asked: ``answers`` says how."""

    def __init__(self) -> None:
        self.with_tokens: list[str] = []
        self.error: Exception | None = None
        self.began, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()

    def __call__(self, kept: Kept) -> Kept:
        self.with_tokens.append(kept.token)
        self.began.set()
        assert self.may_go_on.wait(60)
        if self.error:
            raise self.error
        return replace(kept, token=f"{kept.token}+", due=kept.due + 600, silent=0.0)


@pytest.fixture
def asked() -> Asked:
    """A provider that gives a new token each time."""
    return Asked()


@pytest.fixture
def tokens(tmp_path: Path, asked: Asked, clock: Any) -> RefreshTokens:
    """One session's token, which is due."""
    found = RefreshTokens(tmp_path, asked, clock)
    found.keep(ID, KEY, Kept("token", "b2c1", clock.now))
    return found


def test_a_token_is_replaced_by_the_next(tokens: RefreshTokens, asked: Asked) -> None:
    """What the provider sends is kept in place of what it was asked with."""
    tokens.renew(ID, KEY)
    kept = tokens.find(ID, KEY)
    assert kept
    assert (kept.token, tokens.is_due(kept)) == ("token+", False)


def test_a_provider_is_asked_once(tokens: RefreshTokens, asked: Asked) -> None:
    """While one thread asks, no other does: a second use of a token would end the login."""
    asked.may_go_on.clear()
    first = threading.Thread(target=tokens.renew, args=(ID, KEY))
    first.start()
    assert asked.began.wait(60)
    for _ in range(5):
        tokens.renew(ID, KEY)
    asked.may_go_on.set()
    first.join(60)
    tokens.renew(ID, KEY)
    assert asked.with_tokens == ["token"]


def test_a_silent_provider_is_asked_again_later(
    tokens: RefreshTokens, asked: Asked, clock: Any
) -> None:
    """When the provider does not answer, the token stays, it is known since when, and the next
    attempt is half a minute later."""
    asked.error, began = Unavailable("silent"), clock.now
    for _ in range(3):
        tokens.renew(ID, KEY)
        kept = tokens.find(ID, KEY)
        assert kept
        assert (kept.token, kept.silent, tokens.is_due(kept)) == ("token", began, False)
        clock.now += PAUSE
    assert len(asked.with_tokens) == 3
    asked.error = None
    tokens.renew(ID, KEY)
    assert tokens.find(ID, KEY).silent == 0  # type: ignore[union-attr]


def test_a_refusal_goes_to_who_asked(tokens: RefreshTokens, asked: Asked) -> None:
    """When the provider refuses, the one who asked learns it."""
    asked.error = Denied("refused")
    with pytest.raises(Denied):
        tokens.renew(ID, KEY)


def test_a_token_is_not_used_where_the_next_cannot_be_kept(
    tokens: RefreshTokens, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the provider is not asked, so that the token is good once there is room."""

    def write(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(private_directory, "write", write)
        with pytest.raises(OSError, match="No space"):
            tokens.renew(ID, KEY)
    assert asked.with_tokens == []
    tokens.renew(ID, KEY)
    assert tokens.find(ID, KEY).token == "token+"  # type: ignore[union-attr]


def test_the_directory_is_of_no_use_to_others(tokens: RefreshTokens, tmp_path: Path) -> None:
    """Without the session's id, its file is noise; another session's file is not taken for it."""
    path = tmp_path / "refresh" / KEY
    assert b"token" not in path.read_bytes()
    assert tokens.find("another id", KEY) is None
    path.rename(path.with_name("4567"))
    assert tokens.find(ID, "4567") is None


@pytest.mark.parametrize("data", [b"", b"x", b"\x00" * 100])
def test_a_broken_file_keeps_nothing(data: bytes, tokens: RefreshTokens, tmp_path: Path) -> None:
    """A file that is cut is no token, and no provider is asked."""
    (tmp_path / "refresh" / KEY).write_bytes(data)
    assert tokens.find(ID, KEY) is None
    tokens.renew(ID, KEY)


def test_what_is_over_is_forgotten(tokens: RefreshTokens, tmp_path: Path) -> None:
    """Tokens go with their sessions, with their locks."""
    tokens.renew(ID, KEY)
    tokens.sweep(lambda key: key == KEY)
    assert tokens.find(ID, KEY)
    tokens.sweep(lambda _: False)
    assert list((tmp_path / "refresh").iterdir()) == []
