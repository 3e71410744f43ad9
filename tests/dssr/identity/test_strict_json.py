"""JSON that means one thing only."""

import pytest

from dssr.identity import strict_json


def test_an_object_is_read() -> None:
    """An object is read with what is nested in it."""
    assert strict_json.read('{"a": [1, {"b": "ü"}]}'.encode()) == {"a": [1, {"b": "ü"}]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"[]",
        b'"x"',
        b"null",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=[
        "nothing",
        "text",
        "list",
        "string",
        "null",
        "twice",
        "twice inside",
        "NaN",
        "infinity",
        "no UTF-8",
        "mark",
        "deep",
        "long number",
        "UTF-16",
    ],
)
def test_anything_else_is_a_value_error(data: bytes) -> None:
    """Any other input is a ``ValueError``."""
    with pytest.raises(ValueError, match=r"."):
        strict_json.read(data)
