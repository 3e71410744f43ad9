"""The page to read and try the API: all of it comes from the bridge, unchanged."""

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import vendored

STATIC = files("dssr.http.v1") / "static"
VENDOR = Path(str(STATIC / "vendor"))
MANIFEST = json.loads((STATIC / "vendor/manifest.json").read_text("utf-8"))
FILES = [(package, file) for package in MANIFEST for file in package["files"]]


@pytest.mark.parametrize(("package", "file"), FILES, ids=lambda value: value.get("name", ""))
def test_a_file_of_another_project_is_as_it_was_published(package: Any, file: Any) -> None:
    """The file has the digest of the manifest, and its name says of which package and version it
    is."""
    data = (STATIC / "vendor" / file["name"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == file["sha256"]
    assert file["name"].startswith(f"{package['npm']}-{package['version']}.")


def test_the_manifest_is_complete() -> None:
    """Each file of another project is in the manifest, and each package has its licence beside."""
    assert vendored.unlisted(VENDOR) == set()
    assert vendored.unlicensed(VENDOR) == []


def test_the_page_asks_no_other_host() -> None:
    """The project's own page and script name no address of another host."""
    for name in ("docs.html", "docs.css", "docs.js", "page.css"):
        assert not re.search(r"(?:https?:)?//[a-z]", (STATIC / name).read_text("utf-8"))


def test_the_page_and_all_that_it_needs_are_served(v1: Any) -> None:
    """Each file that the page names is there, with its type, and a policy that allows nothing
    else."""
    page = requests.get(f"{v1.root}/docs", timeout=30)
    names = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert len(names) == 4
    for name in ("docs", *names):
        answer = requests.get(f"{v1.root}/{name}", timeout=30)
        policy = answer.headers["Content-Security-Policy"]
        assert (answer.status_code, policy.split(";")[0]) == (200, "default-src 'none'")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_comes_compressed_where_the_browser_can_read_that(encoding: str, v1: Any) -> None:
    """The bytes are the same, and a browser that has them already gets 304."""
    url = f"{v1.root}/docs/page.css"
    answer = requests.get(url, headers={"Accept-Encoding": encoding}, timeout=30)
    assert answer.content == (STATIC / "page.css").read_bytes()
    assert answer.headers.get("Content-Encoding", "identity") == encoding
    again = requests.get(url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=30)
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["nothing", "manifest.json", "..%2fpages.py", "docs.html"])
def test_no_other_file_is_served(name: str, v1: Any) -> None:
    """A name that is none of the page's is 404."""
    assert requests.get(f"{v1.root}/docs/{name}", timeout=30).status_code == 404
