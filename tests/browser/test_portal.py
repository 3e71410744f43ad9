"""The portal in many tabs, and a script on its page."""

import base64
from collections.abc import Callable

from playwright.sync_api import Page, expect

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


def test_the_script_is_shown_as_the_job_runs_it(page: Page, portal: Portal) -> None:
    """The script on the job's page has the characters of the one that was submitted, which the
    job runs, each of them."""
    odd = "\t</pre><b>&amp;&lt;\u00e9\u202e\U0001f600 \u00a0$(id) `id` \\ \"' {{ 7 * 7 }} \n\n\n"
    script = f"#!/bin/bash\nbase64 -w0 \"$DSSR_JOB_DIR/script\"\n: <<'EOF'\n{odd}EOF\n"
    job = portal.call("POST", "/jobs", json={"name": "odd", "script": script}).json()["id"]
    eventually(lambda: portal.call("GET", f"/jobs/{job}").json()["is_final"])
    portal.log_in(page)
    page.goto(f"{portal.url}/jobs/{job}")
    assert page.locator("pre.script").evaluate("part => part.textContent") == script
    ran = base64.b64decode(portal.call("GET", f"/jobs/{job}/output").content)
    assert ran.decode() == script


def test_each_list_of_the_first_page_has_a_name(page: Page, portal: Portal) -> None:
    """With jobs in two of its lists, the first page has no fault that axe finds."""
    portal.log_in(page)
    portal.submit(page, "ended", "true\n")
    wait_for_state(page, "COMPLETED")
    portal.submit(page, "running", "#!/bin/bash\nsleep 60\n")
    wait_for_state(page, "RUNNING")
    page.goto(portal.url)
    expect(page.get_by_role("region")).not_to_have_count(1)
    check(page, "home")
