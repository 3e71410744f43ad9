"""Scopes."""

from dssr.access.scopes import GRANTED


def test_scopes_include_the_ones_before_them() -> None:
    """Each scope includes those before it (read, submit, admin), and a token has at least the
    first."""
    assert list(GRANTED) == ["read", "submit", "admin"]
    assert sorted(GRANTED.values()) == list(GRANTED.values())
