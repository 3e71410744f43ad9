"""The end of an output, as far as it was read."""

from dssr.watch.window import KEPT, OutputText, Window


def texts(window: Window, offset: int) -> list[OutputText]:
    """All pieces from that place on."""
    found = []
    while piece := window.piece(offset):
        found.append(piece)
        offset = piece.after
    return found


def test_pieces_follow_each_other_without_a_gap() -> None:
    """A long part comes in several pieces, each of which begins where the last one ended."""
    window = Window(100)
    window.add(("€" * 20_000).encode(), is_last=False)
    pieces = texts(window, 100)
    assert len(pieces) > 1
    assert [p.offset for p in pieces] == [100, *(p.after for p in pieces[:-1])]
    assert "".join(p.text for p in pieces) == "€" * 20_000
    assert pieces[-1].after == 60_100


def test_the_last_bytes_are_kept_for_those_who_are_not_as_far() -> None:
    """A window holds a megabyte at most, and all of a part that is longer."""
    window = Window(0)
    for _ in range(3):
        window.add(b"x" * (KEPT // 2), is_last=False)
    assert (window.start, window.end) == (KEPT // 2, KEPT * 3 // 2)
    window.add(b"y" * (2 * KEPT), is_last=False)
    assert (window.start, window.end) == (KEPT * 3 // 2, KEPT * 7 // 2)


def test_half_a_character_comes_with_its_rest_or_with_the_end() -> None:
    """The last bytes wait for more, unless there is no more."""
    window = Window(0)
    window.add(b"a\xe2\x82", is_last=False)
    assert [p.text for p in texts(window, 0)] == ["a"]
    window.add(b"\xac", is_last=False)
    assert [p.text for p in texts(window, 1)] == ["€"]
    window.add(b"\xe2", is_last=True)
    assert [p.text for p in texts(window, 4)] == ["\ufffd"]


def test_listeners_at_one_place_share_the_piece() -> None:
    """A piece is decoded once for all."""
    window = Window(0)
    window.add(b"abc", is_last=False)
    assert window.piece(0) is window.piece(0)
