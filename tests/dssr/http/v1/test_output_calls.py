"""A job's output, in whole and in parts."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from dssr.http.v1 import output_calls
from dssr.job import JobRef
from dssr.jobs.transfers import EACH
from dssr.record import OutputPart

TEXT = bytes(range(256)) * 40


@pytest.fixture
def path(v1: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The output of a job that has printed ``TEXT``, of which 3,000 bytes are read at a time."""

    def read(offsets: Mapping[JobRef, int], limit: int) -> Mapping[JobRef, OutputPart]:
        return {
            ref: OutputPart(TEXT[at : at + min(limit, 3000)], at, len(TEXT))
            for ref, at in offsets.items()
        }

    job = v1.submit()
    monkeypatch.setattr(v1.connector, "read_outputs", read)
    monkeypatch.setattr(output_calls, "PART", 3000)
    return f"/jobs/{job['id']}/output"


def test_the_bytes_are_as_written(v1: Any, path: str) -> None:
    """All bytes arrive, whatever they are, although they are read in parts."""
    answer = v1.get(path)
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["Content-Length"] == str(len(TEXT))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-4", slice(0, 5)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=0-999999", slice(0, None)),
        ("bytes=2000-7999", slice(2000, 8000)),
    ],
)
def test_a_range_of_bytes_is_206(asked: str, found: slice, v1: Any, path: str) -> None:
    """A range is answered with its bytes, and says which they are."""
    answer = v1.get(path, headers={"Range": asked})
    start, stop, _ = found.indices(len(TEXT))
    assert (answer.status_code, answer.content) == (206, TEXT[found])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(TEXT)}"


@pytest.mark.parametrize("asked", ["lines=1-2", "bytes=1-2,5-6", "bytes=x"])
def test_a_range_that_is_not_understood_is_ignored(asked: str, v1: Any, path: str) -> None:
    """RFC 9110 has all bytes sent then."""
    answer = v1.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, TEXT)


def test_bytes_that_there_are_not_are_416(v1: Any, path: str) -> None:
    """The response says how many there are."""
    answer = v1.get(path, headers={"Range": f"bytes={len(TEXT)}-"})
    assert (answer.status_code, answer.json()["type"]) == (416, "/problems/range-not-satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{len(TEXT)}"


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-"}])
def test_before_the_first_byte_the_output_is_empty(headers: dict[str, str], v1: Any) -> None:
    """A job that has printed nothing has an empty output, which is no error."""
    answer = v1.get(f"/jobs/{v1.submit()['id']}/output", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_last_lines_are_shown(v1: Any) -> None:
    """tail has the last lines of the output."""
    path = f"/jobs/{v1.submit()['id']}/output"
    v1.now += 20
    lines = v1.get(path).content.splitlines(keepends=True)
    assert len(lines) > 2
    assert v1.get(f"{path}?tail=2").content == b"".join(lines[-2:])
    assert v1.get(f"{path}?tail=0").status_code == 400


def test_an_output_that_shrinks_cuts_the_connection(
    v1: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client sees that bytes are missing when the job has truncated its output meanwhile."""

    def read(offsets: Mapping[JobRef, int], limit: int) -> Mapping[JobRef, OutputPart]:
        return {
            ref: OutputPart(TEXT[at:3000], at, len(TEXT) if at == 0 else 3000)
            for ref, at in offsets.items()
        }

    monkeypatch.setattr(v1.connector, "read_outputs", read)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        v1.get(path)


def test_an_output_that_the_caller_has_is_304(v1: Any) -> None:
    """A client that polls an output sends its tag, and gets the body only when there is more."""
    path = f"/jobs/{v1.submit()['id']}/output"
    for after, status in ((0, 304), (6, 200)):
        tag = v1.get(path).headers["ETag"]
        v1.now += after
        assert v1.get(path, headers={"If-None-Match": tag}).status_code == status


@pytest.fixture
def tail_path(v1: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same of a job that was cleaned: its bytes from 4,000 on are kept."""

    def read(offsets: Mapping[JobRef, int], limit: int) -> Mapping[JobRef, OutputPart]:
        firsts = {ref: max(at, 4000) for ref, at in offsets.items()}
        return {
            ref: OutputPart(TEXT[at : at + min(limit, 3000)], at, len(TEXT))
            for ref, at in firsts.items()
        }

    monkeypatch.setattr(v1.connector, "read_outputs", read)
    return path


def test_an_output_of_which_the_end_is_kept(v1: Any, tail_path: str) -> None:
    """The bytes that are kept are sent once, and a header has the place of their first."""
    answer = v1.get(tail_path)
    assert (answer.status_code, answer.content) == (200, TEXT[4000:])
    assert answer.headers["Dssr-First-Byte"] == "4000"
    assert answer.headers["Content-Length"] == str(len(TEXT) - 4000)


def test_a_range_of_an_output_of_which_the_end_is_kept(v1: Any, tail_path: str) -> None:
    """A range begins with its first byte that is kept; one that has none is 416, which says how
    many are lost."""
    answer = v1.get(tail_path, headers={"Range": "bytes=1000-8999"})
    assert (answer.status_code, answer.content) == (206, TEXT[4000:9000])
    assert answer.headers["Content-Range"] == f"bytes 4000-8999/{len(TEXT)}"
    lost = v1.get(tail_path, headers={"Range": "bytes=0-3999"})
    assert (lost.status_code, lost.headers["Content-Range"]) == (416, f"bytes */{len(TEXT)}")
    assert "the first 4000 are no longer kept" in lost.json()["detail"]


def test_a_large_output_is_one_of_few_downloads(
    v1: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller who reads large outputs slowly keeps no more threads than downloads may; an output
    of one part, and the last lines, are always there."""
    over = threading.Event()

    def read(offsets: Mapping[JobRef, int], limit: int) -> Mapping[JobRef, OutputPart]:
        if max(offsets.values()) >= 3000:
            over.wait(30)
        return {ref: OutputPart(TEXT[at : at + 3000], at, len(TEXT)) for ref, at in offsets.items()}

    monkeypatch.setattr(v1.connector, "read_outputs", read)
    open_ones = [v1.get(path, stream=True) for _ in range(EACH)]
    assert [one.status_code for one in open_ones] == [200] * EACH
    refused = v1.get(path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
    assert v1.get(path, headers={"Range": "bytes=0-99"}).status_code == 206
    assert v1.get(f"{path}?tail=2").status_code == 200
    over.set()
    for one in open_ones:
        assert one.content == TEXT
