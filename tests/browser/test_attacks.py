"""What users and jobs write never becomes a part of a page: it stays text in a real browser."""

import itertools
import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from playwright.sync_api import Dialog, Page
from requests import post

from tests.browser.portal import Portal, ready
from tests.end_to_end.service import eventually

# Each would change the page's title, open a dialog, or call another host.
PAYLOADS = [
    "<script>document.title='hit'</script>",
    "<img src=x onerror=document.title='hit'>",
    "<svg onload=document.title='hit'>",
    "\"><script>document.title='hit'</script>",
    "' autofocus onfocus=document.title='hit' x='",
    "</textarea><script>document.title='hit'</script>",
    "</title><script>document.title='hit'</script>",
    "</pre><script>document.title='hit'</script>",
    "<!--<script>document.title='hit'</script>-->",
    "<iframe srcdoc=\"<script>parent.document.title='hit'</script>\">",
    "<iframe src=javascript:parent.document.title='hit'>",
    "<a href=javascript:document.title='hit' autofocus>x</a>",
    "<form action=//evil.example><button autofocus>x",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css'</style>",
    "<style>body{display:none}</style>",
    "<object data=//evil.example></object>",
    "<embed src=//evil.example>",
    "<details open ontoggle=document.title='hit'>",
    "<video><source onerror=document.title='hit'></video>",
    "<math><mi xlink:href=javascript:document.title='hit'>x",
    "<template><script>document.title='hit'</script></template>",
    "{{ 7 * 7 }}{% raw %}",
    "{{ cycler.__init__.__globals__ }}",
    "${document.title='hit'}",
    "javascript:document.title='hit'",
    "\u202e<script>document.title='hit'</script>",
    "\x1b]0;hit\x07\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07",
    "\x9d0;hit\x9c",
    "\x1b[31m<script>document.title='hit'</script>\x1b[0m",
    "&lt;script&gt;document.title='hit'&lt;/script&gt;",
    "&#60;script>document.title='hit'&#60;/script>",
    "<scr\x00ipt>document.title='hit'</scr\x00ipt>",
    "+ADw-script+AD4-document.title='hit'",
    "<input name=form_token value=x>",
    "<body data-ready onload=document.title='hit'>",
    "<div id=job data-live><div id=main>",
    "<time datetime=\"<img src=x onerror=document.title='hit'>\">",
]
SCRIPT = """#!/bin/bash
cat payloads.txt
while IFS= read -r line; do touch -- "${{line//\\//_}}"; done < payloads.txt
printf '%s\\n' 'a,b"<script>' '1,2' > "<script>.csv"
echo {values} > results.json
exit 1
"""


def _submit(portal: Portal) -> str:
    """Submit a job that prints all of them, has them in its labels, its script, and as the names
    of its files; its id."""
    texts = [text.replace("\x00", "") for text in PAYLOADS]
    plain = [text for text in texts if text.isprintable()]
    values = "'" + json.dumps({text: text for text in plain}).replace("'", "'\\''") + "'"
    lines = "\n".join(texts)
    script = f"cat > payloads.txt <<'EOF'\n{lines}\nEOF\n" + SCRIPT.format(values=values)
    labels = {f"l{nth}": text for nth, text in enumerate(plain)}
    answer = post(
        f"{portal.url}/api/v1/jobs",
        json={"name": "attack", "script": script, "labels": labels},
        headers={"Authorization": f"Bearer {portal.token}"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_nothing_that_was_written_runs(page: Page, portal: Portal) -> None:
    """All payloads together, in a script, labels, output, names of files and results, change no
    page, open no dialog, and reach no other host; no page complains of its policy."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    dialogs: list[str] = []

    def close(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", close)
    job = _submit(portal)
    portal.log_in(page)
    eventually(lambda: _title(page, f"{portal.url}/jobs/{job}").startswith("FAILED"))
    for path in (
        *("", "/output", "/output?q=<script>", "/files", "/results", "/files/payloads.txt"),
        *("/files/results.json", "/files/%3Cscript%3E.csv"),
    ):
        assert "hit" not in _title(page, f"{portal.url}/jobs/{job}{path}"), path
        assert page.locator("main h1").count() == 1, path
        assert page.locator("main").is_visible()
    for path in (f"/submit?from={job}", "/jobs", "/"):
        assert "hit" not in _title(page, portal.url + path), path
    assert dialogs == []
    assert hosts == {portal.url.removeprefix("http://")}


# Where a text of a link's is shown.
SINKS = (
    *("/jobs?name={}", "/jobs?state={}", "/jobs?user={}&partition={}", "/jobs?after={}"),
    *("/jobs/{}", "/jobs/{}/output", "/jobs/JOB/output?q={}", "/jobs/JOB/output?at={}"),
    *("/jobs/JOB/files?path={}", "/jobs/JOB/files/{}", "/jobs/JOB/results?with={}"),
    *("/jobs/JOB/chart?file={}", "/login?next={}", "/submit?return_to={}", "/submit?from={}"),
    *("/account?{}={}", "/static/{}/x", "/{}"),
)
FIELDS = (
    *("name", "script", "partition", "nodes", "cores", "walltime", "memory", "image", "gpus"),
    *("account", "qos", "tasks", "mail_type", "mail_user", "dependency", "modules"),
    *("working_directory", "arguments", "environment", "labels", "options", "key", "return_to"),
)


def test_nothing_of_a_link_or_a_form_runs(page: Page, portal: Portal) -> None:
    """What comes with a link, or in any field of a form, is text on the page that shows it, also
    where that page says what is wrong with it."""
    portal.log_in(page)
    job = portal.call("POST", "/jobs", json={"script": "true\n"}).json()["id"]
    for nth, text in enumerate(PAYLOADS):
        path = SINKS[nth % len(SINKS)].replace("JOB", job).format(*[quote(text, safe="")] * 2)
        page.goto(portal.url + path)
        assert "hit" not in page.title(), path
    token = page.request.get(f"{portal.url}/account").text()
    form = {"form_token": re.findall('name="form_token" value="([^"]*)"', token)[0]}
    for start in range(0, len(PAYLOADS), 8):
        texts = itertools.cycle(PAYLOADS[start : start + 8])
        fields = {name: next(texts).replace("\x00", "") for name in FIELDS}
        _send(page, f"{portal.url}/jobs", form | fields)
        assert "Nothing was submitted" in page.inner_text("main"), fields
        assert "hit" not in page.title()
    for text in PAYLOADS[:8]:
        page.goto(f"{portal.url}/login")
        page.get_by_label("Token").fill(text)
        page.keyboard.press("Enter")
        page.locator("[role=alert]").wait_for()
        assert "hit" not in page.title()


def _send(page: Page, url: str, fields: Mapping[str, str]) -> None:
    """Send a form with these fields from a page of the portal, and wait for the answer's page."""
    page.goto(url)
    script = """([url, fields]) => {
      const form = Object.assign(document.createElement("form"), {method: "post", action: url});
      for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("textarea"), {name, value}));
      }
      document.body.append(form);
      HTMLFormElement.prototype.submit.call(form);
    }"""
    with page.expect_navigation():
        page.evaluate(script, [url, dict(fields)])
    ready(page)


def _title(page: Page, url: str) -> str:
    page.goto(url)
    ready(page)
    return page.title()
