"""The file of tokens while the bridge runs."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file
from dssr.access.watched import LOOK_EVERY, WatchedTokens
from dssr.errors import SettingsError


@pytest.fixture
def watched(tokens: Any, clock: Any) -> WatchedTokens:
    tokens.new("ci")
    return WatchedTokens(tokens.path, clock)


def test_a_change_is_taken_up_and_nothing_else_makes_a_new_object(
    watched: WatchedTokens, tokens: Any, clock: Any
) -> None:
    """At the next look; until then, and while nothing changes, it is the very same object."""
    before = watched.current()
    tokens.new("dash")
    assert watched.current() is before
    clock.now += LOOK_EVERY
    after = watched.current()
    assert set(after) == {"ci", "dash"}
    clock.now += LOOK_EVERY
    assert watched.current() is after


@pytest.mark.parametrize("broken", ["", "{", '{"tokens": [{"name": "x"}]}'])
def test_a_broken_file_leaves_the_last_good_one_in_force_loudly(
    broken: str, watched: WatchedTokens, tokens: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """One error in the log for as long as it is broken; mended, it counts again."""
    good = Path(tokens.path).read_text()
    before = watched.current()
    Path(tokens.path).write_text(broken)
    for _ in range(3):
        clock.now += LOOK_EVERY
        assert watched.current() is before
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "THE FILE OF TOKENS CANNOT BE USED" in errors[0]
    assert tokens.path in errors[0]
    Path(tokens.path).write_text(good)
    tokens.new("dash")
    clock.now += LOOK_EVERY
    assert set(watched.current()) == {"ci", "dash"}


def test_a_file_that_is_gone_or_anybodys_is_broken_too(
    watched: WatchedTokens, tokens: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Each problem is an error of its own; whoever wants no token to count revokes them."""
    os.chmod(tokens.path, 0o666)
    clock.now += LOOK_EVERY
    assert set(watched.current()) == {"ci"}
    os.unlink(tokens.path)
    clock.now += LOOK_EVERY
    assert set(watched.current()) == {"ci"}
    assert [r.levelname for r in caplog.records] == ["ERROR", "ERROR"]
    tokens.new("dash")
    clock.now += LOOK_EVERY
    assert set(watched.current()) == {"dash"}


def test_the_last_token_can_be_revoked(watched: WatchedTokens, tokens: Any, clock: Any) -> None:
    """An empty list is a good file."""
    token_file.remove(tokens.path, "ci")
    clock.now += LOOK_EVERY
    assert watched.current() == {}


def test_it_does_not_begin_with_a_broken_file(tokens: Any) -> None:
    """Nothing good was ever in force."""
    with pytest.raises(SettingsError, match="does not exist"):
        WatchedTokens(tokens.path)


def test_how_many_there_are_now_is_told(
    watched: WatchedTokens, tokens: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """After each change, in the log."""
    tokens.new("dash")
    clock.now += LOOK_EVERY
    watched.current()
    token_file.remove(tokens.path, "ci")
    clock.now += LOOK_EVERY
    watched.current()
    told = [r.getMessage().partition(": ")[2] for r in caplog.records]
    assert told == ["it holds 2 tokens now.", "it holds 1 token now."]
