"""Scopes."""

from dssr.access.scopes import GRANTED


def test_scopes_include_the_ones_before_them() -> None:
    """read < submit < admin; a token can have each of these and nothing less."""
    assert list(GRANTED) == ["read", "submit", "admin"]
    assert sorted(GRANTED.values()) == list(GRANTED.values())
