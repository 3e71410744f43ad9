"""Another site at the same host, to which browsers send the portal's cookie: it changes nothing,
reads nothing, and takes no session."""

from urllib.parse import quote, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.hostile_site import HostileSite
from tests.browser.portal import Portal, ready
from tests.dssr.http.spellings import ELSEWHERE
from tests.dssr.http.web.browsing import hidden
from tests.end_to_end.service import eventually

RUNS = "#!/bin/bash\nsleep 120\n"
# How a page of any site sends a form, with each of the types that it may send.
FORMS = [
    ("/jobs", "application/x-www-form-urlencoded"),
    ("/jobs", "multipart/form-data"),
    ("/jobs", "text/plain"),
    ("/jobs/{id}/cancel", "application/x-www-form-urlencoded"),
    ("/jobs/cancel", "application/x-www-form-urlencoded"),
    ("/jobs/{id}/upload", "multipart/form-data"),
    ("/account/sessions/end", "application/x-www-form-urlencoded"),
    ("/account/tokens", "application/x-www-form-urlencoded"),
    ("/logout", "application/x-www-form-urlencoded"),
]
# What a script of any site may try to send with the user's cookie.
SENDS = """
const tries = [
  ["POST", "/jobs", "name=forged&script=true", "application/x-www-form-urlencoded"],
  ["POST", "/api/v1/jobs", '{"name": "forged", "script": "true"}', "text/plain"],
  ["POST", "/api/v1/jobs", '{"name": "forged", "script": "true"}', "application/json"],
  ["DELETE", "/api/v1/jobs/ID", undefined, "text/plain"],
  ["PUT", "/api/v1/jobs/ID/files/forged", "x", "text/plain"],
  ["POST", "/api/v1/jobs/ID/hold", "", "text/plain"],
  ["POST", "/submit", 'args={"name": "forged", "number": 1, "nodes": 1, "hpc_script": {}}',
   "application/x-www-form-urlencoded"],
];
for (const mode of ["no-cors", "cors"]) {
  for (const [method, path, body, type] of tries) {
    const headers = {"Content-Type": type};
    await fetch("PORTAL" + path, {method, mode, body, headers, credentials: "include"})
      .catch(() => 0);
  }
}
navigator.sendBeacon("PORTAL/jobs", new URLSearchParams({name: "forged", script: "true"}));
"""
# What it may try to read: "" where it learns nothing.
READS = """
const found = {};
const tries = {
  page: () => fetch("PORTAL/jobs", {credentials: "include"}).then((got) => got.text()),
  opaque: () => fetch("PORTAL/jobs", {mode: "no-cors", credentials: "include"})
    .then((got) => got.text()),
  api: () => fetch("PORTAL/api/v1/jobs", {credentials: "include"}).then((got) => got.text()),
  script: () => loaded("script", "src", "PORTAL/api/v1/jobs"),
  style: () => loaded("link", "href", "PORTAL/jobs"),
  picture: () => loaded("img", "src", "PORTAL/jobs/ID/files/red.png?raw=1"),
  stream: () => new Promise((done) => {
    const source = new EventSource("PORTAL/api/v1/events", {withCredentials: true});
    source.onopen = () => done("opened");
    source.onerror = () => done("");
  }),
  window: () => new Promise((done) => {
    const opened = window.open("PORTAL/jobs");
    setTimeout(() => {
      try {
        done(opened.closed ? "" : `${opened.document.title} ${opened.length}`);
      } catch (error) {
        done("");
      }
    }, 1500);
  }),
};
function loaded(name, attribute, url) {
  return new Promise((done) => {
    const element = document.createElement(name);
    element.onload = () => done(`loaded ${name}`);
    element.onerror = () => done("");
    element.rel = "stylesheet";
    element[attribute] = url;
    document.body.append(element);
  });
}
for (const [name, look] of Object.entries(tries)) {
  found[name] = await look().catch(() => "");
}
window.found = found;
"""
WRITES_A_PICTURE = """#!/bin/bash
base64 -d > red.png <<'END'
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAA
AElFTkSuQmCC
END
sleep 120
"""


@pytest.fixture
def victim(profile: BrowserContext, portal: Portal) -> Page:
    """A page of a user who has logged in, and may do all."""
    page = profile.new_page()
    portal.log_in(page, portal.admin_token)
    return page


def _submit(portal: Portal, script: str) -> str:
    """A job that runs; its id."""
    answer = portal.call("POST", "/jobs", json={"name": "theirs", "script": script})
    id = str(answer.json()["id"])
    eventually(lambda: _job(portal, id)["state"], lambda state: state == "RUNNING")
    return id


def _job(portal: Portal, id: str) -> dict[str, str]:
    found: dict[str, str] = portal.call("GET", f"/jobs/{id}").json()
    return found


def _names(portal: Portal) -> set[str]:
    """The names of all jobs."""
    return {job["name"] for job in portal.call("GET", "/jobs").json()["items"]}


@pytest.mark.parametrize("by", ["form", "script"])
def test_a_page_of_another_port_changes_nothing(
    by: str, victim: Page, portal: Portal, site: HostileSite
) -> None:
    """Forms and scripts of another port of the same host come with the user's cookie, are refused,
    and submit, cancel, upload, and end nothing."""
    id = _submit(portal, RUNS)
    if by == "form":
        for number, (path, kind) in enumerate(FORMS):
            fields = {"name": "forged", "script": "true", "scope": "admin", "id": id}
            form = "".join(f'<input name="{n}" value="{v}">' for n, v in fields.items())
            action = portal.url + path.format(id=id)
            body = f'<form method="post" action="{action}" enctype="{kind}">{form}</form>'
            victim.goto(site.page(f"/{number}", body))
            with victim.expect_navigation(url=action) as answer:
                victim.evaluate("document.forms[0].submit()")
            assert answer.value
            assert answer.value.status == 403, path
            if path != "/jobs":
                assert "Nothing was done" in victim.inner_text("main"), path
    else:
        victim.goto(site.page("/", "reads"))
        script = SENDS.replace("PORTAL", portal.url).replace("ID", id)
        victim.evaluate(f"(async () => {{{script}}})()")
    assert "forged" not in _names(portal)
    assert _job(portal, id)["state"] == "RUNNING"
    files = portal.call("GET", f"/jobs/{id}/files").json()["items"]
    assert "forged" not in [file["path"] for file in files]
    victim.goto(f"{portal.url}/account")
    assert victim.url == f"{portal.url}/account"
    portal.call("DELETE", f"/jobs/{id}")


def test_a_page_of_another_port_reads_nothing(
    victim: Page, portal: Portal, site: HostileSite
) -> None:
    """A page of another port reads no page, answer, picture or stream, loads none as its own, and
    has no hold on a window with the portal."""
    id = _submit(portal, WRITES_A_PICTURE)
    victim.goto(site.page("/", "reads"))
    script = READS.replace("PORTAL", portal.url).replace("ID", id)
    victim.evaluate(f"(async () => {{{script}}})()")
    found = victim.evaluate("window.found")
    assert len(found) == 8
    assert {name: text for name, text in found.items() if text} == {}
    portal.call("DELETE", f"/jobs/{id}")


@pytest.mark.parametrize("path", ["/", "/submit", "/login", "/account"])
def test_no_page_is_in_a_frame_of_another_site(
    path: str, victim: Page, portal: Portal, site: HostileSite
) -> None:
    """A page of another port that frames the portal, to have a user click what they do not see,
    gets an empty frame."""
    tags = ("iframe src", "object data", "embed src")
    url = portal.url + path
    frames = "".join(f'<{tag}="{url}" width="800" height="300"></{tag.split()[0]}>' for tag in tags)
    victim.goto(site.page("/", frames))
    victim.wait_for_load_state("networkidle")
    assert [frame.url for frame in victim.frames if frame.url.startswith(portal.url)] == []


def test_a_session_is_not_taken(
    victim: Page, portal: Portal, site: HostileSite, browser: Browser
) -> None:
    """No script reads the cookie. An id that another port has planted is not that of the session
    after the login; a copy of the session's is worth nothing after the logout."""
    [cookie] = [one for one in victim.context.cookies() if one["name"].startswith("dssr_")]
    victim.goto(f"{portal.url}/jobs")
    assert victim.evaluate("document.cookie") == ""
    site.headers["Set-Cookie"] = f"{cookie['name']}={'x' * 43}; Path=/"
    planted = browser.new_context()
    other = planted.new_page()
    other.goto(site.page("/", "plants"))
    portal.log_in(other)
    ids = [one["value"] for one in planted.cookies() if one["name"] == cookie["name"]]
    assert len(ids) == 1
    assert ids[0] not in ("x" * 43, cookie["value"])
    victim.click("form.logout button")
    victim.wait_for_url("**/login?ended=1")
    victim.context.add_cookies(
        [{"name": cookie["name"], "value": cookie["value"], "url": portal.url}]
    )
    victim.goto(f"{portal.url}/jobs")
    assert urlsplit(victim.url).path == "/login"
    planted.close()


def test_a_cookie_beside_the_user_s_own_submits_nothing(
    victim: Page, portal: Portal, browser: Browser
) -> None:
    """An attacker who has a session, and plants its cookie for a longer path, gets no job of the
    user's: a form is of one session."""
    attackers = browser.new_context()
    portal.log_in(attackers.new_page())
    [cookie] = [one for one in attackers.cookies() if one["name"].startswith("dssr_")]
    victim.goto(f"{portal.url}/submit")
    victim.locator("[name=name]").fill("betrayed")
    victim.locator("[name=script]").fill("true\n")
    victim.context.add_cookies([{
        "name": cookie["name"], "value": cookie["value"], "domain": "127.0.0.1", "path": "/jobs",
    }])  # fmt: skip
    with victim.expect_navigation(url=f"{portal.url}/jobs") as answer:
        victim.locator("button[name=submit]").click()
    assert answer.value
    assert answer.value.status == 403
    assert "betrayed" not in _names(portal)
    attackers.close()


def test_the_login_leads_to_no_other_site_in_a_browser(
    context: BrowserContext, page: Page, portal: Portal
) -> None:
    """Wherever a link to the login says that it leads, the browser stays on the portal: each
    spelling, as the bridge answers it, and as a browser reads that."""
    places = []
    for text in ELSEWHERE:
        form = requests.get(f"{portal.url}/login?next={quote(text)}", timeout=30)
        sent = {"token": portal.token, "next": hidden(form, "next")}
        own = {"Origin": portal.url}
        for given in (sent, sent | {"next": text}):
            answer = requests.post(
                f"{portal.url}/login", given, headers=own, timeout=30, allow_redirects=False
            )
            assert answer.status_code == 303, text
            places.append(answer.headers["Location"])
    page.goto(f"{portal.url}/login")
    read = "places => places.map((place) => new URL(place, location.href).origin)"
    assert set(page.evaluate(read, places)) == {portal.url}
    page.goto(f"{portal.url}/login?next=//evil.example")
    page.get_by_label("Token").fill(portal.token)
    page.keyboard.press("Enter")
    ready(page)
    assert page.url == f"{portal.url}/"
