"""A bridge that dies while a browser submits: whatever the user does then, there is one job."""

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Error, Page

from tests.browser.portal import Portal, ready


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal that has the same address after a restart."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    found = Portal(tmp_path_factory.mktemp("portal"), WAITRESS_PORT=port)
    yield found
    found.service.stop()


@pytest.mark.parametrize("milliseconds", [10, 80])
@pytest.mark.parametrize("then", ["reload", "back"])
def test_a_bridge_that_is_killed_while_a_browser_submits(
    milliseconds: int, then: str, page: Page, portal: Portal, complaints: list[str]
) -> None:
    """After the bridge was killed and started again, a reload of the page that failed, or the way
    back and once more, is the same job; the session is still there."""
    name = f"{then}-{milliseconds}"
    if not page.context.cookies():
        portal.log_in(page)
    page.goto(f"{portal.url}/submit")
    page.fill("[name=name]", name)
    page.fill("[name=script]", "true\n")
    page.click("button[name=submit]", no_wait_after=True)
    page.wait_for_timeout(milliseconds)
    portal.service.kill()
    portal.service.start()
    if then == "reload":
        try:
            page.reload()
        except Error:  # the navigation that was under way has just failed
            page.reload()
    if "/jobs/" not in page.url:
        page.go_back()
        page.wait_for_selector("[data-job-form]")
        page.fill("[name=name]", name)
        page.fill("[name=script]", "true\n")
        page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    page.goto(f"{portal.url}/jobs?name={name}")
    ready(page)
    assert page.locator("tbody tr").count() == 1
    complaints.clear()  # of the connection that was cut
