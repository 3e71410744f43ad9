"""The files that pages load."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.http.static_files import TYPES
from dssr.http.web.job_list import FIRST
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
    """A first visit has at most 80 KB. Later pages have at most 15 KB, compressed, in at most 6
    requests: their files are kept. However many jobs there are, a page begins with some."""
    for _ in range(FIRST + 1):
        portal.submit_as()
    answers = [browser.open("/jobs"), browser.open("/jobs.json?since=none")]
    files = _loaded(set(re.findall(r'(?:src|href)="/static/[^/]*/([^"]*)"', answers[0].text)))
    later = sum(len(gzip.compress(answer.content)) for answer in answers)
    assert {"job_store.js", "times.js", "portal.css"} <= files
    assert later <= 15 * 1024
    assert sum(len(ASSETS.file(name).packed) for name in files) + later <= 80 * 1024


def _loaded(names: set[str]) -> set[str]:
    """These files, and what those that are scripts import."""
    found: set[str] = set()
    while names:
        found |= names
        texts = [ASSETS.file(name).data.decode() for name in names if name.endswith(".js")]
        imported = {name for text in texts for name in re.findall(r'from "\./([^"]*)"', text)}
        names = imported - found
    return found
