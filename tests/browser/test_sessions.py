"""A session that ends: all tabs and streams end with it, and a form that is half filled in is
kept."""

import threading
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import BrowserContext, Page

from dssr.access import token_file
from tests.browser.portal import Portal, ready
from tests.end_to_end.service import eventually

WAITS = "#!/bin/bash\necho begun\nsleep 120\n"


@pytest.fixture
def own_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal whose token the test revokes."""
    found = Portal(tmp_path_factory.mktemp("portal"))
    yield found
    found.service.stop()


class Streams:
    """What a program receives with a copy of a browser's cookie: events, and an output."""

    def __init__(self, context: BrowserContext, portal: Portal, job: str) -> None:
        cookies = {one["name"]: one["value"] for one in context.cookies()}
        paths = ("/api/v1/events", f"/follow/jobs/{job}/output")
        self.open = set(paths)
        for path in paths:
            stream = requests.get(portal.url + path, cookies=cookies, stream=True, timeout=120)
            assert stream.status_code == 200, path
            threading.Thread(target=self._read, args=(path, stream), daemon=True).start()

    def _read(self, path: str, stream: requests.Response) -> None:
        for _ in stream.iter_content(1):
            pass
        self.open.discard(path)


def _in_three_tabs(
    context: BrowserContext, portal: Portal, token: str
) -> tuple[list[Page], Streams]:
    """A job, a list, and the job's output, which grows; and what a copy of the cookie receives."""
    tabs = [context.new_page() for _ in range(3)]
    portal.log_in(tabs[0], token)
    job = portal.submit(tabs[0], "waits", WAITS)
    tabs[1].goto(f"{portal.url}/jobs")
    tabs[2].goto(f"{job}/output")
    tabs[2].locator("[data-follows]").wait_for()
    return tabs, Streams(context, portal, job.rpartition("/")[2])


def test_all_tabs_and_streams_end_with_the_session(
    context: BrowserContext, profile: BrowserContext, own_portal: Portal
) -> None:
    """After a logout in one tab, and after an operator has revoked the token, all tabs come to the
    login, which says that the token was revoked; streams that a copy of the cookie had opened
    end."""
    tabs, of_logged_out = _in_three_tabs(profile, own_portal, own_portal.admin_token)
    revoked, of_revoked = _in_three_tabs(context, own_portal, own_portal.token)
    tabs[0].click("form.logout button")
    token_file.remove(own_portal.tokens_file, "alice")
    for tab in tabs:
        tab.wait_for_url("**/login?**")
    eventually(lambda: of_logged_out.open | of_revoked.open, lambda left: not left)
    revoked[1].wait_for_url("**/login?**")
    assert "revoked" in revoked[1].inner_text("[role=alert]")
    for path in ("/", "/jobs", "/submit", "/cluster", "/account"):
        revoked[0].goto(own_portal.url + path)
        ready(revoked[0])
        assert "revoked" in revoked[0].inner_text("[role=alert]"), path


def test_the_way_back_after_a_logout_shows_nothing(page: Page, portal: Portal) -> None:
    """After a logout, the browser's way back to a page that was open leads to the login: no cache
    has kept it."""
    portal.log_in(page)
    job = portal.submit(page, "secret", "true\n")
    page.goto(f"{portal.url}/jobs")
    ready(page)
    page.click("form.logout button")
    page.wait_for_url("**/login?ended=1")
    for _ in range(2):
        page.go_back()
        page.locator("[data-login-form]").wait_for()
        assert "secret" not in page.content()
    assert page.evaluate("url => fetch(url).then((got) => got.url)", job).count("/login") == 1
