"""The portal in many tabs, and in a browser without scripts."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.browser.portal import Portal
from tests.browser.touring import check, wait_for_state
from tests.end_to_end.service import eventually


def test_ten_tabs_have_one_listener(
    page: Page, portal: Portal, tabs: Callable[[str, int], list[Page]]
) -> None:
    """Ten tabs of the jobs load, one of them listens, and all show a new job and its end."""
    portal.log_in(page)
    opened = tabs(f"{portal.url}/jobs", 10)
    portal.submit(page, "ten", "#!/bin/bash\nsleep 2\n")
    for tab in opened:
        row = tab.locator("tr[data-job]", has_text="ten")
        expect(row.locator("[data-state=COMPLETED]")).to_be_visible()
    assert sum(tab.locator("body[data-listens]").count() for tab in [page, *opened]) == 1


def test_each_list_of_the_first_page_has_a_name(page: Page, portal: Portal) -> None:
    """With jobs in two of its lists, the first page has no fault that axe finds."""
    portal.log_in(page)
    portal.submit(page, "ended", "#!/bin/bash\n")
    wait_for_state(page, "COMPLETED")
    portal.submit(page, "running", "#!/bin/bash\nsleep 60\n")
    wait_for_state(page, "RUNNING")
    page.goto(portal.url)
    expect(page.get_by_role("region")).not_to_have_count(1)
    check(page, "home")


def test_pages_work_without_scripts(browser: Browser, portal: Portal) -> None:
    """Login, submission, list, job, output and logout work without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{portal.url}/login")
    page.get_by_label("Token").fill(portal.token)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{portal.url}/submit")
    page.locator("[name=name]").fill("plain")
    page.locator("[name=script]").fill("#!/bin/bash\necho 42 lines\n")
    page.get_by_role("button", name="Submit", exact=True).click()
    page.wait_for_url(re.compile("/jobs/.+"))
    job = page.url
    page.goto(f"{portal.url}/jobs")
    expect(page.locator("tr", has_text="plain")).to_be_visible()
    expect(page.locator(f"a[href$='{job.rpartition('/')[2]}']").first).to_be_visible()
    eventually(lambda: _main(page, f"{job}/output"), lambda text: "42 lines" in text)
    page.get_by_role("button", name=re.compile("Log out")).click()
    expect(page.get_by_label("Token")).to_be_visible()
    context.close()


def _main(page: Page, url: str) -> str:
    """What a page shows now."""
    page.goto(url)
    return page.inner_text("main")
