"""Uploads of a job's files, whole and in parts, over real HTTP to the local connector."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.seams import PART
from tests.dssr.http.v1.served_files import ServedFiles


def part(first: int, last: int, total: int) -> dict[str, str]:
    """The header of a part."""
    return {"Content-Range": f"bytes {first}-{last}/{total}"}


def test_a_whole_file(files: ServedFiles) -> None:
    """A file without Content-Range is whole: 201 when it is new, and 200 when it was replaced."""
    new, again = files.put("whole", b"first"), files.put("whole", b"second")
    assert (new.status_code, again.status_code) == (201, 200)
    assert (files.directory / "whole").read_bytes() == b"second"
    assert again.json().items() >= {"path": "whole", "size_bytes": 6, "is_directory": False}.items()
    assert again.headers["ETag"] == files.get("/files/whole").headers["ETag"]
    assert files.put("empty", b"").status_code == 201


def test_a_large_file_in_parts(files: ServedFiles) -> None:
    """Each part but the last is 202 and says how much has arrived; the file appears at the end."""
    data = os.urandom(2 * PART + 77)
    for first in range(0, len(data), PART):
        assert not (files.directory / "large").exists()
        piece = data[first : first + PART]
        answer = files.put("large", piece, **part(first, first + len(piece) - 1, len(data)))
        is_last = first + len(piece) == len(data)
        assert answer.status_code == (201 if is_last else 202)
        assert answer.headers["Upload-Offset"] == str(first + len(piece))
        assert answer.headers["Upload-Complete"] == ("?1" if is_last else "?0")
    assert (files.directory / "large").read_bytes() == data


def test_an_upload_that_was_interrupted(files: ServedFiles) -> None:
    """HEAD says how much has arrived, and the upload goes on from there."""
    files.put("cut", b"first ", **part(0, 5, 12))
    head = files.call("HEAD", "/files/cut")
    assert (head.status_code, head.headers["Upload-Offset"]) == (204, "6")
    assert head.headers["Upload-Complete"] == "?0"
    wrong = files.put("cut", b"x", **part(9, 9, 12))
    assert (wrong.status_code, "up to byte 6" in wrong.json()["detail"]) == (409, True)
    assert files.put("cut", b"second", **part(6, 11, 12)).status_code == 201
    assert (files.directory / "cut").read_bytes() == b"first second"
    assert "Upload-Offset" not in files.call("HEAD", "/files/cut").headers


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[tuple[ServedFiles, str, str]]:
    """A bridge that two callers use, and their tokens."""
    texts = []
    for name in ("alice", "bob"):
        entry, text = mint(name, Scope.SUBMIT, time.time(), 1)
        token_file.add(str(tmp_path / "tokens"), entry)
        texts.append(text)
    served = ServedFiles(tmp_path, texts[0], tokens_file=str(tmp_path / "tokens"), bind="127.0.0.1")
    yield served, texts[0], texts[1]
    served.stop()


def test_uploads_of_two_callers_are_not_mixed(shared: tuple[ServedFiles, str, str]) -> None:
    """Two tokens upload files of one name and size at once: each file is whole, HEAD shows each
    caller their own upload alone, and the one who ends last has the name."""
    files, alice, bob = shared
    for files.token, data in ((alice, b"aaa"), (bob, b"b")):
        assert files.put("same", data, **part(0, len(data) - 1, 6)).status_code == 202
    for files.token, arrived in ((alice, "3"), (bob, "1")):
        assert files.call("HEAD", "/files/same").headers["Upload-Offset"] == arrived
    for files.token, data in ((alice, b"aaa"), (bob, b"bbbbb")):
        first = 6 - len(data)
        assert files.put("same", data, **part(first, 5, 6)).status_code in (200, 201)
        assert files.get("/files/same").content == data[:1] * 6


def test_two_uploads_of_one_caller_are_not_mixed(files: ServedFiles) -> None:
    """Two uploads of one caller with ids of their own are each whole, HEAD shows the one that is
    asked about, and the one that ends last has the name."""
    first, second = {"Dssr-Upload-Id": "one"}, {"Dssr-Upload-Id": "two"}
    for id, data in ((first, b"aaa"), (second, b"b")):
        sent = files.put("both", data, **part(0, len(data) - 1, 6), **id)
        assert sent.status_code == 202
    for id, arrived in ((first, "3"), (second, "1")):
        head = files.call("HEAD", "/files/both", headers=id)
        assert head.headers["Upload-Offset"] == arrived
    for id, data in ((first, b"aaa"), (second, b"bbbbb")):
        sent = files.put("both", data, **part(6 - len(data), 5, 6), **id)
        assert sent.status_code in (200, 201)
        assert (files.directory / "both").read_bytes() == data[:1] * 6


@pytest.mark.parametrize("id", ["", "a/b", "a b", "x" * 65])
def test_what_can_be_no_upload_id(files: ServedFiles, id: str) -> None:
    """A word that can be no id of an upload is 400, also to read a file; nothing is written."""
    assert files.get("/files/any", Dssr_Upload_Id=id).status_code == 400
    answer = files.put("no-id", b"data", Dssr_Upload_Id=id)
    assert (answer.status_code, "1 to 64 letters" in answer.json()["detail"]) == (400, True)
    assert not (files.directory / "no-id").exists()


def test_unfinished_uploads_do_not_stay(files: ServedFiles) -> None:
    """An upload that ends removes those in its directory that no part has reached for a week."""
    place = files.directory / "kept"
    for id, days in (("old", 8), ("young", 1)):
        files.put("kept/file", b"x", **part(0, 0, 2), Dssr_Upload_Id=id)
        [new] = [p for p in place.iterdir() if p.stat().st_mtime > time.time() - 3600]
        os.utime(new, (time.time() - days * 86400,) * 2)
    assert files.put("kept/other", b"data").status_code == 201
    head = [files.call("HEAD", "/files/kept/file", headers={"Dssr-Upload-Id": id})
            for id in ("old", "young")]  # fmt: skip
    assert [answer.status_code for answer in head] == [404, 204]


def test_a_file_that_is_there_already(files: ServedFiles) -> None:
    """With ``If-None-Match: *``, a file that is there is 412 and stays as it is."""
    assert files.put("once", b"mine", If_None_Match="*").status_code == 201
    refused = files.put("once", b"yours", If_None_Match="*")
    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition-failed")
    assert (files.directory / "once").read_bytes() == b"mine"


def test_a_file_that_is_not_what_the_caller_has(files: ServedFiles) -> None:
    """With a tag, the file is replaced unless it has that tag (RFC 9110, 13.1.2)."""
    tag = files.put("tagged", b"one").headers["ETag"]
    assert files.put("tagged", b"two", If_None_Match=tag).status_code == 412
    assert files.put("tagged", b"two", If_None_Match='"other"').status_code == 200
    assert (files.directory / "tagged").read_bytes() == b"two"


def test_too_large_a_part(files: ServedFiles) -> None:
    """A body of more than 8 MB is 413, which says how to send the file; 8 MB are taken."""
    assert files.put("fits", b"x" * PART).status_code == 201
    refused = files.put("large-one", b"x" * (PART + 1))
    assert refused.status_code == 413
    assert "8 MB" in refused.json()["detail"]
    assert "Content-Range" in refused.json()["detail"]


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes 0-4/*",
        "bytes 0-4",
        "lines 0-4/5",
        "junk",
        "bytes 4-0/5",
        "bytes 0-4/4",
        "bytes 0-5/6",
    ],
)
def test_a_range_that_does_not_fit(files: ServedFiles, content_range: str) -> None:
    """What is no range of the body is 409, and nothing is written."""
    answer = files.put("nothing", b"12345", Content_Range=content_range)
    assert answer.status_code == 409
    assert not (files.directory / "nothing").exists()


def test_what_the_system_refuses(files: ServedFiles) -> None:
    """A file that the system does not let be written is 409 in the system's words."""
    files.put("plain", b"data")
    answer = files.put("plain/below", b"data")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-written")
    assert "'plain' is a file, not a directory" in answer.json()["detail"]


def test_the_path_of_a_directory(files: ServedFiles) -> None:
    """A path that ends with '/' is no file's: 400, and nothing is written."""
    answer = files.put("made/", b"data")
    assert (answer.status_code, "ends with '/'" in answer.json()["detail"]) == (400, True)
    assert not (files.directory / "made").exists()


def test_a_body_in_chunks(files: ServedFiles) -> None:
    """A body without a length is as good as one with it."""
    answer = requests.put(f"{files.url}/files/chunked", data=iter([b"one", b"two"]), timeout=30)
    assert answer.status_code == 201
    assert (files.directory / "chunked").read_bytes() == b"onetwo"


@pytest.mark.parametrize(("said", "can_be_run"), [("?1", True), ("?0", False), ("yes", False)])
def test_a_program(files: ServedFiles, said: str, can_be_run: bool) -> None:
    """A file can be run if Dssr-Executable is ?1; a value that is no boolean is ignored."""
    files.put("program", b"#!/bin/sh\n", **{"Dssr-Executable": said})
    assert os.access(files.directory / "program", os.X_OK) == can_be_run
