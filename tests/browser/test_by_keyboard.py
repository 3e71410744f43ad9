"""The tour of the portal without a mouse."""

from pathlib import Path

from playwright.sync_api import FileChooser, Page, expect

from tests.browser.portal import Portal, ready
from tests.browser.touring import SCRIPT, press_until, wait_for_state


def _go(page: Page, selector: str, key: str = "Enter") -> None:
    """Go to an element by Tab, and press a key on it."""
    press_until(page, "Tab", selector)
    page.keyboard.press(key)


def _page(page: Page, selector: str) -> None:
    """Follow a link or press a button, and wait for its page, which shows where the focus is."""
    press_until(page, "Tab", selector)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", selector
    with page.expect_navigation():
        page.keyboard.press("Enter")
    ready(page)


def test_the_tour_by_keyboard(page: Page, portal: Portal, tmp_path: Path) -> None:
    """Someone without a mouse logs in, submits a job, uploads a file for it, follows its output,
    searches in it, downloads a file, sees a plot, and logs out."""
    job = _log_in_and_submit(page, portal)
    _page(page, "nav.tabs a[href$='/files']")
    _choose(page, tmp_path / "start.txt")
    _go(page, "form[data-upload] button")
    page.get_by_role("link", name="start.txt", exact=True).wait_for()
    _page(page, "nav.tabs a[href$='/output']")
    page.locator(".line:has-text('step 20')").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("step 1")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("[data-count='11']").wait_for()
    _page(page, "nav.tabs a[href$='/files']")
    with page.expect_download() as download:
        _go(page, "a[download][href$='energy.csv']")
    assert download.value.path().read_text().startswith("step,energy")
    _page(page, "nav.tabs a[href$='/results']")
    page.locator("figure[data-ready] canvas").wait_for()
    _go(page, "[data-plot-log=y]", "Space")
    expect(page.locator("[data-plot-log=y]")).to_have_attribute("aria-pressed", "true")
    page.goto(job)
    wait_for_state(page, "FAILED")
    _page(page, "form.logout button")
    assert page.url == f"{portal.url}/login?ended=1"


def _log_in_and_submit(page: Page, portal: Portal) -> str:
    """Up to the page of a job that runs; its address."""
    page.goto(portal.url)
    press_until(page, "Tab", "[name=token]")
    page.keyboard.type(portal.token)
    page.keyboard.press("Enter")
    page.wait_for_selector("form.logout")
    _page(page, "nav a[href='/submit']")
    press_until(page, "Tab", "[name=name]")
    page.keyboard.type("by-keyboard")
    press_until(page, "Tab", "#script")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(SCRIPT)
    _page(page, "button[name=submit]")
    wait_for_state(page, "RUNNING")
    return page.url


def _choose(page: Page, path: Path) -> None:
    """Choose a file by the field's own dialog, which a key opens."""
    path.write_text("go")
    press_until(page, "Tab", "input[type=file]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    found: FileChooser = chooser.value
    found.set_files(path)


def test_jobs_are_chosen_by_keyboard(page: Page, portal: Portal) -> None:
    """Someone without a mouse goes through the list, opens a job and comes back, chooses two,
    cancels them, holds nothing by mistake, and skips to the content."""
    portal.log_in(page)
    for name in ("first", "second"):
        portal.submit(page, name, "sleep 600\n")
    page.goto(f"{portal.url}/jobs")
    ready(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    for key, name in (("j", "second"), ("j", "first"), ("k", "second")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == name
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.inner_text("h1").startswith("second")
    page.go_back()
    ready(page)
    for name in ("second", "first"):
        _go(page, f"input[aria-label^='Choose {name},']", "Space")
    _page(page, "form[action$='/jobs/cancel'] button")
    assert page.locator("tbody tr").count() == 2
    _page(page, "button.danger")
    for name in ("first", "second"):
        page.locator(f"tr:has-text('{name}') [data-state=CANCELLED]").wait_for()
