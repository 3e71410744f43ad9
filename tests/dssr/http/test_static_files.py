"""The files of a package that pages load."""

import gzip
from pathlib import Path

import pytest
from flask import Flask

from dssr.http import static_files
from dssr.http.static_files import StaticFiles


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StaticFiles:
    """A package with two files that pages load, and others."""
    static = tmp_path / "static"
    (static / "vendor").mkdir(parents=True)
    (static / "page.css").write_text("a{}")
    (static / "vendor/x-1.js").write_text("1")
    (static / "vendor/manifest.json").write_text("[]")
    monkeypatch.setattr(static_files, "files", lambda _: tmp_path)
    return StaticFiles("any")


def test_files_of_the_known_types_are_there(found: StaticFiles, tmp_path: Path) -> None:
    """Files of other types are none that pages load; each file is read once."""
    assert found.names == {"page.css", "vendor/x-1.js"}
    first = found.file("page.css")
    (tmp_path / "static/page.css").write_text("changed")
    assert found.file("page.css") is first


def test_the_version_changes_with_each_file(found: StaticFiles, tmp_path: Path) -> None:
    """Another content of one file is another version and another tag."""
    before = found.version, found.file("page.css").tag
    (tmp_path / "static/page.css").write_text("b{}")
    changed = StaticFiles("any")
    assert changed.version != before[0]
    assert changed.file("page.css").tag != before[1]


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_is_compressed_where_that_is_taken(encoding: str, found: StaticFiles) -> None:
    """The bytes are the same, and caches keep both apart."""
    with Flask("x").test_request_context(headers={"Accept-Encoding": encoding}):
        response = found.response("page.css")
    data = response.get_data()
    assert (gzip.decompress(data) if encoding == "gzip" else data) == b"a{}"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
