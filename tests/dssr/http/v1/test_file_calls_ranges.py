"""Parts of a job's files, as RFC 9110 has them, over real HTTP from the local connector."""

import re

import pytest

from tests.dssr.http.v1.served_files import ServedFiles


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=7-", (7, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=4-99", (4, 10)),
    ],
)
def test_a_range(files: ServedFiles, asked: str, expected: tuple[int, int]) -> None:
    """One range is 206 with these bytes and their place (RFC 9110, 14)."""
    (files.directory / "data").write_bytes(b"0123456789")
    response = files.get("/files/data", Range=asked)
    start, stop = expected
    assert (response.status_code, response.content) == (206, b"0123456789"[start:stop])
    assert response.headers["Content-Range"] == f"bytes {start}-{stop - 1}/10"


@pytest.mark.parametrize("asked", ["lines=0-1", "bytes=x", "bytes=5-2", "bytes=0-3,1-4", ""])
def test_a_range_that_is_not_understood(files: ServedFiles, asked: str) -> None:
    """The whole file is the response to ranges that are no ranges of bytes, or that overlap."""
    (files.directory / "data").write_bytes(b"0123456789")
    response = files.get("/files/data", Range=asked)
    assert (response.status_code, response.content) == (200, b"0123456789")


def test_a_range_behind_the_end(files: ServedFiles) -> None:
    """A range that the file does not have is 416, with the size of the file."""
    (files.directory / "data").write_bytes(b"0123456789")
    response = files.get("/files/data", Range="bytes=10-")
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */10")
    assert response.json()["type"] == "/problems/range-not-satisfiable"


def test_several_ranges(files: ServedFiles) -> None:
    """Several ranges are the parts of one body, each with its place."""
    (files.directory / "data.txt").write_bytes(b"0123456789")
    response = files.get("/files/data.txt", Range="bytes=0-1,4-5,-1")
    assert response.status_code == 206
    match = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", response.headers["Content-Type"])
    assert match is not None
    parts = response.content.split(f"--{match[1]}".encode())
    found = [part.partition(b"\r\n\r\n") for part in parts[1:-1]]
    assert [content.removesuffix(b"\r\n") for _, _, content in found] == [b"01", b"45", b"9"]
    assert b"Content-Range: bytes 4-5/10" in found[1][0]
    assert response.headers["Content-Length"] == str(len(response.content))


def test_a_range_of_a_file_that_has_changed(files: ServedFiles) -> None:
    """With ``If-Range``, a range is sent of the same file, and all of another one."""
    (files.directory / "data").write_bytes(b"0123456789")
    first = files.get("/files/data")
    for same in (first.headers["ETag"], first.headers["Last-Modified"]):
        again = files.get("/files/data", Range="bytes=0-0", If_Range=same)
        assert (again.status_code, again.content) == (206, b"0")
    (files.directory / "data").write_bytes(b"abc")
    changed = files.get("/files/data", Range="bytes=0-0", If_Range=first.headers["ETag"])
    assert (changed.status_code, changed.content) == (200, b"abc")
    weak = files.get("/files/data", Range="bytes=0-0", If_Range=f"W/{changed.headers['ETag']}")
    assert weak.status_code == 200
