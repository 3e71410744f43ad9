"""The tour of the portal, in a real browser: from the login to the logout."""

from playwright.sync_api import BrowserContext, Page

from tests.browser.portal import Portal, ready
from tests.browser.touring import tour, wait_for_state


def test_the_tour(page: Page, portal: Portal) -> None:
    """From the login to the logout each page is without a fault in light and dark and on a phone,
    and all requests go to one host."""
    tour(page, portal)


def test_a_list_changes_while_it_is_open(page: Page, portal: Portal) -> None:
    """A job that is submitted elsewhere appears in the list without a reload, and what a user has
    chosen stays chosen."""
    portal.log_in(page)
    portal.submit(page, "chosen", "sleep 30\n")
    page.goto(f"{portal.url}/jobs")
    page.check("tr:has-text('chosen') input")
    page.mouse.move(0, 0)  # nothing moves under the pointer
    other = page.context.new_page()
    portal.submit(other, "second", "sleep 2\n")
    page.bring_to_front()
    page.wait_for_selector("tr:has-text('second') [data-state=COMPLETED]", timeout=30_000)
    assert page.is_checked("tr:has-text('chosen') input")
    page.click("button:has-text('Cancel the chosen')")
    page.click("button:has-text('Cancel it')")
    page.wait_for_selector("tr:has-text('chosen') [data-state=CANCELLED]", timeout=30_000)


def test_a_logout_in_one_tab_logs_out_the_others(context: BrowserContext, portal: Portal) -> None:
    """After a logout in one tab the other tabs show the login."""
    one, other = context.new_page(), context.new_page()
    portal.log_in(one)
    other.goto(f"{portal.url}/jobs")
    ready(other)
    one.click("form.logout button")
    other.wait_for_url("**/login?**")


def test_a_form_comes_back_after_the_login(context: BrowserContext, portal: Portal) -> None:
    """When the session ends while a form is filled in, it is as it was after the next login, and
    submits."""
    page, other = context.new_page(), context.new_page()
    portal.log_in(page)
    page.goto(f"{portal.url}/submit")
    page.fill("[name=name]", "kept")
    page.fill("[name=script]", "#!/bin/bash\n\necho '<&>'\n")
    other.goto(f"{portal.url}/account")
    other.click("form.logout button")
    other.wait_for_url("**/login?**")
    page.click("button[name=submit]")
    page.fill("[name=token]", portal.token)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-job-form]")
    assert page.input_value("[name=name]") == "kept"
    assert page.input_value("[name=script]") == "#!/bin/bash\n\necho '<&>'\n"
    page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")


def test_a_double_click_submits_once(page: Page, portal: Portal) -> None:
    """A double click, a reload of the job's page, and the way back and once more are one job."""
    portal.log_in(page)
    page.goto(f"{portal.url}/submit")
    page.fill("[name=name]", "twice")
    page.fill("[name=script]", "true\n")
    page.dblclick("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    page.reload()
    page.go_back()
    page.wait_for_selector("[data-job-form]")
    page.fill("[name=name]", "twice")
    page.fill("[name=script]", "true\n")
    page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    page.goto(f"{portal.url}/jobs?name=twice")
    assert page.locator("tbody tr").count() == 1


def test_a_page_that_a_job_wrote_runs_apart(
    page: Page, portal: Portal, complaints: list[str]
) -> None:
    """A page with scripts appears in its sandbox after a click, and reaches neither the portal's
    page nor the network."""
    portal.log_in(page)
    job = portal.submit(page, "plots", _WRITES_A_PAGE)
    wait_for_state(page, "COMPLETED")
    page.goto(f"{job}/files/plot.html")
    ready(page)
    assert all("Blocked script execution" in complaint for complaint in complaints)
    complaints.clear()
    page.click("text=Run its scripts")
    frame = page.frame_locator("iframe.preview")
    frame.locator("#drawn:has-text('drawn')").wait_for()
    assert frame.locator("#reached").inner_text() == "nothing"


_WRITES_A_PAGE = """#!/bin/bash
cat > plot.html <<'PAGE'
<p id="drawn"></p><p id="reached">nothing</p>
<script>
document.getElementById("drawn").textContent = "drawn";
const reached = document.getElementById("reached");
try { reached.textContent = parent.document.title; } catch (error) {}
try { reached.textContent = "cookie " + document.cookie; } catch (error) {}
</script>
PAGE
"""
