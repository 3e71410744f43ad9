"""Where the portal is for a browser."""

import pytest

from dssr.http.site import HOME, SESSION_COOKIE, Site, local_path
from tests.dssr.http.spellings import ELSEWHERE


def test_the_url_decides_everything() -> None:
    """Origin, links, the cookie's path and whether it is secure follow from JARVICE_WEB_URL."""
    site = Site.at("https://HPC.example.org/bridge/", "a")
    assert site.origin == "https://hpc.example.org"
    assert site.link("/jobs") == "/bridge/jobs"
    assert site.cookie_path == "/bridge"
    assert site.is_secure
    assert site.is_own_origin("https://hpc.example.org", "127.0.0.1:5000")
    assert not site.is_own_origin("http://127.0.0.1:5000", "127.0.0.1:5000")


def test_without_a_url_it_is_the_host_that_a_browser_calls() -> None:
    """Without JARVICE_WEB_URL, the portal's origin is the request's host and port, exactly."""
    site = Site.at("", "a")
    assert (site.link("/jobs"), site.cookie_path, site.is_secure) == ("/jobs", "/", False)
    assert site.is_own_origin("http://localhost:5000", "localhost:5000")
    for origin in ("http://localhost:5001", "http://localhost", "null", "", "http://"):
        assert not site.is_own_origin(origin, "localhost:5000"), origin
    assert not site.is_own_origin("http://", "")


def test_the_cookie_of_a_session_is_found_in_a_header() -> None:
    """A header with the session's cookie among others has it, and that of a login is another."""
    name, id = Site.at("https://hpc.example.org", "a").cookie, "x" * 43
    found = SESSION_COOKIE.search(f"{name}_0123abcd={id}; {name}={id}; other=1")
    assert found
    assert found[1] == f"{name}={id}"


def test_two_bridges_of_a_host_have_two_cookies() -> None:
    """A browser sends a cookie to all ports of a host, so each bridge's has a name of its own."""
    assert Site.at("", "a").cookie != Site.at("", "b").cookie
    assert Site.at("", "a").cookie == Site.at("", "a").cookie


@pytest.mark.parametrize("path", ["/", "/jobs", "/jobs?state=active&name=x%20y", "/jobs/7#b12"])
def test_a_path_of_the_site_is_kept(path: str) -> None:
    """A path of the portal, with its query, is where the login leads to."""
    assert local_path(path) == path


@pytest.mark.parametrize("text", ELSEWHERE, ids=ascii)
def test_a_text_that_may_lead_elsewhere_leads_home(text: str) -> None:
    """A text that a browser or a proxy may read as another site, or as a path above, leads to the
    start page."""
    assert local_path(text) == HOME
