"""Tokens of forms."""

import pytest

from dssr.access import form_tokens


def test_a_token_is_that_of_its_session_alone() -> None:
    """A token is valid in the session that it was made for, and in no other."""
    token = form_tokens.make("one")
    assert form_tokens.is_valid("one", token)
    assert not form_tokens.is_valid("two", token)


def test_each_page_has_another_token() -> None:
    """Two tokens of one session have no part in common, so that compression reveals none."""
    one, two = (form_tokens.make("key").split(".") for _ in range(2))
    assert not set(one) & set(two)


@pytest.mark.parametrize("text", ["", ".", "x", "x.y", "a" * 1000, "\x00.\udcff", "ä.ä"])
def test_another_text_is_not_valid(text: str) -> None:
    """A text that is no token is refused, whatever is in it."""
    assert not form_tokens.is_valid("key", text)


def test_a_changed_token_is_not_valid() -> None:
    """A token of which one character was changed is refused."""
    token = form_tokens.make("key")
    for at in (0, 20, len(token) - 1):
        other = "0" if token[at] != "0" else "1"
        assert not form_tokens.is_valid("key", token[:at] + other + token[at + 1 :])
