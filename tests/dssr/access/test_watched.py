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


def test_only_a_change_of_the_file_gives_a_new_object(
    watched: WatchedTokens, tokens: Any, clock: Any
) -> None:
    """A change takes effect at the next look; otherwise the object is the same."""
    before = watched.current()
    tokens.new("dash")
    assert watched.current() is before
    clock.now += LOOK_EVERY
    after = watched.current()
    assert set(after) == {"ci", "dash"}
    clock.now += LOOK_EVERY
    assert watched.current() is after


@pytest.mark.parametrize("broken", ["", "{", '{"tokens": [{"name": "x"}]}'])
def test_a_broken_file_changes_nothing_and_is_reported(
    broken: str, watched: WatchedTokens, tokens: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has one error for as long as the file is broken; a repaired file takes effect."""
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


def test_a_file_that_is_missing_or_writable_by_others_is_broken_too(
    watched: WatchedTokens, tokens: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Each problem is an error of its own, and the tokens read before stay valid."""
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
    """An empty list of tokens is a valid file."""
    token_file.remove(tokens.path, "ci")
    clock.now += LOOK_EVERY
    assert watched.current() == {}


def test_the_start_needs_a_valid_file(tokens: Any) -> None:
    """The bridge does not start with a file that is not valid."""
    with pytest.raises(SettingsError, match="does not exist"):
        WatchedTokens(tokens.path)


def test_a_change_is_logged_with_the_number_of_tokens(
    watched: WatchedTokens, tokens: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Each change of the file is one line in the log."""
    tokens.new("dash")
    clock.now += LOOK_EVERY
    watched.current()
    token_file.remove(tokens.path, "ci")
    clock.now += LOOK_EVERY
    watched.current()
    logged = [r.getMessage().partition(": ")[2] for r in caplog.records]
    assert logged == ["it contains 2 tokens now.", "it contains 1 token now."]
