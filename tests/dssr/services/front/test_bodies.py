"""Where bodies of HTTP messages end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.services.front.bodies import BadBody, Body, ChunkedBody, EndlessBody, FixedBody


def taken(body: Body, data: bytes, sizes: list[int]) -> int:
    """How many bytes the body takes when they come in parts of these sizes."""
    at = total = 0
    for size in [*sizes, len(data)]:
        part = data[at : at + size]
        used = body.take(memoryview(part))
        total, at = total + used, at + len(part)
        if used < len(part):
            break
    return total


def test_a_fixed_body_ends_after_its_length() -> None:
    """A body of a known length takes that many bytes, and what follows is not its own."""
    body = FixedBody(5)
    assert body.take(memoryview(b"abc")) == 3
    assert not body.done
    assert body.take(memoryview(b"deGET /")) == 2
    assert body.done


def test_an_endless_body_takes_everything() -> None:
    """A body without a length goes on until its sender closes."""
    body = EndlessBody()
    assert body.take(memoryview(b"abc")) == 3
    assert not body.done


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    trailer=st.sampled_from([b"", b"Digest: x\r\n", b"A: 1\r\nB: 2\r\n"]),
    extension=st.sampled_from([b"", b";name=value", b" ; a"]),
    sizes=st.lists(st.integers(1, 7), max_size=40),
)
def test_a_chunked_body_ends_after_its_trailer(
    chunks: list[bytes], trailer: bytes, extension: bytes, sizes: list[int]
) -> None:
    """A chunked body takes exactly its own bytes, in whatever parts it comes."""
    parts = [b"%X%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks]
    data = b"".join(parts) + b"0\r\n" + trailer + b"\r\n"
    body = ChunkedBody()
    assert taken(body, data + b"HTTP/1.1 200 OK", sizes) == len(data)
    assert body.done


@pytest.mark.parametrize("data", [b"x\r\n", b"\r\n", b"-1\r\n", b"0x1\r\n", b"1" * 9000])
def test_what_is_not_chunked_is_refused(data: bytes) -> None:
    """A chunk without a size of hexadecimal digits is no chunk, and no line is endless."""
    with pytest.raises(BadBody):
        taken(ChunkedBody(), data, [])
