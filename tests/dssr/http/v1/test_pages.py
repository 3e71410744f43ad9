"""The start page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/plain", ""])
def test_a_program_gets_the_calls_as_json(accept: str, v1: Any) -> None:
    """Name, version, and a link to each call and to the documentation."""
    found = requests.get(f"{v1.root}/", headers={"Accept": accept}, timeout=30).json()
    assert found["name"] == "dssr"
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])
    assert {"GET /api/v1/jobs", "POST /api/v1/jobs"} <= {
        f"{call['method']} {call['path']}" for call in found["calls"]
    }
    for link in ("docs", "openapi", "legacy_openapi"):
        assert requests.get(f"{v1.root}{found[link]}", timeout=30).status_code == 200


def test_a_browser_gets_a_page(v1: Any) -> None:
    """The page lists the calls and leads to the documentation."""
    answer = requests.get(f"{v1.root}/", headers={"Accept": BROWSER}, timeout=30)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Vary"] == "Accept"
    assert "<code>GET /api/v1/jobs</code>" in answer.text
    assert 'href="docs"' in answer.text
    described = v1.get("/openapi.json").json()["paths"]
    calls = [(path, each) for path in described for each in described[path].items()]
    for path, (method, operation) in calls:
        if method == "head":
            continue  # a form of GET
        link = f'href="docs#/{operation["tags"][0]}/{operation["operationId"]}"'
        assert link in answer.text, path
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_pages_need_no_credentials(serve_dummy: Callable[..., Any]) -> None:
    """A new user finds the documentation before they have a token."""
    served = serve_dummy(server_key="a:b", bind="127.0.0.1")
    for path in ("/", "/docs", "/docs/docs.js", "/problems/forbidden"):
        assert requests.get(served.root + path, timeout=30).status_code == 200


def test_an_unknown_path_points_to_the_start_page(v1: Any) -> None:
    """The error of an unknown path names the list of calls."""
    answer = requests.get(f"{v1.root}/nothing", timeout=30)
    assert (answer.status_code, "GET / lists all calls" in answer.text) == (404, True)
    assert "leave out the '/' at its end" in v1.get("/jobs/").json()["detail"]
    assert "leave out" not in answer.text
