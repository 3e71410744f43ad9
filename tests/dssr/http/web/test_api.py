"""What all calls of the portal have in common."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from dssr.access.scopes import Scope
from dssr.http.call import Catalogue
from tests.dssr.http.web.browsing import ACCEPT, Browser, alerts

PAGES = ("/", "/jobs", "/submit", "/cluster", "/account", "/login", "/jobs/none", "/static/x/none")


def _web_rules(portal: Any) -> set[tuple[str, str]]:
    """Method and path of every call of the portal."""
    calls = Catalogue.of(portal.app).calls
    return {
        (method, rule.rule)
        for rule in portal.app.url_map.iter_rules()
        if rule.endpoint in calls and calls[rule.endpoint].api.name == "web"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@pytest.mark.parametrize("path", PAGES)
def test_each_response_has_the_headers(path: str, portal: Any, browser: Browser) -> None:
    """Every page, error and file has a strict policy, may be in no frame, and is not sniffed; pages
    are kept by no cache."""
    headers = browser.open(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES[:-1])
def test_a_page_has_nothing_inline_and_nothing_of_another_host(path: str, browser: Browser) -> None:
    """No page has a script or style in its text, or a link to another host."""
    text = browser.open(path).text
    assert re.findall(r"<script(?![^>]*src=)|<style| on[a-z]+=| style=|https?://", text) == []


@pytest.mark.parametrize("path", ["/", "/jobs", "/submit", "/cluster", "/account"])
def test_each_page_can_log_out(path: str, browser: Browser) -> None:
    """Each page of a session has a form that posts to /logout, and says what it is about."""
    text = browser.open(path).text
    assert 'method="post" action="/logout"' in text
    assert re.search(r"<title>[^<]+ · dssr</title>", text)
    assert text.count("<h1") == 1


def test_without_the_setting_there_is_no_portal(serve_portal: Callable[..., Any]) -> None:
    """Without JARVICE_WEB, none of the portal's calls exists, and what is called so otherwise is
    as it was."""
    with_portal, without = serve_portal(), serve_portal(web=False)
    assert _web_rules(without) == set()
    header = {"Authorization": f"Bearer {without.tokens[Scope.ADMIN]}", "Accept": ACCEPT}
    for method, rule in _web_rules(with_portal):
        path = re.sub("<[^>]*>", "x", rule)
        answer = requests.request(method, without.root + path, headers=header, timeout=30)
        assert path == "/" or answer.status_code in (404, 405), (method, path)
    start = requests.get(f"{without.root}/", headers={"Accept": ACCEPT}, timeout=30)
    assert "<code>GET /api/v1/jobs</code>" in start.text


def test_a_program_gets_the_calls_at_the_start(portal: Any) -> None:
    """A program without a session gets the list of calls as JSON, as without the portal."""
    found = requests.get(f"{portal.root}/", timeout=30).json()
    assert {"GET /api/v1/jobs", "POST /api/v1/jobs"} <= {
        f"{call['method']} {call['path']}" for call in found["calls"]
    }


def test_every_change_needs_a_session_an_origin_and_a_form_token(portal: Any) -> None:
    """Each call that is no GET is refused without a session, from another origin, and without the
    token of a form."""
    posts = {rule for method, rule in _web_rules(portal) if method != "GET"} - {"/login"}
    assert {"/jobs", "/logout", "/jobs/<id>/cancel"} <= posts
    browser, stranger = portal.browser(Scope.ADMIN), Browser(portal.root)
    token = browser.form_token()
    for rule in posts:
        path = rule.replace("<id>", "1")
        assert stranger.fill_in(path).status_code == 401, path
        for origin in ("https://evil.example", "null", portal.root + "1", ""):
            answer = browser.fill_in(path, {"form_token": token}, headers={"Origin": origin})
            assert answer.status_code == 403, (path, origin)
        for wrong in ("", "x", token[:-1], stranger.form_token()):
            answer = browser.fill_in(path, {"form_token": wrong})
            assert answer.status_code == 403, (path, wrong)
            assert "Nothing was done" in alerts(answer)[0]


def test_a_scope_that_is_too_small_is_a_page_that_says_so(portal: Any) -> None:
    """Who may only read gets a page with the scope that is missing, and nothing happens."""
    reader = portal.browser(Scope.READ)
    answer = reader.fill_in("/jobs", {"script": "true"})
    assert (answer.status_code, "'submit'" in alerts(answer)[0]) == (403, True)
    assert "may only read" in alerts(reader.open("/submit"))[0]


def test_a_cookie_has_no_effect_on_legacy_calls(portal: Any, browser: Browser) -> None:
    """The legacy API needs its own credentials, whatever cookie comes with a request."""
    assert browser.open("/running").status_code == 401
    own = {"Origin": portal.root, "X-Form-Token": browser.form_token()}
    assert browser.post(f"{portal.root}/submit", json={}, headers=own).status_code == 401
