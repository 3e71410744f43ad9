"""Archives, faults while bytes are sent, and limits of downloads, over real HTTP."""

import http.client
import io
import os
import re
import socket
import threading
import time
import zipfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.errors import Conflict, Unavailable
from dssr.jobs.archive import MISSING
from dssr.jobs.transfers import EACH
from dssr.seams import PART, Sink
from tests.dssr.http.v1.served_files import ServedFiles

LARGE = 3 * PART + 12_345


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


def test_an_archive_with_links(files: ServedFiles) -> None:
    """Links to files are files in the archive; links around the directories end, and links that
    lead outside are left out with the reason, as keys and pipes are."""
    (files.directory / "sub").mkdir()
    (files.directory / "sub/data").write_bytes(b"data")
    (files.directory / "link").symlink_to("sub/data")
    (files.directory / "sub/up").symlink_to("..")
    (files.directory / "sub/out").symlink_to("/etc")
    (files.directory / "id_rsa").touch()
    os.mkfifo(files.directory / "sub/pipe")
    archive = archive_of(files)
    assert archive.namelist() == ["sub/", "sub/data", "link", MISSING]
    assert archive.read("link") == b"data"
    assert archive.read(MISSING).decode().splitlines() == [
        "sub/up: this is a link to a directory that is in the archive.",
        "sub/out: is a link to what is not served, or to nothing.",
        "sub/pipe: is a pipe.",
        "id_rsa: is a key or holds credentials, by its name.",
    ]


def test_an_archive_of_a_directory_that_changes(
    files: ServedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link around a directory ends, also where the job writes in the directory all the time."""
    (files.directory / "sub").mkdir()
    (files.directory / "sub/up").symlink_to("..")
    listed, times = files.connector.list_files, count(1_900_000_000)

    def changing(ref: Any, path: str) -> Any:
        for each in (files.directory, files.directory / "sub"):
            os.utime(each, (0, next(times)))
        return listed(ref, path)

    monkeypatch.setattr(files.connector, "list_files", changing)
    archive = archive_of(files)
    assert archive.namelist() == ["sub/", MISSING]
    assert archive.read(MISSING).startswith(b"sub/up: this is a link to a directory")


def test_an_archive_names_what_is_not_in_it(
    files: ServedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read, or that changes while it is read, is named with the reason; the
    other files are there."""
    for name in ("bad", "good", "grows"):
        (files.directory / name).write_bytes(b"x" * (PART + 1))
    read = files.connector.read_file

    def failing(ref: Any, path: str, version: str, offset: int, limit: int, sink: Sink) -> None:
        if path == "bad" or (path == "grows" and offset):
            raise Conflict(f"{path} has changed since.")
        read(ref, path, version, offset, limit, sink)

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

    def failing(ref: Any, path: str, version: str, offset: int, limit: int, sink: Sink) -> None:
        if offset > PART:
            raise Unavailable("The login node does not answer.")
        read(ref, path, version, offset, limit, sink)

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
    (files.directory / "data").write_bytes(b"the oldest")  # each one is shorter: none has grown
    read, changes = files.connector.read_file, iter([b"newer", b"new"])

    def changing(ref: Any, path: str, version: str, offset: int, limit: int, sink: Sink) -> None:
        if (data := next(changes, None)) is not None:
            (files.directory / "data").write_bytes(data)
        read(ref, path, version, offset, limit, sink)

    monkeypatch.setattr(files.connector, "read_file", changing)
    assert files.get("/files/data").content == b"new"
    (files.directory / "data").write_bytes(b"old" * 2 * PART)
    with files.call("GET", "/files/data", stream=True) as response:
        assert response.raw.read(1) == b"o"
        (files.directory / "data").write_bytes(b"new" * 2 * PART)
        with pytest.raises(Exception, match="IncompleteRead"):
            response.raw.read()


def test_one_caller_has_few_downloads(files: ServedFiles) -> None:
    """A caller's downloads above the limit are 429 with Retry-After, until one has ended."""
    (files.directory / "data").write_bytes(b"x" * LARGE)
    (files.directory / "small").write_bytes(b"x")
    open_ones = [files.call("GET", "/files/data", stream=True) for _ in range(EACH)]
    assert [response.status_code for response in open_ones] == [200] * EACH
    for path in ("/files/small", "/archive.zip"):
        refused = files.get(path)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
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
