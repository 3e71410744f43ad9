"""API tokens."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.access.scopes import Scope
from dssr.access.tokens import mint, name_in, verify
from dssr.errors import BadRequest


def test_a_token_is_verified_and_no_other_is() -> None:
    """Only the exact text of a token is right."""
    token, text = mint("ci", Scope.SUBMIT, 1000, None)
    _, other = mint("ci", Scope.SUBMIT, 1000, None)
    assert re.fullmatch(r"dssr_ci_[A-Za-z0-9_-]{43}", text)
    assert verify(text, token)
    assert not verify(other, token)
    assert not verify(text[:-1], token)
    assert not verify(text.replace("dssr_ci", "dssr_CI"), token)


def test_only_a_hash_is_kept_and_it_is_not_shown() -> None:
    """The record of a token has the SHA-256 of its text, and no repr prints it."""
    token, text = mint("ci", Scope.READ, 1000, None)
    assert token.hash == "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert text not in repr(token)
    assert token.hash not in repr(token)


@pytest.mark.parametrize(
    ("days", "at", "expired"),
    [(None, 1e12, False), (1, 1000 + 86399, False), (1, 1000 + 86400, True)],
)
def test_a_token_expires_after_its_days(days: int | None, at: float, expired: bool) -> None:
    """A token expires to the second; without days it never does."""
    assert mint("ci", Scope.READ, 1000.9, days)[0].expired(at) is expired


@pytest.mark.parametrize(
    "name", ["", "-x", ".x", "a_b", "a b", "a/b", "ü", "a\n", "x" * 33, "$(id)"]
)
def test_a_name_that_cannot_be_part_of_a_token_is_refused(name: str) -> None:
    """A name with an underscore, which separates the parts of a token, or with other special
    characters is refused."""
    with pytest.raises(BadRequest, match="no name for a token"):
        mint(name, Scope.READ, 0, None)


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True),
)
def test_the_name_is_found_in_the_text(name: str, random: str) -> None:
    """Underscores and dashes of the random part are not part of the name."""
    assert name_in(f"dssr_{name}_{random}") == name


@pytest.mark.parametrize(
    "text",
    ["", "dssr_", "dssr_ci_short", "dssr__" + "x" * 43, "x" * 60, "dssr_ci_" + "x" * 44 + "\n"],
)
def test_what_is_no_token_has_no_name(text: str) -> None:
    """A text that does not have the form of a token has no name."""
    assert name_in(text) is None
