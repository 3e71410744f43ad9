"""The portal in a browser without JavaScript."""

import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.portal import Portal
from tests.end_to_end.service import eventually

LINES = "#!/bin/bash\necho 42 lines\necho a,b > table.csv\nexit 3\n"


@pytest.fixture
def plain(browser: Browser, portal: Portal) -> Iterator[Page]:
    """A page of a user who has logged in, in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, accept_downloads=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{portal.url}/jobs?name=plain")
    page.get_by_label("Token").fill(portal.token)
    page.get_by_role("button", name="Log in").click()
    assert page.url == f"{portal.url}/jobs?name=plain"
    yield page
    context.close()


def _submit(page: Page, portal: Portal, name: str, script: str) -> str:
    """Submit a job by the form; the address of its page."""
    page.goto(f"{portal.url}/submit")
    page.locator("[name=name]").fill(name)
    page.locator("[name=script]").fill(script)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page).to_have_url(re.compile("/jobs/[^/]+$"))
    return page.url


def _until(page: Page, url: str, text: str) -> None:
    """Load the page until it shows the text."""

    def look() -> str:
        page.goto(url)
        return page.inner_text("main")

    eventually(look, lambda shown: text in shown)


def test_a_job_to_its_results(plain: Page, portal: Portal) -> None:
    """Without scripts a user submits, finds the job in the list, reads why it failed, reads and
    searches its output, uploads a file, downloads a file and all of them, and logs out."""
    job = _submit(plain, portal, "plain", LINES)
    id = job.rpartition("/")[2]
    plain.goto(f"{portal.url}/jobs?name=plain")
    expect(plain.locator(f"a[href$='{id}']").first).to_be_visible()
    _until(plain, job, "Exit code 3")
    _until(plain, f"{job}/output", "42 lines")
    plain.get_by_role("searchbox").fill("lines")
    plain.get_by_role("button", name="Search").click()
    expect(plain.locator("[data-count='1']")).to_be_visible()
    plain.get_by_role("link", name="Files", exact=True).click()
    file = FilePayload(name="more.txt", mimeType="text/plain", buffer=b"more")
    plain.set_input_files("input[type=file]", file)
    plain.get_by_role("button", name="Upload").click()
    expect(plain.get_by_role("link", name="more.txt", exact=True)).to_be_visible()
    with plain.expect_download() as download:
        plain.get_by_role("link", name="Download table.csv").click()
    assert download.value.path().read_text() == "a,b\n"
    with plain.expect_download() as download:
        plain.get_by_role("link", name="All of them as a zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {"table.csv", "more.txt"} <= set(archive.namelist())
    plain.get_by_role("link", name="Results", exact=True).click()
    plain.get_by_role("link", name="as text").first.click()
    expect(plain.get_by_role("region", name="table.csv")).to_contain_text("a,b")
    plain.get_by_role("button", name=re.compile("Log out")).click()
    expect(plain.get_by_label("Token")).to_be_visible()


def test_jobs_are_held_and_cancelled(plain: Page, portal: Portal) -> None:
    """Without scripts a user cancels a job on its page, and others in the list after a look at
    them."""
    one, *others = [_submit(plain, portal, f"long{n}", "sleep 600\n") for n in range(3)]
    plain.goto(one)
    plain.get_by_role("button", name="Cancel").click()
    plain.get_by_role("button", name="Cancel it").click()
    _until(plain, one, "CANCELLED")
    plain.goto(f"{portal.url}/jobs")
    for name in ("long1", "long2"):
        plain.get_by_label(f"Choose {name}").check()
    plain.get_by_role("button", name="Cancel the chosen jobs").click()
    expect(plain.locator("tbody tr")).to_have_count(2)
    plain.get_by_role("button", name="Cancel them").click()
    for job in others:
        _until(plain, job, "CANCELLED")


def test_a_refused_form_keeps_what_was_written(plain: Page, portal: Portal) -> None:
    """Without scripts a wrong field has its sentence, all fields are as they were, and a check
    submits nothing."""
    plain.goto(f"{portal.url}/submit")
    plain.locator("[name=name]").fill("no blanks")
    plain.locator("[name=script]").fill(LINES)
    plain.get_by_role("button", name="Submit", exact=True).click()
    expect(plain.locator("[data-problem=name]")).to_be_visible()
    assert plain.locator("[name=script]").input_value() == LINES
    plain.locator("[name=name]").fill("checked")
    plain.get_by_role("button", name="Check").click()
    expect(plain.get_by_role("heading", name="nothing was submitted")).to_be_visible()
    plain.goto(f"{portal.url}/jobs?name=checked")
    expect(plain.locator("tbody tr")).to_have_count(0)
