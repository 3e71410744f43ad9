"""API tokens."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.access.scopes import Scope
from dssr.access.tokens import decoy, mint, name_in, verify
from dssr.errors import BadRequest


def test_a_token_is_verified_and_no_other_is() -> None:
    """Its own text and no character else; another token's hash is not this one's."""
    token, text = mint("ci", Scope.SUBMIT, 1000, None)
    _, other = mint("ci", Scope.SUBMIT, 1000, None)
    assert re.fullmatch(r"dssr_ci_[A-Za-z0-9_-]{43}", text)
    assert verify(text, token)
    assert not verify(other, token)
    assert not verify(text[:-1], token)
    assert not verify(text.replace("dssr_ci", "dssr_CI"), token)


def test_only_a_hash_is_kept_and_it_is_not_shown() -> None:
    """Argon2id, and no repr prints it."""
    token, text = mint("ci", Scope.READ, 1000, None)
    assert token.hash.startswith("$argon2id$")
    assert text not in repr(token)
    assert token.hash not in repr(token)


def test_no_token_and_a_broken_hash_verify_nothing() -> None:
    """Not even the decoy's own text could be known; a hash that is none is no way in."""
    token, text = mint("ci", Scope.READ, 1000, None)
    assert not verify(text, None)
    assert not verify(decoy(), None)
    assert not verify(text, replace(token, hash="x"))


@pytest.mark.parametrize(
    ("days", "at", "expired"),
    [(None, 1e12, False), (1, 1000 + 86399, False), (1, 1000 + 86400, True)],
)
def test_a_token_expires_after_its_days(days: int | None, at: float, expired: bool) -> None:
    """To the second; without days never."""
    assert mint("ci", Scope.READ, 1000.9, days)[0].expired(at) is expired


@pytest.mark.parametrize(
    "name", ["", "-x", ".x", "a_b", "a b", "a/b", "ü", "a\n", "x" * 33, "$(id)"]
)
def test_a_name_that_cannot_stand_in_a_token_is_refused(name: str) -> None:
    """The underscore stands between the parts."""
    with pytest.raises(BadRequest, match="no name for a token"):
        mint(name, Scope.READ, 0, None)


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True),
)
def test_the_name_is_found_in_the_text(name: str, random: str) -> None:
    """Underscores and dashes of the random part do not confuse it."""
    assert name_in(f"dssr_{name}_{random}") == name


@pytest.mark.parametrize(
    "text",
    ["", "dssr_", "dssr_ci_short", "dssr__" + "x" * 43, "x" * 60, "dssr_ci_" + "x" * 44 + "\n"],
)
def test_what_is_no_token_has_no_name(text: str) -> None:
    """It costs no hash."""
    assert name_in(text) is None
