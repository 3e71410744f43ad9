"""What someone gets who opens an address of the bridge at which nothing is."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from dssr.access.scopes import Scope
from tests.dssr.http.web.browsing import ACCEPT, Browser, alerts

PATHS = ("/nothing", "/jobs/", "/no/such;page", "/<script>", "/{}{0}")


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_with_a_session_gets_a_page_that_leads_home(path: str, portal: Any) -> None:
    """It is 404 with a sentence, the portal's headers and its links, for each scope."""
    for scope in (Scope.READ, Scope.ADMIN):
        answer = portal.browser(scope).open(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
        assert answer.headers["Cache-Control"] == "no-store"
        assert alerts(answer)[0].startswith(f"There is no page {path!r}")
        assert '<a href="/">To the start page</a>' in answer.text
        assert 'action="/logout"' in answer.text
        assert "<script>" not in answer.text


def test_a_browser_without_a_session_logs_in_first(portal: Any) -> None:
    """It gets the login, and then the page that says that nothing is there."""
    browser = Browser(portal.root)
    answer = browser.open("/nothing?x=1", allow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/nothing?x%3D1"
    assert "WWW-Authenticate" not in answer.headers
    answer = browser.log_in(portal.tokens[Scope.SUBMIT], "/nothing?x=1")
    assert answer.url == f"{portal.root}/nothing?x=1"
    assert (answer.status_code, len(alerts(answer))) == (404, 1)


PROGRAMS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/nothing", {"Accept": "*/*"}),
    ("GET", "/nothing", {"Accept": "application/json"}),
    ("HEAD", "/nothing", {}),
    ("POST", "/nothing", {"Accept": ACCEPT}),
    ("GET", "/runstatus", {"Accept": ACCEPT}),
    ("GET", "/running", {"Accept": ACCEPT}),
    ("GET", "/request/x", {"Accept": ACCEPT}),
    ("GET", "/api/v1/nothing", {"Accept": ACCEPT}),
]


@pytest.mark.parametrize("is_known", [True, False], ids=["token", "stranger"])
@pytest.mark.parametrize(("method", "path", "headers"), PROGRAMS)
def test_a_program_gets_what_it_gets_without_the_portal(
    method: str, path: str, headers: dict[str, str], is_known: bool,
    serve_portal: Callable[..., Any],
) -> None:  # fmt: skip
    """Status, type and text are the same, whether it has credentials or not."""
    answers = []
    for served in (serve_portal(), serve_portal(web=False)):
        token = {"Authorization": f"Bearer {served.tokens[Scope.ADMIN]}"} if is_known else {}
        answer = requests.request(method, served.root + path, headers=headers | token, timeout=30)
        kept = ("Content-Type", "WWW-Authenticate", "Allow", "Location", "Content-Security-Policy")
        found = [answer.headers.get(name) for name in kept]
        # Only the request's own id differs.
        answers.append((answer.status_code, found, re.sub('"[0-9a-f]{8,}"', "", answer.text)))
    assert answers[0] == answers[1]
    assert answers[0][0] in (200, 401, 404, 405)


def test_a_program_that_accepts_pages_gets_text_with_its_credentials(portal: Any) -> None:
    """Credentials in the request are those of a program, whatever it accepts."""
    headers = {"Accept": ACCEPT, "Authorization": f"Bearer {portal.tokens[Scope.ADMIN]}"}
    answer = requests.get(f"{portal.root}/nothing", headers=headers, timeout=30)
    assert (answer.status_code, answer.text) == (
        404,
        "There is no call '/nothing': GET / lists all calls, and /docs describes them.\n",
    )
