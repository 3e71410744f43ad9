"""The search in an output that comes in parts."""

import random

import pytest

from dssr.http.web.output_search import SHOWN, Search


def search(text: str, *parts: bytes) -> Search:
    """A search that has gone through these parts."""
    found = Search(text)
    for part in parts:
        list(found.feed(part))
    return found


@pytest.mark.parametrize("seed", range(60))
def test_the_count_is_exact_however_the_output_is_cut(seed: int) -> None:
    """The count is that of all of the output at once, in whatever parts it comes, also where places
    could overlap."""
    chance = random.Random(seed)
    data = bytes(chance.choices(b"ab\n", k=chance.randrange(1, 3000)))
    text = "".join(chance.choices("ab", k=chance.randrange(1, 6)))
    parts, at = [], 0
    while at < len(data):
        size = chance.randrange(1, 40)
        parts.append(data[at : at + size])
        at += size
    found = search(text, *parts)
    assert (found.count, found.size) == (data.count(text.encode()), len(data))


def test_places_have_their_line_and_offset() -> None:
    """A place has the number of its line, its byte, and the rest of its line around it."""
    found = Search("error")
    places = [
        place
        for part in (b"one\ntwo er", b"ror: disk\nthr", b"ee\nerror")
        for place in found.feed(part)
    ]
    assert [(p.line, p.offset, p.before, p.after) for p in places] == [
        (2, 8, "two ", ": disk"),
        (4, 26, "", ""),
    ]


def test_the_first_places_are_shown_and_all_are_counted() -> None:
    """Of many places the first are shown."""
    found = Search("x")
    places = list(found.feed(b"x\n" * 5000))
    assert (len(places), found.count) == (SHOWN, 5000)


def test_a_long_line_is_shown_around_the_place() -> None:
    """Of a line of a megabyte, some characters around the place are shown."""
    [place] = Search("x").feed(b"a" * 500_000 + b"x" + b"b" * 500_000)
    assert (place.offset, place.line) == (500_000, 1)
    assert (set(place.before), set(place.after)) == ({"a"}, {"b"})
    assert len(place.before) + len(place.after) < 1000


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\x80ok\xff", b"", b"\0" * 100])
def test_binary_output_is_searched_too(data: bytes) -> None:
    """Bytes that are no text do not stop a search."""
    assert search("ok", data).count == data.count(b"ok")


def test_text_is_searched_as_utf_8() -> None:
    """A text beyond ASCII is found, also where a part ends inside a character."""
    data = "größe Größe größe".encode()
    assert search("größe", data[:3], data[3:20], data[20:]).count == 2
