"""The files that pages load."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.http.static_files import TYPES
from dssr.http.web.rendering import ASSETS
from tests.dssr.http.web.browsing import Browser

STYLE_LIMIT = 10 * 1024


@pytest.mark.parametrize("name", sorted(ASSETS.names))
def test_each_file_is_served_without_a_session(name: str, portal: Any) -> None:
    """Files of the portal come with their type, compressed where that is taken, and are kept under
    a link that has their version."""
    root = f"{portal.root}/static"
    plain = requests.get(
        f"{root}/another/{name}", headers={"Accept-Encoding": "identity"}, timeout=30
    )
    packed = requests.get(f"{root}/{ASSETS.version}/{name}", timeout=30)
    assert (plain.status_code, plain.headers["Cache-Control"]) == (200, "no-store")
    assert plain.content == packed.content == ASSETS.file(name).data
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "immutable" in packed.headers["Cache-Control"]
    assert plain.headers["Content-Type"] == TYPES[Path(name).suffix]


@pytest.mark.parametrize("name", ["", "../portal.py", "%2e%2e/portal.py", "..%2fportal.py", "x.js"])
def test_other_files_are_not_served(name: str, portal: Any) -> None:
    """No path leads to another file of the bridge."""
    session = requests.Session()
    request = requests.Request("GET", portal.root).prepare()
    request.url = f"{portal.root}/static/{ASSETS.version}/{name}"
    assert session.send(request, timeout=30).status_code in (401, 404)


def test_the_style_is_small() -> None:
    """The portal's own style has at most 10 KB."""
    assert len(ASSETS.file("portal.css").data) <= STYLE_LIMIT


def test_a_visit_is_small(portal: Any, browser: Browser) -> None:
    """A first visit has at most 80 KB and later pages 15 KB, compressed, in at most 6 requests."""
    for _ in range(50):
        portal.submit_as()
    page = browser.open("/jobs")
    links = set(re.findall(r'(?:src|href)="(/static/[^"]*)"', page.text))
    links.add(f"/static/{ASSETS.version}/times.js")  # which scripts import
    files = sum(len(ASSETS.file(link.split("/", 3)[3]).packed) for link in links)
    size = len(gzip.compress(page.content))
    assert 1 + len(links) <= 6
    assert size <= 15 * 1024
    assert files + size <= 80 * 1024
