"""Files that should be one JSON object."""

import pytest

from dssr.http.web.results.json_object import object_of
from dssr.http.web.results.unreadable import Unreadable


def test_an_object() -> None:
    """An object is read, with a byte-order mark or without."""
    assert object_of(b'{"a": 1}', 100, "{}") == {"a": 1}
    assert object_of(b'\xef\xbb\xbf{"a": 1}', 100, "{}") == {"a": 1}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Line 1 is no JSON"),
        (b'{\n"a": }', "Line 2 is no JSON"),
        (b"[1]", "one JSON object, such as {}"),
        (b"null", "one JSON object"),
        (b"\xff\xfe\xff", "no text in UTF-8"),
        (b"[" * 9000, "no JSON that can be read"),
        (b'{"a": ' + b"9" * 5000 + b"}", "no JSON that can be read"),
        (b'{"a": "' + b"x" * 20_000 + b'"}', "larger than 9 KB"),
    ],
    ids=range(8),
)
def test_what_is_no_object(data: bytes, sentence: str) -> None:
    """Anything else is refused with the place of the mistake."""
    with pytest.raises(Unreadable, match=sentence):
        object_of(data, 10_000, "{}")
