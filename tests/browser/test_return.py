"""A user comes from a calling site, submits a job, and goes back with its id and state."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.pages import PageServer
from tests.browser.portal import Portal
from tests.browser.touring import wait_for_state


@pytest.fixture(scope="module")
def caller() -> Iterator[PageServer]:
    """A site that sends users to the portal."""
    server = PageServer()
    server.page("/fit/7", "<h1>The fit</h1>")
    server.page("/other", "<h1>Another page</h1>")
    yield server
    server.close()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, caller: PageServer) -> Iterator[Portal]:
    """A portal whose operator lists one part of that site."""
    place = tmp_path_factory.mktemp("portal")
    found = Portal(place, JARVICE_WEB_RETURN_TO=f"{caller.url}/fit")
    yield found
    found.service.stop()


def _submit(page: Page) -> None:
    """Submit the form that is open, and wait for the end of its job."""
    page.locator("[data-job-form]").wait_for()
    page.fill("[name=script]", "#!/bin/bash\nexit 3\n")
    page.click("button[name=submit]")
    wait_for_state(page, "FAILED")


def test_the_way_back_has_the_job_and_its_state(
    page: Page, portal: Portal, caller: PageServer
) -> None:
    """After a login and a submission the page of the job leads back to the listed site, with the
    job's id and its state as it is then; that site learns no more of the portal."""
    page.goto(f"{portal.url}/submit?return_to={caller.url}/fit/7")
    page.get_by_label("Token").fill(portal.token)
    page.keyboard.press("Enter")
    _submit(page)
    job = urlsplit(page.url).path.rpartition("/")[2]
    page.get_by_role("link", name="Back to").click()
    page.wait_for_url(f"{caller.url}/**")
    assert page.inner_text("h1") == "The fit"
    assert parse_qs(urlsplit(page.url).query) == {"job": [job], "state": ["FAILED"]}
    assert page.evaluate("document.referrer") == ""


@pytest.mark.parametrize("path", ["/other", "/fit/../other", "/fitness", "/fit/%2e%2e/other"])
def test_there_is_no_way_to_what_is_not_listed(
    path: str, page: Page, portal: Portal, caller: PageServer
) -> None:
    """From an address that the operator does not list, the job is submitted, and nothing on any
    page leads there."""
    portal.log_in(page)
    page.goto(f"{portal.url}/submit?return_to={caller.url}{path}")
    _submit(page)
    assert page.get_by_role("link", name="Back to").count() == 0
    assert page.locator(f"[href*='{caller.url}']").count() == 0
