"""The tour of the portal, in a real browser: from the login to the logout."""

from playwright.sync_api import BrowserContext, Page

from tests.browser.portal import Portal, ready
from tests.browser.touring import faults, picture, press_until, wait_for_state

SCRIPT = """#!/bin/bash
echo $'\\e[32mready\\e[0m'
printf 'step,energy\\n' > energy.csv
for step in $(seq 1 20); do
  echo "step $step"
  echo "$step,-1.$step" >> energy.csv
  sleep 0.2
done
exit 3
"""


def check(page: Page, name: str) -> None:
    """No fault is on the page; and its pictures."""
    ready(page)
    assert faults(page) == [], page.url
    picture(page, name)


def test_the_tour(page: Page, portal: Portal) -> None:
    """Login, form, job, live output, its end with the reason, search, files, plot, logout: each
    page is without a fault in light and dark and on a phone, and all requests go to one host."""
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
    for path in ("/", "/jobs", "/cluster", "/account", "/jobs/none"):
        page.goto(portal.url + path)
        check(page, path.strip("/").replace("/", "-") or "home")
    page.click("form.logout button")
    page.wait_for_url("**/login?ended=1")
    assert set(asked) == {portal.url.removeprefix("http://")}


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
    """Follow the output to its end, and search in it."""
    page.click("text=Output")
    page.wait_for_selector("[data-follows]")
    page.wait_for_selector(".line:has-text('step 20')")
    check(page, "output")
    page.fill("[name=q]", "step 1")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-count='11']")
    check(page, "search")


def _look_at_files(page: Page) -> None:
    """From a job's page: its files, one of them, the plot of a table."""
    page.click("text=Files")
    page.wait_for_selector("text=energy.csv")
    check(page, "files")
    page.click("text=Results")
    page.wait_for_selector("figure[data-ready] canvas")
    check(page, "results")
    page.click("text=as text")
    check(page, "file")


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
    page.dblclick("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    page.reload()
    page.go_back()
    page.wait_for_selector("[data-job-form]")
    page.fill("[name=name]", "twice")
    page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    page.goto(f"{portal.url}/jobs?name=twice")
    assert page.locator("tbody tr").count() == 1


def test_the_tour_by_keyboard(page: Page, portal: Portal) -> None:
    """Someone without a mouse logs in, submits a job, and cancels it."""
    page.goto(portal.url)
    press_until(page, "Tab", "[name=token]")
    page.keyboard.type(portal.token)
    page.keyboard.press("Enter")
    page.wait_for_selector("form.logout")
    press_until(page, "Tab", "nav a[href='/submit']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-job-form]")
    press_until(page, "Tab", "[name=name]")
    page.keyboard.type("by-keyboard")
    press_until(page, "Tab", "#script")
    page.keyboard.press("Control+End")
    page.keyboard.type("sleep 60")
    press_until(page, "Tab", "button[name=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1 [data-state]")
    press_until(page, "Tab", "button.danger")
    page.keyboard.press("Enter")
    wait_for_state(page, "CANCELLED")


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
