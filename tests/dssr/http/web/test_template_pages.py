"""The pages of templates, and what their forms do."""

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.errors import Unavailable
from tests.dssr.http.v1.served_files import ServedFiles
from tests.dssr.http.web.browsing import Browser, alerts, hidden, text_of
from tests.end_to_end.service import eventually

TEMPLATE = """\
title: A fit
about: Fits <b> a curve.
fields:
  method: {choices: [exact, robust], default: exact}
  steps: {type: integer, min: 1, max: 1000, default: 200}
  note: {}
  verbose: {type: flag, default: true}
  data: {type: file, required: true, label: Your data}
  cores: {default: 1, locked: true}
"""
JOB = """\
#!/bin/bash
printf '%s|' "$FIELD_METHOD" "$FIELD_STEPS" "$FIELD_NOTE" "$FIELD_VERBOSE" "$FIELD_DATA"
cat "$FIELD_DATA" beside.txt
"""
_BUTTONS = ("check", "key", "version", "return_to")
HOSTILE = "'; touch pwned; \" $(touch pwned) `touch pwned` \\ # <script>"


def write_site(place: Path) -> str:
    """A site's templates: one with files, and one that is broken."""
    (place / "fit" / "files").mkdir(parents=True)
    (place / "fit" / "template.yaml").write_text(TEMPLATE)
    (place / "fit" / "job.sh").write_text(JOB)
    (place / "fit" / "files" / "beside.txt").write_text("beside\n")
    (place / "broken").mkdir()
    (place / "broken" / "template.yaml").write_text("title: [\n")
    return f"{place}/"


class Site(ServedFiles):
    """A portal over this machine's jobs, with a site's templates."""

    def __init__(self, place: Path) -> None:
        self.tokens = {
            name: mint(name, Scope.ADMIN, time.time(), None) for name in ("alice", "bob")
        }
        for token, _ in self.tokens.values():
            token_file.add(f"{place}/tokens", token)
        self.templates = place / "site"
        super().__init__(
            place,
            token=self.tokens["alice"][1],
            web=True,
            web_state=f"{place}/web/",
            web_templates=write_site(place / "site"),
            tokens_file=f"{place}/tokens",
            bind="127.0.0.1",
        )

    def browser(self, name: str) -> Browser:
        """A browser in which that user has logged in."""
        browser = Browser(self.root)
        assert browser.log_in(self.tokens[name][1]).status_code == 200
        return browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The portal."""
    served = Site(tmp_path_factory.mktemp("site"))
    yield served
    served.stop()


@pytest.fixture
def alice(site: Site) -> Browser:
    """A user's browser."""
    return site.browser("alice")


def send(
    browser: Browser, path: str, fields: Mapping[str, str], data: bytes | None = b"1,2\n"
) -> requests.Response:
    """Fill in the form of a template, and send it with a file."""
    page = browser.open(path)
    sent = {name: hidden(page, name) for name in ("form_token", "key")}
    sent |= {"box-verbose": "1"} if 'name="box-verbose"' in page.text else {}
    sent |= {name if name in _BUTTONS else f"field-{name}": fields[name] for name in fields}
    files = {"field-data": ("my peaks.csv", data)} if data is not None else {"none": ("", b"")}
    own = {"Origin": browser.root}
    return browser.post(browser.root + path, data=sent, files=files, headers=own, timeout=60)


def jobs_of(browser: Browser) -> list[str]:
    """The ids of all jobs."""
    return [job["id"] for job in browser.open("/api/v1/jobs").json()["items"]]


def output_of(browser: Browser, path: str) -> str:
    """The output of a job once it has ended."""
    job = f"/api/v1{path}"
    eventually(lambda: browser.open(job).json(), lambda found: found["is_final"], patience=60)
    return browser.open(f"{job}/output").text


def test_the_list_has_what_can_be_used(alice: Browser) -> None:
    """The site's templates are listed, text is text, and one that is broken is left out."""
    page = alice.open("/templates")
    assert 'href="/templates/site/fit"' in page.text
    assert "Fits <b> a curve." in text_of(page)
    assert "broken" not in page.text


def test_the_form_has_the_fields(alice: Browser) -> None:
    """Each field is as it is described, and one that is locked is no input."""
    page = alice.open("/templates/site/fit")
    assert re.search(r'<option value="exact" selected>', page.text)
    assert re.search(r'<input type="file" name="field-data" required>', page.text)
    assert "1 to 1000" in text_of(page)
    assert "field-cores" not in page.text
    assert "beside.txt" in page.text


def test_a_job_has_the_values_and_the_files(alice: Browser) -> None:
    """The job's script finds each value byte for byte and runs none of it, and begins once the
    files are in its working directory."""
    page = send(alice, "/templates/site/fit", {"method": "robust", "note": HOSTILE})
    path = page.url.removeprefix(alice.root)
    assert path.startswith("/jobs/"), alerts(page)
    assert output_of(alice, path) == f"robust|200|{HOSTILE}||data.csv|1,2\nbeside\n"
    names = [item["path"] for item in alice.open(f"/api/v1{path}/files").json()["items"]]
    assert sorted(names) == ["beside.txt", "data.csv"]
    labels = alice.open(f"/api/v1{path}").json()["labels"]
    assert labels["template"] == "site/fit"
    assert labels["data"].startswith("my peaks.csv sha256:")
    assert "export FIELD_METHOD=robust" in alice.open(f"/api/v1{path}/script").text


@pytest.mark.parametrize(
    ("fields", "data", "words"),
    [
        ({"steps": "1001"}, b"1", "1 to 1000"),
        ({"method": "mine"}, b"1", "choose one of exact, robust"),
        ({"cores": "64"}, b"1", "stays so"),
        ({"partition": "gpu"}, b"1", "no field 'partition'"),
        ({"note": "a\nb"}, b"1", "one line"),
        ({}, None, "Fill this in"),
        ({"data": "/etc/passwd"}, None, "Fill this in"),
        ({}, b"", "empty"),
    ],
)
def test_the_server_refuses_what_the_form_does_not_allow(
    fields: dict[str, str], data: bytes | None, words: str, alice: Browser
) -> None:
    """A request that did not come from the page's own inputs is refused, and what was written is
    still in the form."""
    before = jobs_of(alice)
    page = send(alice, "/templates/site/fit", {"steps": "7"} | fields, data)
    assert page.status_code == 400
    assert any(words in sentence for sentence in alerts(page)), alerts(page)
    assert f'value="{fields.get("steps", "7")}"' in page.text
    assert jobs_of(alice) == before


def test_a_form_is_one_job(alice: Browser) -> None:
    """The same form once more is the same job, and with another file it is refused."""
    path = "/templates/site/fit"
    form = {"key": "k" * 24, "steps": "8"}
    one, again = (send(alice, path, form).url for _ in range(2))
    assert one == again
    other = send(alice, path, form, b"other\n")
    assert (other.status_code, "different now" in alerts(other)[0]) == (409, True)


def test_a_job_waits_for_its_files(
    alice: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job whose files did not arrive is held and the page says so; the same form sent again
    goes on, and it is one job."""

    def fail(*given: Any) -> Any:
        raise Unavailable("The cluster is silent.")

    path, form = "/templates/site/fit", {"key": "w" * 24, "steps": "11"}
    with monkeypatch.context() as patch:
        patch.setattr(site.connector, "write_file", fail)
        page = send(alice, path, form)
    assert page.status_code == 503
    assert "is held, because its files are not there: The cluster is silent." in alerts(page)[0]
    job = jobs_of(alice)[0]
    assert alice.open(f"/api/v1/jobs/{job}").json()["state"] == "HELD"
    assert send(alice, path, form).url == f"{alice.root}/jobs/{job}"
    assert output_of(alice, f"/jobs/{job}").endswith("1,2\nbeside\n")


def test_a_file_that_is_too_large_is_refused(alice: Browser) -> None:
    """A form takes files of 8 MB each, says what to do with a larger one, and keeps its fields; it
    takes as much in all as the form of a job."""
    page = send(alice, "/templates/site/fit", {"steps": "7"}, b"x" * (9 << 20))
    assert (page.status_code, 'value="7"' in page.text) == (400, True)
    [said] = [sentence for sentence in alerts(page) if "larger than the 8 MB" in sentence]
    assert said.endswith("upload it to the cluster first.")
    assert send(alice, "/templates/site/fit", {}, b"x" * (17 << 20)).status_code == 413
    for path in ("/templates/site/fit", "/submit"):
        assert "at most 8 MB each, 15 MB in all" in text_of(alice.open(path))


def test_a_user_goes_back_to_where_they_came_from(site: Site, alice: Browser) -> None:
    """A calling site that is named in the link to a template, or in that to a past job of one, is
    named by the link to the new job's page, also after a form that was wrong and after a login."""
    there, query = "https://fit.example.org/7", "return_to=https://fit.example.org/7"
    page = alice.open(f"/templates/site/fit?{query}")
    assert hidden(page, "return_to") == there
    wrong = send(alice, "/templates/site/fit", {"steps": "0", "return_to": there})
    assert (wrong.status_code, hidden(wrong, "return_to")) == (400, there)
    job = send(alice, "/templates/site/fit", {"steps": "14", "return_to": there})
    assert job.url.endswith(f"?{query}")
    past = job.url.partition("?")[0].rpartition("/")[2]
    assert hidden(alice.open(f"/submit?from={past}&{query}"), "return_to") == there
    kept = {"kept.template": "site/fit", "kept.return_to": there}
    sent = kept | {"token": site.tokens["alice"][1]}
    back = alice.post(f"{alice.root}/login", data=sent, headers={"Origin": alice.root}, timeout=30)
    assert hidden(back, "return_to") == there


def test_a_check_submits_nothing(alice: Browser) -> None:
    """A check shows the script with the values, and there is no job."""
    before = jobs_of(alice)
    page = send(alice, "/templates/site/fit", {"check": "1", "steps": "9"})
    assert "export FIELD_STEPS=9" in page.text
    assert jobs_of(alice) == before


@pytest.mark.parametrize("path", ["site/none", "own/none", "none/fit", "site/broken"])
def test_what_there_is_not_is_not_found(path: str, alice: Browser) -> None:
    """A template that is missing or broken is 404."""
    assert alice.open(f"/templates/{path}").status_code == 404


def test_a_field_called_template_leaves_the_label(alice: Browser, site: Site) -> None:
    """The label of the template that a job came from is not replaced by that of a file."""
    (site.templates / "named").mkdir()
    (site.templates / "named" / "template.yaml").write_text(
        "title: Named\nscript: 'true'\nfields: {template: {type: file}}\n"
    )
    page = alice.open("/templates/site/named")
    fields = {name: hidden(page, name) for name in ("form_token", "key")}
    files = [("field-template", ("a.txt", b"1"))]
    job = alice.fill_in("/templates/site/named", fields, files=files).url.rpartition("/")[2]
    assert alice.open(f"/api/v1/jobs/{job}").json()["labels"] == {"template": "site/named"}


def test_the_operator_reads_what_is_broken(site: Site) -> None:
    """The operator's page names each broken template with what is wrong."""
    text = text_of(site.browser("alice").open("/operator"))
    assert "broken is left out: Line 2 is no YAML" in text


def test_a_form_comes_back_after_the_login(site: Site, alice: Browser) -> None:
    """What a user had filled in when the session ended is in the form after the next login."""
    path = "/templates/site/fit"
    alice.open(path)
    fields = {"field-steps": "77", "template": "site/fit", "form_token": alice.form_token()}
    alice.fill_in("/logout")
    login = alice.post(site.root + path, data=fields, headers={"Origin": site.root}, timeout=30)
    assert login.status_code == 401
    kept: dict[str, Any] = {f"kept.{name}": fields[name] for name in ("field-steps", "template")}
    sent = {"token": site.tokens["alice"][1], "next": "/", **kept}
    page = alice.post(f"{site.root}/login", data=sent, headers={"Origin": site.root}, timeout=30)
    assert 'name="kept.field-steps"' in login.text
    assert 'name="field-steps" value="77"' in page.text


def test_a_login_says_which_files_are_to_be_chosen_again(site: Site, alice: Browser) -> None:
    """The form of a template that is back after a login names the files that were in it."""
    alice.open("/templates/site/fit")
    fields = {"template": "site/fit", "form_token": alice.form_token()}
    alice.fill_in("/logout")
    files = {"field-data": ("my peaks.csv", b"1,2\n")}
    own = {"Origin": site.root}
    login = alice.post(f"{site.root}/templates/site/fit", data=fields, files=files, headers=own)
    kept = re.findall(r'name="(kept\.[^"]*)" hidden>\n([^<]*)</textarea>', login.text)
    sent = {"token": site.tokens["alice"][1], "next": "/", **dict(kept)}
    page = alice.post(f"{site.root}/login", data=sent, headers=own, timeout=30)
    assert "choose my peaks.csv again" in text_of(page)
