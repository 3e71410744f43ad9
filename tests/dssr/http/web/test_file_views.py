"""How files look in pages."""

import pytest

from dssr.http.web.file_views import FileRow, printable, quoted, steps, way_to_show
from dssr.seams import FileEntry


def test_a_name_is_shown_as_what_it_is() -> None:
    """Characters that a reader does not see, or that turn a name around, are marked."""
    assert printable("a\u202egnp.exe") == "a\ufffdgnp.exe"
    assert printable("line\nbreak\x1b\udcff") == "line\ufffdbreak\ufffd\ufffd"
    assert printable("größe 1.txt") == "größe 1.txt"


def test_a_link_has_the_bytes_of_the_name() -> None:
    """A path in a URL is the file's bytes, whatever they are."""
    row = FileRow(FileEntry("sub/a b?&#\udcff.txt", False, 1, 0.0))
    assert row.link == "sub/a%20b%3F%26%23%FF.txt"
    assert row.name == "a b?&#\ufffd.txt"
    assert quoted("") == ""


def test_the_way_to_a_directory_has_each_step() -> None:
    """Each directory above has a link of its own."""
    assert steps("a/b&c/d") == [("a", "a"), ("b&c", "a%2Fb%26c"), ("d", "a%2Fb%26c%2Fd")]
    assert steps("") == []


@pytest.mark.parametrize(
    ("kind", "data", "way"),
    [
        ("image/png", b"\0", "picture"),
        ("image/svg+xml", b"<svg>", "picture"),
        ("image/tiff", b"\0", "none"),
        ("text/html", b"<b>", "page"),
        ("application/json", b"{}", "text"),
        ("application/octet-stream", b"words", "text"),
        ("application/pdf", b"%PDF\0", "none"),
    ],
)
def test_the_content_decides_what_the_name_does_not(kind: str, data: bytes, way: str) -> None:
    """Pictures and pages are known by their names, and text by its bytes."""
    assert way_to_show(kind, data) == way
