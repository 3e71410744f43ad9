"""axe finds nothing wrong with any page that the tour does not come to, in light and in dark."""

from collections.abc import Callable, Iterator
from typing import Never

import pytest
import requests
from playwright.sync_api import Page, expect

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.errors import ConnectFailed
from tests.browser.portal import Portal
from tests.browser.touring import check, faults, wait_for_state
from tests.dssr.http.web.conftest import ServedPortal, serve_portal  # noqa: F401
from tests.end_to_end.service import eventually

CALLER = "http://127.0.0.1:9/fit"
WRITES = """#!/bin/bash
echo '<p>a page</p>' > page.html
echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' > drawing.svg
printf 'x,y\\n1,2\\n2,3\\n' > table.csv
echo '{"energy": -1.5, "steps": 20}' > results.json
head -c 200 /dev/zero > data.bin
head -c 200 /dev/zero
"""
# What is larger than a button, with a background of its own that is nearly white.
_LIGHT_PANELS = """() => [document.documentElement, ...document.querySelectorAll("body, body *")]
  .filter((element) => {
    const [red, green, blue, alpha = 1] =
      getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number);
    const { width, height } = element.getBoundingClientRect();
    return alpha > 0.5 && red + green + blue > 600 && width > 200 && height > 20;
  })
  .map((element) => `light in dark: ${element.outerHTML.slice(0, 200)}`)"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with all that pages may show."""
    place = tmp_path_factory.mktemp("portal")
    log = str(place / "audit")
    found = Portal(place, JARVICE_SCHED_AUDIT_LOG=log, JARVICE_WEB_RETURN_TO=CALLER)
    yield found
    found.service.stop()


def test_pages_of_an_operator(page: Page, portal: Portal) -> None:
    """The page of the bridge with its audit log, the account with its tokens, a new token, and one
    that cannot be made."""
    page.goto(f"{portal.url}/login")
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    page.locator("[role=alert]").wait_for()
    check(page, "login-refused")
    portal.log_in(page, portal.admin_token)
    for path in ("/operator", "/operator?refused=1", "/account"):
        page.goto(portal.url + path)
        check(page, path.strip("/").replace("?", "-"))
    for name, shown in (("bob", "[data-token]"), ("bob", "[role=alert]")):
        page.goto(f"{portal.url}/account")
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Make a token").click()
        page.locator(shown).wait_for()
        check(page, f"token-{shown[1:-1]}")


def test_pages_of_jobs(page: Page, portal: Portal) -> None:
    """A held job with the way back to a calling site, jobs that are about to be cancelled, the
    keys, files of each kind, an output that is no text, results beside those of another job."""
    portal.log_in(page)
    page.goto(f"{portal.url}/submit?return_to={CALLER}")
    page.locator("[name=script]").fill("true\n")
    page.locator("summary", has_text="More").click()
    page.locator("[name=held]").check()
    check(page, "submit-more")
    page.click("button[name=submit]")
    page.locator("h1 [data-state=HELD]").wait_for()
    check(page, "held")
    page.goto(f"{portal.url}/jobs")
    page.locator("tbody input").first.check()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    check(page, "keys")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Cancel the chosen").click()
    page.get_by_role("button", name="Cancel it").wait_for()
    check(page, "cancel")
    job = portal.submit(page, "writes", WRITES)
    wait_for_state(page, "COMPLETED")
    id = job.rpartition("/")[2]
    for path in (
        *("/files/page.html", "/files/drawing.svg", "/files/data.bin", "/files/results.json"),
        *("/output", "/output?q=nothing", f"/results?with={id}"),
    ):
        page.goto(job + path)
        check(page, path.strip("/").replace("/", "-").partition("?")[0])


def test_a_form_that_is_wrong_and_one_that_comes_back(page: Page, portal: Portal) -> None:
    """A form with wrong fields; the login that keeps it; the login after a token was revoked."""
    text = portal.token_of("zoe", Scope.SUBMIT)
    portal.log_in(page, text)
    page.goto(f"{portal.url}/submit")
    for name in ("name", "nodes", "walltime"):
        page.locator(f"[name={name}]").fill("no such thing")
    page.click("button[name=submit]")
    page.locator("[data-problem=nodes]").wait_for()
    check(page, "submit-wrong")
    token_file.remove(portal.tokens_file, "zoe")
    jobs, owner = f"{portal.url}/api/v1/jobs", {"Authorization": f"Bearer {text}"}
    eventually(lambda: requests.get(jobs, headers=owner).status_code == 401)
    page.click("button[name=submit]")
    page.locator("[data-login-form]").wait_for()
    check(page, "login-kept")
    page.goto(f"{portal.url}/jobs")
    assert "revoked" in page.inner_text("[role=alert]")
    check(page, "login-revoked")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/jobs?after=x", 400),
        ("/operator", 403),
        ("/jobs/none", 404),
        ("/static/x/y", 404),
        ("/nothing", 404),
    ],
)
def test_pages_of_errors(path: str, status: int, page: Page, errors: ServedPortal) -> None:
    """An error is a page with its sentence."""
    _log_in(page, errors)
    _is_page(page, errors.root + path, status)


def test_pages_of_a_fault_and_of_a_cluster_that_is_silent(
    page: Page, errors: ServedPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the bridge and a cluster that has never answered are pages with a sentence."""
    _log_in(page, errors)

    def silent(*_: object) -> Never:
        raise ConnectFailed("The login node cannot be reached.")

    def broken(*_: object) -> Never:
        raise RuntimeError("the cause")

    monkeypatch.setattr(errors.connector, "records", silent)
    for path, status in (("/", 200), ("/jobs", 200), ("/jobs/never-seen", 503)):
        _is_page(page, errors.root + path, status)
        assert "The login node cannot be reached." in page.inner_text("[role=alert]")
    monkeypatch.setattr(errors.connector, "records", broken)
    _is_page(page, f"{errors.root}/jobs", 500)
    assert "the cause" not in page.content()


def test_the_page_that_explains_an_error(page: Page, portal: Portal) -> None:
    """The page to which an error of the API leads."""
    page.goto(f"{portal.url}/problems/not-found")
    assert faults(page) == []


def test_the_page_of_the_api(page: Page, portal: Portal) -> None:
    """The API to read and to try: its calls, three of them open with their parameters, bodies and
    files, responses without credentials and with them, the models, and the form for credentials,
    before and after they are given."""
    page.goto(f"{portal.url}/docs")
    page.locator(".opblock").first.wait_for()
    assert _faults_of_viewer(page) == []
    for call in ("jobs-list_jobs", "jobs-submit_job", "files-upload_file"):
        page.locator(f"#operations-{call} .opblock-summary-control").click()
        page.locator(f"#operations-{call} .execute").wait_for()
    _execute(page, "#operations-jobs-list_jobs", "401")
    assert _faults_of_viewer(page) == []
    page.locator("#operations-jobs-list_jobs [data-name=model]").first.click()
    page.locator(".models .json-schema-2020-12-expand-deep-button").first.click()
    page.locator(".models .json-schema-2020-12__constraint").first.wait_for()
    assert _faults_of_viewer(page) == []
    page.locator(".authorize").click()
    page.locator("#auth-bearer-value").fill(portal.token)
    assert _faults_of_viewer(page) == []
    page.get_by_role("button", name="Authorize").locator("visible=true").nth(1).click()
    page.get_by_role("button", name="Logout").wait_for()
    assert _faults_of_viewer(page) == []
    page.get_by_role("button", name="Close").locator("visible=true").last.click()
    _execute(page, "#operations-jobs-list_jobs", "200")


def _faults_of_viewer(page: Page) -> list[str]:
    """The same, and the panels that are as light in dark as they are in light."""
    found = faults(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate("new Promise(requestAnimationFrame)")
    panels: list[str] = page.evaluate(_LIGHT_PANELS)
    page.emulate_media(color_scheme="light")
    return [*found, *panels]


def _execute(page: Page, call: str, status: str) -> None:
    """Press the call's button, and wait for a response of that status."""
    page.locator(f"{call} .execute").click()
    response = page.locator(f"{call} .live-responses-table .response .response-col_status").first
    expect(response).to_contain_text(status)


@pytest.fixture
def errors(serve_portal: Callable[..., ServedPortal]) -> ServedPortal:  # noqa: F811
    """A portal in this process, whose parts a test breaks."""
    return serve_portal()


def _log_in(page: Page, portal: ServedPortal) -> None:
    page.goto(f"{portal.root}/login")
    page.get_by_label("Token").fill(portal.tokens[Scope.SUBMIT])
    page.keyboard.press("Enter")
    page.locator("form.logout").wait_for()


def _is_page(page: Page, url: str, status: int) -> None:
    """The page has that status, a heading and no fault."""
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == status, url
    assert page.locator("h1").count() == 1
    assert faults(page) == [], url
