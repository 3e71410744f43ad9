"""The table of all jobs before its first rows have come."""

from playwright.sync_api import Page

from tests.browser.job_table import Bridge
from tests.browser.pages import PageServer


def test_what_the_page_came_with_stays_until_there_are_rows(page: Page, pages: PageServer) -> None:
    """Until the first rows have come, the page's own stay, whatever a user does with them; a filter
    that is written meanwhile is in the URL, and an answer of a proxy stops no later one."""
    bridge = Bridge(pages)
    came = '<tr data-job="20300101-00001"><td><input type="checkbox"></td><td>job1</td></tr>'
    pages.pages["/jobs"] = pages.pages["/jobs"].replace("<tbody>", f"<tbody>{came}")
    page.route("**/jobs.json*", lambda route: route.fulfill(body="<p>503</p>"))
    with page.expect_response("**/jobs.json*"):
        page.goto(bridge.url)
    page.locator("tbody input").focus()
    page.set_viewport_size({"width": 900, "height": 700})
    page.fill("[name=name]", "job123")
    assert page.locator("tbody tr").inner_text().strip() == "job1"
    assert page.url.endswith("?name=job123")
    page.unroute("**/jobs.json*")
    page.locator("body[data-listens]").wait_for()
    bridge.change(3)
    page.locator("[data-count='11']").wait_for()
