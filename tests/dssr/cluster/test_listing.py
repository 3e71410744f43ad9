"""Lists in pages whose members come and go."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.cluster.listing import Listing
from dssr.errors import BadRequest


def listing() -> Listing[str]:
    """Words, the short ones first."""
    return Listing(lambda word: (len(word), word))


def all_pages(words: list[str], limit: int) -> list[str]:
    """The members of all pages, each asked for by the cursor of the one before."""
    words_of, found = listing(), list[str]()
    page, following = words_of.page(words, limit, "")
    found += page
    while following is not None:
        page, following = words_of.page(words, limit, following)
        assert page
        found += page
    return found


@given(st.lists(st.text(), unique=True), st.integers(1, 5))
def test_pages_have_each_member_once_in_order(words: list[str], limit: int) -> None:
    """Page after page has all members, whatever the size of a page."""
    assert all_pages(words, limit) == sorted(words, key=lambda word: (len(word), word))


def test_a_member_that_is_gone_ends_no_list() -> None:
    """The cursor is a place: the next page begins behind it, also when its member is gone and
    others have come before."""
    words_of = listing()
    page, following = words_of.page(["b", "d", "f"], 2, "")
    assert page == ["b", "d"]
    assert following is not None
    assert words_of.page(["a", "b", "c", "e", "f"], 2, following) == (["e", "f"], None)


NO_PLACES: list[object] = [None, 7, ["a", 1], [[]], {"a": 1}, "text"]


@pytest.mark.parametrize(
    "after",
    ["x", "%", "ä", "eA==", "a" * 5000, *(
        base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
        for value in NO_PLACES
    )],
)  # fmt: skip
def test_another_text_is_no_cursor(after: str) -> None:
    """A cursor of another list, or of nothing, is refused with what to do."""
    with pytest.raises(BadRequest, match=r"'after' is .* no cursor: send the member 'next'"):
        listing().page(["a"], 2, after)
