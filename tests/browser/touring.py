"""What must hold on each page of the portal, and how someone without a mouse uses it."""

import os
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from playwright.sync_api import FilePayload, Page

from tests.browser.portal import Portal, ready
from tests.source_tree import ROOT

AXE = next((ROOT / "tests/browser/vendor").glob("axe-core-*.min.js")).read_text("utf-8")
SIZES = ((1280, 900), (390, 844))
# The directory for pictures of pages; none are taken without it. The handbook's are of these.
PICTURES = os.environ.get("DSSR_PICTURES", "")


# It waits for a file that the user uploads, so that it runs however slow this machine is.
SCRIPT = """#!/bin/bash
echo $'\\e[32mready\\e[0m'
until [ -e start.txt ] || [ $SECONDS -gt 300 ]; do sleep 0.2; done
printf 'step,energy\\n' > energy.csv
for step in $(seq 1 20); do
  echo "step $step"
  echo "$step,-$((200 - 190 / step))" >> energy.csv
  sleep 0.2
done
exit 3
"""


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page, in light and in dark, and whether it is too wide."""
    found = []
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.evaluate("new Promise(requestAnimationFrame)")  # scripts learn of it before
        # All else that axe looks for is the same in both.
        rules = "{runOnly: ['color-contrast']}" if scheme == "dark" else ""
        result: Any = page.evaluate(f"axe.run({rules})")
        found += [
            f"{scheme}: {rule['id']}: {node['html'][:200]}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than {width} pixels")
    return found


def check(page: Page, name: str) -> None:
    """No fault is on the page; and its pictures."""
    ready(page)
    found = faults(page)
    assert not found, f"{page.url}: {found}"
    picture(page, name)


def picture(page: Page, name: str) -> None:
    """Take pictures of the page for the handbook, if that is wanted."""
    if not PICTURES:
        return
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            path = Path(PICTURES) / f"portal-{name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
    page.emulate_media(color_scheme="light")


def wait_for_state(page: Page, state: str, seconds: float = 120) -> None:
    """Wait, without loading the page again, until it shows the job in that state."""
    page.wait_for_selector(f"h1 [data-state={state}]", timeout=seconds * 1000)


def press_until(page: Page, key: str, selector: str, most: int = 60) -> None:
    """Press a key until that element has the focus, as someone without a mouse does."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
        page.keyboard.press(key)
        time.sleep(0.01)
    raise AssertionError(f"{key} does not lead to {selector}")


def tour(page: Page, portal: Portal) -> None:
    """Login, form, job, upload, live output, its end with the reason, search, files, plot,
    logout."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("/")[2]))
    page.goto(portal.url)
    check(page, "login")
    portal.log_in(page)
    job = _submit(page, portal)
    _read_output(page)
    page.goto(job)
    wait_for_state(page, "FAILED")
    assert "exit code 3" in page.inner_text(".why").lower()
    check(page, "failed")
    _look_at_files(page)
    for path in ("/", "/jobs", "/services", "/cluster", "/account", "/jobs/none"):
        page.goto(portal.url + path)
        check(page, path.strip("/").replace("/", "-") or "home")
    portal.log_out(page)
    assert set(asked) == {portal.url.split("/")[2], *portal.other_hosts}


def _submit(page: Page, portal: Portal) -> str:
    """Check the form, then submit it; the address of the job, which runs."""
    page.goto(f"{portal.url}/submit")
    page.fill("[name=name]", "relax")
    page.fill("[name=walltime]", "10")
    page.fill("[name=script]", SCRIPT)
    check(page, "submit")
    page.click("button[name=check]")
    check(page, "checked")
    page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    wait_for_state(page, "RUNNING")
    check(page, "job")
    return page.url


def _read_output(page: Page) -> None:
    """Follow the output while another tab uploads what the job waits for, to its end, and search in
    it."""
    job = page.url
    page.click("text=Output")
    page.wait_for_selector("[data-follows]")
    other = page.context.new_page()
    other.goto(f"{job}/files")
    upload(other, "start.txt", b"go\n")
    other.close()
    page.bring_to_front()
    page.wait_for_selector(".line:has-text('step 20')")
    assert page.locator("[data-extent]").count() == 0  # it would be that of the first lines alone
    check(page, "output")
    page.fill("[name=q]", "step 1")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-count='11']")
    check(page, "search")


def upload(page: Page, name: str, data: bytes) -> None:
    """Upload a file on the page of a job's files, and wait until it is listed."""
    ready(page)
    file = FilePayload(name=name, mimeType="text/plain", buffer=data)
    page.set_input_files("input[type=file]", file)
    page.click("form[data-upload] button")
    page.get_by_role("link", name=name, exact=True).wait_for()


def _look_at_files(page: Page) -> None:
    """From a job's page: its files, all of them as a zip, the plot of a table, and it as text."""
    page.click("text=Files")
    page.wait_for_selector("text=energy.csv")
    check(page, "files")
    with page.expect_download() as download:
        page.get_by_role("link", name="All of them as a zip").click()
    with ZipFile(download.value.path()) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert {"energy.csv", "start.txt"} <= names
    page.click("text=Results")
    page.wait_for_selector("figure[data-ready] canvas")
    check(page, "results")
    page.click("text=as text")
    check(page, "file")
