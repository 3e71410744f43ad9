"""Lists and downloads of a job's files, over real HTTP from the local connector."""

import os
from collections.abc import Sequence
from urllib.parse import quote

import pytest

from dssr.job import JobRef
from dssr.seams import PART, FileEntry
from tests.dssr.http.v1.served_files import ServedFiles

LARGE = 3 * PART + 12_345


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


def test_a_list_is_made_once_for_all_its_pages(
    files: ServedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages behind the first one are of the same list, also where files are gone meanwhile."""
    for name in "abcdef":
        (files.directory / name).touch()
    listed, made = files.connector.list_files, []

    def counted(ref: JobRef, path: str) -> Sequence[FileEntry]:
        made.append(path)
        return listed(ref, path)

    monkeypatch.setattr(files.connector, "list_files", counted)
    first = files.get("/files?limit=2").json()
    for name in "bcd":
        (files.directory / name).unlink()
    second = files.get(f"/files?limit=2&after={first['next']}").json()
    assert [item["path"] for item in second["items"]] == ["c", "d"]
    assert made == [""]
    anew = files.get("/files?limit=2").json()
    assert [item["path"] for item in anew["items"]] == ["a", "e"]
    third = files.get(f"/files?limit=2&after={second['next']}").json()
    assert [item["path"] for item in third["items"]] == ["e", "f"]


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


def test_a_directory_is_no_file(files: ServedFiles) -> None:
    """The error names the calls that show the directory."""
    (files.directory / "a sub").mkdir()
    detail = files.get("/files/a%20sub").json()["detail"]
    for call in ("files?path=a%20sub", "archive.zip?path=a%20sub"):
        assert call in detail
        assert files.get(f"/{call}").status_code == 200


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
