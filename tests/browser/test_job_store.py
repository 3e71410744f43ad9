"""The rows of the table of all jobs: which of them a page fetches, and when."""

from playwright.sync_api import Page, expect

from tests.browser.job_table import COUNT, FIRST, Bridge, names, scroll
from tests.browser.pages import PageServer
from tests.end_to_end.service import eventually


def test_a_page_begins_with_the_first_rows(page: Page, bridge: Bridge) -> None:
    """A page that is opened and updated has fetched no more than its first rows and what has
    changed; jobs that are older stay where they are, unseen."""
    bridge.change(10_000)
    page.locator(f"[data-total='{COUNT + 1}']").wait_for()
    bridge.change(5, state="COMPLETED", elapsed=5)
    eventually(lambda: bridge.asked[-1] == "a.2")
    bridge.change(9999, state="COMPLETED", elapsed=5)
    expect(page.locator("tr[data-job]").nth(1)).to_contain_text("COMPLETED")
    assert names(page)[:2] == ["job10000", "job9999"]
    assert page.locator(f"[data-known='{FIRST + 1}']").count() == 1
    assert page.locator("[data-shown]").inner_text() == "10,001 jobs"
    assert bridge.asked[0] == "none"
    assert None not in bridge.asked


def test_all_rows_are_fetched_once(page: Page, bridge: Bridge) -> None:
    """A user who scrolls on under the pointer, orders or filters gets all rows: fetched once, when
    the first of this needs them."""
    page.locator("tr[data-job]").nth(2).hover()
    page.mouse.wheel(0, 100_000)
    page.locator(f"[data-known='{COUNT}']").wait_for()
    eventually(lambda: names(page))
    page.get_by_role("button", name="Id").click()
    assert names(page)[0] == "job0"
    page.locator("[name=name]").fill("job123")
    assert names(page)[0] == "job123"
    assert bridge.asked.count(None) == 1


def test_a_filter_in_the_url_begins_with_its_rows(page: Page, pages: PageServer) -> None:
    """A link with a filter fetches the first rows of its jobs alone, and says how many there
    are."""
    found = Bridge(pages, name="job12")
    page.goto(f"{found.url}?name=job12")
    expect(page.locator("[data-shown]")).to_have_text("111 of 10,000 jobs")
    assert page.locator(f"[data-known='{FIRST}']").count() == 1
    assert names(page)[0] == "job1299"
    page.locator("[name=name]").fill("job1")
    expect(page.locator("[data-shown]")).to_have_text("1,111 of 10,000 jobs")
    assert found.asked.count(None) == 1


def test_another_bridge_sends_all_rows(page: Page, bridge: Bridge) -> None:
    """After a restart of the bridge the table has its jobs, and none that it does not know."""
    bridge.own, bridge.rows = (
        "b",
        {id: row for id, row in bridge.rows.items() if id > "20300101-05"},
    )
    bridge.stream.send("job", {"job": {"id": "x"}, "before": None})
    page.locator("[data-total='5000']").wait_for()
    scroll(page, 4999)
    assert names(page)[-1] == "job5000"
