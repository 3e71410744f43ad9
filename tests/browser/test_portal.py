"""The portal's pages in a browser: from the login to the end of a job."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.portal import Portal, ready, violations
from tests.end_to_end.service import eventually

COUNTING = (
    "#!/bin/bash\nfor i in 1 2 3 4 5 6; do printf '\\e[32mstep %s\\e[0m\\n' $i; sleep 1; done\n"
)
PATHS = ("/", "/jobs", "/submit", "/cluster", "/account")


def test_the_tour(page: Page, portal: Portal) -> None:
    """A user logs in, submits a job by the form, sees it run, its output grow, and its end without
    loading a page again, and logs out."""
    portal.log_in(page)
    job = portal.submit(page, "tour", COUNTING)
    expect(page.locator("[data-state]").first).to_have_attribute("data-state", "RUNNING")
    page.goto(f"{job}/output")
    expect(page.locator(".output .line").last).to_contain_text("step 6")
    expect(page.locator(".output .sgr-fg2").last).to_have_text("step 6")
    numbers = page.locator(".output .line a").all_text_contents()
    assert numbers == ["1", "2", "3", "4", "5", "6"]
    page.goto(job)
    expect(page.locator("[data-state]").first).to_have_attribute("data-state", "COMPLETED")
    page.get_by_role("button", name=re.compile("Log out")).click()
    expect(page.get_by_label("Token")).to_be_visible()


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_accessible(page: Page, portal: Portal, width: int, scheme: str) -> None:
    """axe-core finds no violation on any page, on a desk and on a phone, light and dark."""
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{portal.url}/login")
    ready(page)
    assert violations(page) == []
    portal.log_in(page)
    job = portal.submit(page, "axe", COUNTING.replace("sleep 1", "true"))
    expect(page.locator("[data-state]").first).to_have_attribute("data-state", "COMPLETED")
    for url in (job, f"{job}/output", f"{job}/output?q=step", *(portal.url + p for p in PATHS)):
        page.goto(url)
        ready(page)
        assert (url, violations(page)) == (url, [])
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert (url, wide <= width) == (url, True)


def test_the_tour_works_by_keyboard(page: Page, portal: Portal) -> None:
    """Login, form, submission and the list of jobs are within reach of the keyboard."""
    page.goto(f"{portal.url}/login")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "token":
        page.keyboard.press("Tab")
    page.keyboard.type(portal.token)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.url}/")
    page.goto(f"{portal.url}/submit")
    page.locator("[name=name]").focus()
    page.keyboard.type("keys")
    page.keyboard.press("Enter")
    page.locator("[data-state]").first.wait_for()
    page.goto(f"{portal.url}/jobs")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.closest('tr').textContent").find("keys") >= 0
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/jobs/.+"))


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


def test_all_requests_go_to_one_host(page: Page, portal: Portal) -> None:
    """Every request of every page goes to the portal itself."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    portal.log_in(page)
    for path in PATHS:
        page.goto(portal.url + path)
        ready(page)
    assert hosts <= {portal.url, "data:,"}
