"""Lists, downloads and archives of a job's files, over real HTTP from the local connector."""

import http.client
import io
import os
import re
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from dssr.errors import Conflict, Unavailable
from dssr.jobs.archive import MISSING
from dssr.jobs.transfers import EACH
from dssr.seams import PART
from tests.dssr.http.v1.served_files import ServedFiles

LARGE = 3 * PART + 12_345


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFiles]:
    """A bridge for all tests that leave it unharmed."""
    served = ServedFiles(tmp_path_factory.mktemp("files"))
    yield served
    served.stop()


@pytest.fixture
def files(shared: ServedFiles) -> ServedFiles:
    """The same with an empty directory."""
    for path in sorted(shared.directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return shared


def test_a_directory_is_listed(files: ServedFiles) -> None:
    """A list has the members of the contract for each entry, directories first, and its age."""
    (files.directory / "sub").mkdir()
    (files.directory / "a").write_text("hello")
    os.utime(files.directory / "a", (2000, 2000))
    found = files.get("/files").json()
    assert found["items"][1] == {
        "path": "a",
        "is_directory": False,
        "size_bytes": 5,
        "modified_at": "1970-01-01T00:33:20Z",
    }
    assert [item["path"] for item in found["items"]] == ["sub", "a"]
    assert (found["next"], found["age_seconds"] < 5) == (None, True)


def test_a_list_has_pages(files: ServedFiles) -> None:
    """``limit`` and ``after`` lead through all entries, each once."""
    names = [f"{n:02}" for n in range(7)]
    for name in names:
        (files.directory / name).touch()
    seen: list[str] = []
    after = ""
    while True:
        page = files.get(f"/files?limit=3&after={after}").json()
        seen += [item["path"] for item in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == names
    assert files.get("/files?after=nowhere").status_code == 400


def test_a_list_that_has_not_changed_is_not_sent_again(files: ServedFiles) -> None:
    """The tag of a list changes with what is in the directory."""
    tag = files.get("/files").headers["ETag"]
    assert files.get("/files", If_None_Match=tag).status_code == 304
    (files.directory / "new").touch()
    assert files.get("/files", If_None_Match=tag).status_code == 200


def test_a_large_file_arrives(files: ServedFiles) -> None:
    """A file of several parts arrives byte for byte, with its size and its name."""
    data = os.urandom(LARGE)
    (files.directory / "data.bin").write_bytes(data)
    response = files.get("/files/data.bin")
    assert (response.status_code, response.content == data) == (200, True)
    assert response.headers["Content-Length"] == str(LARGE)
    assert response.headers["Content-Disposition"] == 'attachment; filename="data.bin"'


def test_no_browser_shows_a_file_as_a_page(files: ServedFiles) -> None:
    """Each response with a user's bytes is a sandboxed attachment whose type is not guessed."""
    (files.directory / "page.html").write_text("<script>alert(1)</script>")
    answers = [
        files.get("/files/page.html"),
        files.get("/files/page.html", Range="bytes=0-3"),
        files.call("HEAD", "/files/page.html"),
        files.get("/archive.zip"),
    ]
    for answer in answers:
        assert answer.status_code in (200, 206)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"sandbox", "default-src 'none'"} <= set(policy)


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


def test_a_file_that_the_caller_has(files: ServedFiles) -> None:
    """A file with the caller's tag is 304 without a body, and a changed one is sent."""
    (files.directory / "data").write_bytes(b"one")
    tag = files.get("/files/data").headers["ETag"]
    same = files.get("/files/data", If_None_Match=tag)
    assert (same.status_code, same.content) == (304, b"")
    (files.directory / "data").write_bytes(b"another")
    assert files.get("/files/data", If_None_Match=tag).content == b"another"


def test_the_head_of_a_file(files: ServedFiles) -> None:
    """HEAD has the headers of GET and no body, and reads no byte of the file."""
    (files.directory / "data").write_bytes(b"0" * 1000)
    head, whole = files.call("HEAD", "/files/data"), files.get("/files/data")
    for name in ("Content-Length", "ETag", "Content-Disposition", "Last-Modified", "Content-Type"):
        assert head.headers[name] == whole.headers[name]
    assert (head.status_code, head.content) == (200, b"")
    assert files.call("HEAD", "/files/none").status_code == 404


@pytest.mark.parametrize(
    "name",
    ['it\'s %20 a "name"', "two\nlines", "ümläut ", "100%.txt", "-rf", "a;b", "?q#f"],
)
def test_strange_names_in_a_path(files: ServedFiles, name: str) -> None:
    """A file is found by its name's bytes, percent-encoded, whatever they are."""
    path = quote(name, safe="")
    assert files.put(f"sub/{path}", b"data").status_code == 201
    assert (files.directory / "sub" / name).read_bytes() == b"data"
    assert files.get(f"/files/sub/{path}").content == b"data"
    listed = files.get("/files?path=sub").json()["items"]
    assert [item["path"] for item in listed] == [f"sub/{name}"]


def test_a_name_that_is_no_text(files: ServedFiles) -> None:
    """Bytes that are not UTF-8 are lone surrogates in JSON, and percent-encoded in a path."""
    (files.directory / os.fsdecode(b"bad\xff")).write_bytes(b"data")
    assert files.get("/files").json()["items"][0]["path"] == "bad\udcff"
    response = files.get("/files/bad%FF")
    assert response.content == b"data"
    assert response.headers["Content-Disposition"] == (
        "attachment; filename=\"bad_\"; filename*=UTF-8''bad%EF%BF%BD"
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/files/none", 404),
        ("/files/sub", 404),
        ("/files?path=none", 404),
        ("/archive.zip?path=none", 404),
        ("/files/out/passwd", 403),
        ("/files/..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", 403),
        ("/files/id_rsa", 403),
        ("/files/a%00b", 400),
        ("/files?path=%2Fetc", 400),
        ("/files?pfad=x", 400),
        ("/files/x?path=y", 400),
        ("/files?limit=0", 400),
    ],
)
def test_what_is_not_served(files: ServedFiles, path: str, status: int) -> None:
    """Each fault of a request has its status, and a sentence about it."""
    (files.directory / "sub").mkdir()
    (files.directory / "id_rsa").write_text("secret")
    (files.directory / "out").symlink_to("/etc")
    response = files.get(path)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.json()["detail"].endswith(".")


def archive_of(files: ServedFiles, path: str = "") -> zipfile.ZipFile:
    """The archive of a directory, which has no damage."""
    response = files.get(f"/archive.zip?path={path}")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None
    return archive


def test_an_archive(files: ServedFiles) -> None:
    """An archive has all files and directories below the one that is asked for."""
    data = os.urandom(LARGE)
    (files.directory / "sub/deep").mkdir(parents=True)
    (files.directory / "sub/empty").mkdir()
    (files.directory / "sub/data").write_bytes(data)
    (files.directory / "sub/deep/ümläut").write_bytes(b"text")
    (files.directory / "sub/nothing").touch()
    whole, part = archive_of(files), archive_of(files, "sub")
    assert set(whole.namelist()) == {
        "sub/", "sub/deep/", "sub/empty/", "sub/data", "sub/deep/ümläut", "sub/nothing",
    }  # fmt: skip
    assert set(part.namelist()) == {"deep/", "empty/", "data", "deep/ümläut", "nothing"}
    assert whole.read("sub/data") == data
    assert part.read("deep/ümläut") == b"text"


def test_an_archive_names_what_is_not_in_it(
    files: ServedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read, or that changes while it is read, is named with the reason; the
    other files are there."""
    for name in ("bad", "good", "grows"):
        (files.directory / name).write_bytes(b"x" * (PART + 1))
    read = files.connector.read_file

    def failing(ref: Any, path: str, version: str, offset: int, limit: int) -> bytes:
        if path == "bad" or (path == "grows" and offset):
            raise Conflict(f"{path} has changed since.")
        return read(ref, path, version, offset, limit)

    monkeypatch.setattr(files.connector, "read_file", failing)
    archive = archive_of(files)
    assert archive.namelist() == ["good", "grows", MISSING]
    words = archive.read(MISSING).decode().splitlines()
    assert words[0] == "bad: bad has changed since."
    assert re.fullmatch(r"grows: only its first \d+ bytes are in the archive\. .*", words[1])
    assert len(archive.read("good")) == PART + 1


def test_a_fault_breaks_the_connection(files: ServedFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the cluster fails in the middle of a download or an archive, the response has no end,
    so that the caller notices."""
    (files.directory / "data").write_bytes(b"x" * LARGE)
    read = files.connector.read_file

    def failing(ref: Any, path: str, version: str, offset: int, limit: int) -> bytes:
        if offset > PART:
            raise Unavailable("The login node does not answer.")
        return read(ref, path, version, offset, limit)

    monkeypatch.setattr(files.connector, "read_file", failing)
    for path in ("/files/data", "/archive.zip"):
        with pytest.raises((requests.exceptions.ChunkedEncodingError, http.client.IncompleteRead)):
            files.get(path)
    assert files.get("/files").status_code == 200


def test_a_file_that_changes_while_it_is_downloaded(
    files: ServedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that has changed before its first byte is sent as it is then; one that changes later
    breaks the connection."""
    (files.directory / "data").write_bytes(b"old" * PART)
    read, changes = files.connector.read_file, iter([b"new", b"newer"])

    def changing(ref: Any, path: str, version: str, offset: int, limit: int) -> bytes:
        if (data := next(changes, None)) is not None:
            (files.directory / "data").write_bytes(data)
        return read(ref, path, version, offset, limit)

    monkeypatch.setattr(files.connector, "read_file", changing)
    assert files.get("/files/data").content == b"newer"
    (files.directory / "data").write_bytes(b"old" * PART)
    with files.call("GET", "/files/data", stream=True) as response:
        assert response.raw.read(1) == b"o"
        (files.directory / "data").write_bytes(b"new" * PART)
        with pytest.raises(Exception, match="IncompleteRead"):
            response.raw.read()


def test_one_caller_has_few_downloads(files: ServedFiles) -> None:
    """A caller's downloads above the limit are 503 with Retry-After, until one has ended."""
    (files.directory / "data").write_bytes(b"x" * LARGE)
    (files.directory / "small").write_bytes(b"x")
    open_ones = [files.call("GET", "/files/data", stream=True) for _ in range(EACH)]
    assert [response.status_code for response in open_ones] == [200] * EACH
    for path in ("/files/small", "/archive.zip"):
        refused = files.get(path)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.json()["transient"] is True
    assert files.get("/files").status_code == 200
    for response in open_ones:
        response.close()
    until = time.monotonic() + 20
    while files.get("/files/small").status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_callers_who_read_slowly_are_served_to_the_end(tmp_path: Path) -> None:
    """A download that takes longer than a response may take is not cut off while its caller reads
    on."""
    files = ServedFiles(tmp_path, answer_timeout=2.0, request_timeout=2)
    data = os.urandom(PART)
    (files.directory / "data").write_bytes(data)
    host, port = files.root.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        path = files.url.removeprefix(files.root)
        caller.sendall(f"GET {path}/files/data HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = bytearray()
        while len(received) < len(data):
            piece = caller.recv(1 << 20)
            assert piece
            received += piece
            time.sleep(5 * len(piece) / len(data))
    assert received.partition(b"\r\n\r\n")[2] == data
    files.stop()


def test_what_was_carried_is_counted(files: ServedFiles) -> None:
    """``/metrics`` has the bytes that went up and down."""

    def counted(way: str) -> float:
        text = requests.get(f"{files.root}/metrics", timeout=30).text
        match = re.search(rf'^dssr_file_bytes_total{{direction="{way}"}} (.*)$', text, re.MULTILINE)
        assert match is not None
        return float(match[1])

    before = counted("up"), counted("down")
    files.put("data", b"12345")
    files.get("/files/data", Range="bytes=0-2")
    threading.Event().wait(0.2)  # the last bytes are counted after they were sent
    assert (counted("up") - before[0], counted("down") - before[1]) == (5, 3)
