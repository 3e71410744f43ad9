"""Bytes of an output as text."""

from hypothesis import given
from hypothesis import strategies as st

from dssr.watch.text import decoded


@given(st.binary(), st.lists(st.integers(0, 20)))
def test_text_in_pieces_is_the_text_as_a_whole(data: bytes, cuts: list[int]) -> None:
    """The pieces together are the text and their sizes the bytes, wherever they are cut."""
    at = end = 0
    text = ""
    for more in [*cuts, len(data)]:
        end = min(end + more, len(data))
        piece, size = decoded(data[at:end], is_last=end == len(data))
        text += piece
        at += size
    assert (text, at) == (data.decode("utf-8", "replace"), len(data))


def test_a_character_that_is_not_complete_waits_for_the_rest() -> None:
    """A character is never cut, and the bytes that wait are not counted."""
    euro = "1 €".encode()
    assert decoded(euro[:-1], is_last=False) == ("1 ", 2)
    assert decoded(euro[2:], is_last=False) == ("€", 3)


def test_what_is_no_text_is_replaced_and_counted() -> None:
    """Bytes that are not UTF-8 do not wait, and count as the bytes that they are."""
    assert decoded(b"a\xff\xfeb", is_last=False) == ("a\ufffd\ufffdb", 4)
    assert decoded(b"a\xe2\x82", is_last=True) == ("a\ufffd", 3)
