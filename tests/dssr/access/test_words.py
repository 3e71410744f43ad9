"""The errors about credentials."""

import itertools

import pytest

from dssr.access import words

IN_FORCE = [both for both in itertools.product((True, False), repeat=2) if any(both)]


@pytest.mark.parametrize(("password", "tokens"), IN_FORCE)
def test_only_what_is_in_force_is_named(password: bool, tokens: bool) -> None:
    """The errors name the password only where there is one, and tokens only where there is a file
    of them.
    """
    for message in (words.wrong(password, tokens), words.missing(password, tokens)):
        assert (
            "password" in message,
            "JARVICE_SCHED_SERVER_KEY" in message,
            "token" in message,
        ) == (
            password,
            password,
            tokens,
        )


@pytest.mark.parametrize(("password", "tokens"), IN_FORCE)
def test_what_is_wrong_is_short_and_comes_first(password: bool, tokens: bool) -> None:
    """The error begins with a short statement of what is wrong, and what to send follows after the
    colon."""
    for message in (words.wrong(password, tokens), words.missing(password, tokens)):
        short, _, remedy = message.partition(": ")
        assert len(short) < 60
        assert remedy.startswith("send ")


def test_without_either_the_portal_is_the_only_way() -> None:
    """Where a login in the portal is the only way in, the errors say so, and no call is offered."""
    assert words.wrong(False, False) == words.missing(False, False)
    assert "portal alone" in words.missing(False, False)
