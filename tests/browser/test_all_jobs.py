"""The table of all jobs: ten thousand of them, of which the page holds those in view."""

import re
from typing import Any

from playwright.sync_api import Page, Request, expect

from dssr.access.scopes import Scope
from tests.browser.job_table import COUNT, Bridge, names, read_all, scroll
from tests.browser.pages import PageServer
from tests.browser.portal import Portal
from tests.end_to_end.service import eventually


def test_ten_thousand_jobs_are_in_the_table(page: Page, bridge: Bridge) -> None:
    """The page holds the rows in view alone; each job is reached by scrolling, the newest first,
    and text of a job is no markup."""
    assert names(page)[:2] == ["job9999", "job9998"]
    assert page.locator("tr[data-job]").count() < 100
    assert page.locator("table").get_attribute("aria-rowcount") == str(COUNT + 1)
    scroll(page, COUNT - 1)
    assert names(page)[-1] == "job0"
    assert page.locator("tr[data-job]").count() < 100
    expect(page.locator("tr[data-job]").last).to_contain_text("<b>why 0</b>")
    expect(page.locator("tr[data-job]").last).to_contain_text(re.compile(r"1[67] min.* of 1 h"))


def test_a_reader_chooses_no_jobs(page: Page, portal: Portal) -> None:
    """A user who may only read gets no boxes to choose jobs with, on a page that updates itself."""
    job = portal.call("POST", "/jobs", json={"script": "sleep 600", "name": "long"}).json()["id"]
    portal.log_in(page, portal.token_of("rita", Scope.READ))
    page.goto(f"{portal.url}/jobs")
    page.locator("[data-total='1'] tr[data-job]").wait_for()
    assert page.locator("input[type=checkbox]").count() == 0
    expect(page.locator(".note")).to_contain_text("may only read")
    expect(page.locator("[data-shown]")).to_have_text("1 job")
    portal.log_out(page)
    portal.log_in(page)
    page.goto(f"{portal.url}/jobs")
    page.locator("[data-total='1'] input[type=checkbox]").wait_for()
    portal.call("DELETE", f"/jobs/{job}")


def test_the_filter_is_quick_and_in_the_url(
    page: Page, bridge: Bridge, record_property: Any
) -> None:
    """Parts of words filter ten thousand jobs while a user types; the filter is in the URL, and is
    that of the CSV."""
    read_all(page)
    spent = page.evaluate("""() => {
        const field = document.querySelector("[name=name]");
        const began = performance.now();
        field.value = "JOB123";
        field.dispatchEvent(new Event("input", {bubbles: true}));
        document.querySelector(".scroll").getBoundingClientRect();
        return performance.now() - began;
    }""")
    record_property("figure", f"the filter of {COUNT} jobs takes {spent:.0f} ms")
    assert page.locator("[data-count='11']").count() == 1
    assert names(page)[0] == "job1239"
    assert page.url.endswith("/jobs?name=JOB123")
    page.locator("[name=state]").select_option("RUNNING")
    assert names(page) == ["job1230"]
    link = page.locator("[data-csv]").get_attribute("href") or ""
    assert link.endswith("/jobs.csv?name=JOB123&state=RUNNING")
    page.locator("[name=name]").fill("none")
    expect(page.locator("[data-none]")).to_have_text("No job is like that.")
    expect(page.locator("table")).to_be_hidden()


def test_the_order_is_in_the_url(page: Page, bridge: Bridge) -> None:
    """A click on a head orders by it, a second one the other way round, a third one as before; the
    order is that of the link."""
    read_all(page)
    head = page.get_by_role("button", name="Id")
    head.click()
    assert names(page)[:2] == ["job0", "job1"]
    head.click()
    assert names(page)[:2] == ["job9999", "job9998"]
    assert page.url.endswith("?sort=-id")
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Id")
    page.get_by_role("button", name="Nodes").click()
    page.reload()
    page.locator(f"[data-total='{COUNT}']").wait_for()
    assert page.locator("td.number").first.inner_text() == "1"
    for _ in range(2):
        page.get_by_role("button", name="Nodes").click()
    assert page.url.endswith("/jobs")
    assert names(page)[0] == "job9999"


def test_twenty_updates_keep_what_the_user_has_done(page: Page, bridge: Bridge) -> None:
    """Address, order, selection, focus and scroll position survive twenty updates with jobs that
    come before, and only what has changed is fetched."""
    page.clock.install()
    for _ in range(2):
        page.get_by_role("button", name="State").click()
    page.locator("[name=partition]").fill("c")
    scroll(page, 3000)
    page.locator("#away").hover()
    seen, url = names(page)[:10], page.url
    chosen = page.locator("tr", has=page.get_by_role("link", name=seen[3], exact=True))
    chosen.locator("input").check()
    page.locator("#away").hover()
    for number in range(20):
        bridge.change(10_000 + number * 10, partition="cpu", state="RUNNING")
        page.clock.run_for(1000)
        page.locator(f"[data-total='{COUNT + number + 1}']").wait_for()
        assert names(page)[:10] == seen
    assert page.url == url
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("State")
    assert chosen.locator("input").is_checked()
    assert chosen.locator("input").evaluate("box => box === document.activeElement")
    expect(page.locator("[data-shown]")).to_contain_text("1 chosen")
    assert bridge.asked.count(None) == 1


def test_nothing_moves_under_the_pointer(page: Page, bridge: Bridge) -> None:
    """While the pointer is over the rows they stay where they are, with their new states; what has
    come in the meantime appears when it has left."""
    seen = names(page)[:10]
    page.locator("tr[data-job]").nth(2).hover()
    bridge.change(10_001)
    bridge.change(9998, state="COMPLETED", elapsed=5)
    expect(page.locator("tr[data-job]").nth(1)).to_contain_text("COMPLETED")
    assert names(page)[:10] == seen
    page.locator("#away").hover()
    expect(page.locator("tr[data-job]").first).to_contain_text("job10001")


def test_jobs_out_of_view_are_cancelled_too(page: Page, bridge: Bridge) -> None:
    """The form sends all jobs that are chosen, also those whose rows are not on the page any more;
    one that has ended meanwhile is not among them."""
    sent: list[str] = []

    def keep(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.post_data or "")

    page.on("request", keep)
    for number in (9999, 9997, 9996):
        page.locator(f"[value='20300101-{number:05}']").check()
    scroll(page, 5000)
    page.locator("[value='20300101-04990']").check()
    page.locator("#away").hover()
    bridge.change(9996, state="COMPLETED", elapsed=5)
    expect(page.locator("[data-shown]")).to_contain_text("3 chosen")
    page.locator("#cancel").click()
    page.wait_for_url("**/jobs/cancel")
    assert sorted(re.findall(r"id=([\d-]+)", sent[0])) == [
        "20300101-04990", "20300101-09997", "20300101-09999",
    ]  # fmt: skip


def test_the_keys_go_through_all_jobs(page: Page, bridge: Bridge) -> None:
    """ "j" goes on to the next job beyond the rows that were there, and a focused row stays on the
    page while others are scrolled to."""
    page.locator("body").press("j")
    for _ in range(60):
        page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "job9939"
    scroll(page, 8000)
    assert page.evaluate("document.activeElement.textContent") == "job9939"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "job9938"
    assert "job9938" in names(page)


def test_a_silent_cluster_is_said_with_the_age(page: Page, bridge: Bridge) -> None:
    """When the cluster does not answer, the page says why, and how old what it shows is."""
    expect(page.locator("[data-age] .age")).to_have_text(re.compile(r"was asked \d+ s ago"))
    bridge.problem = "The login node <b>cannot</b> be reached."
    bridge.change(1)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The login node <b>cannot</b> be reached. This page shows what")


def test_the_way_back_leads_to_the_same_rows(page: Page, bridge: Bridge, pages: PageServer) -> None:
    """A user who comes back from a job's page is where they were."""
    scroll(page, 2000)
    eventually(lambda: page.evaluate("history.state?.top > 0"))
    seen = names(page)[:10]
    page.goto(pages.page("/jobs/1", "the job"))
    page.go_back()
    page.locator("tr[aria-rowindex='2002']").wait_for()
    assert names(page)[:10] == seen


def test_a_link_to_older_jobs_leads_there(page: Page, pages: PageServer) -> None:
    """A link of the page without a script, which names a place in the list, scrolls to it."""
    found = Bridge(pages)
    page.goto(f"{found.url}?after=1500.000000~20300101-05000")
    page.locator(f"[data-total='{COUNT}']").wait_for()
    page.locator("tr[data-job='20300101-04999']").wait_for()
    assert names(page)[0] == "job4999"
