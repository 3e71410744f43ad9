"""How a user makes, edits, shares and deletes templates of their own."""

import html
import re

import pytest
import requests

from tests.dssr.http.web.browsing import Browser, alerts, hidden, states, text_of
from tests.dssr.http.web.test_template_pages import Site, alice, output_of, send, site

__all__ = ["alice", "site"]
FIELDS = {
    "name": "mine",
    "title": "Mine",
    "about": "",
    "script": '#!/bin/bash\r\necho "$FIELD_STEPS"\r\n',
    "row-1-name": "steps",
    "row-1-type": "integer",
    "row-1-default": "5",
    "row-1-max": "10",
    "row-2-name": "",
    "row-2-type": "text",
}


def inputs(page: requests.Response) -> dict[str, str]:
    """The fields of the form of a template that have a value."""
    found = re.findall(r'<input(?: type="hidden")? name="([^"]*)" value="([^"]*)"', page.text)
    areas = re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n([^<]*)</textarea>', page.text)
    sent = {name: html.unescape(value) for name, value in [*found, *areas] if value}
    return {name: value for name, value in sent.items() if name != "form_token"}


def save(browser: Browser, **changes: str) -> requests.Response:
    """Save a template."""
    fields = {"was": "", "version": "", **FIELDS, **changes}
    return browser.fill_in("/templates/save", fields)


@pytest.fixture(autouse=True)
def none_of_alice(alice: Browser) -> None:
    """No template is left of the test before."""
    for name in re.findall(r"/templates/own/([^/]*)/edit", alice.open("/templates").text):
        alice.fill_in(f"/templates/own/{name}/delete", {"confirmed": "1"})


def test_a_template_is_made_and_used(alice: Browser) -> None:
    """What is saved is a form, whose job has the values; its lines end as Unix has them."""
    page = save(alice)
    assert page.url.startswith(f"{alice.root}/templates/own/mine?key=")
    job = send(alice, "/templates/own/mine", {"steps": "7"}, None)
    assert output_of(alice, job.url.removeprefix(alice.root)) == "7\n"
    assert send(alice, "/templates/own/mine", {"steps": "11"}, None).status_code == 400


def test_a_bad_edit_loses_nothing(alice: Browser) -> None:
    """An edit with mistakes is in the form with a sentence for each, and the template is as it
    was."""
    save(alice)
    edited = inputs(alice.open("/templates/own/mine/edit"))
    assert (edited["was"], edited["row-1-name"], edited["row-1-max"]) == ("mine", "steps", "10")
    bad = {"row-1-max": "many", "title": "Other", "row-3-name": "x", "row-3-choices": "a\r\nb"}
    page = save(alice, was="mine", version=edited["version"], **bad)
    assert page.status_code == 400
    assert any(
        "'max': 'many'" in sentence
        for sentence in re.findall("<li>(.*)</li>", html.unescape(page.text))
    )
    kept = inputs(page)
    assert (kept["title"], kept["row-1-max"], kept["row-2-choices"]) == ("Other", "many", "a\nb")
    assert inputs(alice.open("/templates/own/mine/edit")) == edited


def test_two_edits_at_once_lose_nothing(alice: Browser) -> None:
    """The second of two edits is shown again, and replaces the first one when it is sent again."""
    save(alice)
    version = inputs(alice.open("/templates/own/mine/edit"))["version"]
    save(alice, was="mine", version=version, title="First")
    page = save(alice, was="mine", version=version, title="Second")
    assert (page.status_code, "changed since" in alerts(page)[0]) == (409, True)
    assert "First" in text_of(alice.open("/templates"))
    save(alice, was="mine", version=hidden(page, "version"), title="Second")
    assert "Second" in text_of(alice.open("/templates"))


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"name": "../x"}, 400, "cannot be a template's name"),
        ({"was": "../../instance"}, 400, "cannot be a template's name"),
        ({"title": ""}, 400, "Nothing was saved"),
        ({"script": "#!/usr/bin/python3\n"}, 400, "Nothing was saved"),
        ({"row-2-name": "steps"}, 400, "Nothing was saved"),
    ],
)
def test_what_is_no_template_is_not_saved(
    changes: dict[str, str], status: int, words: str, alice: Browser
) -> None:
    """What cannot be a template is refused, and there is none."""
    page = save(alice, **changes)
    assert (page.status_code, words in alerts(page)[0]) == (status, True)
    assert "/edit" not in alice.open("/templates").text


def test_a_form_of_a_job_becomes_a_template(alice: Browser) -> None:
    """What the form of a job has are the defaults of the template, which nothing has saved yet."""
    form = {"name": "Relax 7", "script": "sleep 1\n", "walltime": "10", "environment": "A=1\r\nB=2"}
    page = alice.fill_in("/templates/new", alice.new_form(**form))
    found = inputs(page)
    assert (found["name"], found["title"]) == ("relax-7", "Relax 7")
    assert {found["row-1-name"], found["row-2-name"]} == {"walltime", "environment"}
    assert "/edit" not in alice.open("/templates").text
    assert alice.fill_in("/templates/save", found).status_code == 200
    used = alice.open("/templates/own/relax-7")
    assert 'name="field-walltime" value="10"' in used.text
    assert "A=1\nB=2</textarea>" in used.text


def test_a_job_becomes_a_template(alice: Browser) -> None:
    """The page of a job leads to a template that asks for the same."""
    path = alice.submit(name="past", script="#!/bin/bash\ntrue\n", walltime="15")
    assert f"/templates/new?from={path.rpartition('/')[2]}" in alice.open(path).text
    found = inputs(alice.open(f"/templates/new?from={path.rpartition('/')[2]}"))
    assert (found["title"], found["script"]) == ("past", "#!/bin/bash\ntrue\n")
    assert "00:15:00" in found.values()


def test_what_is_shared_is_used_and_copied_but_not_edited(site: Site, alice: Browser) -> None:
    """Another user uses and copies a shared template; edits and deletes are its owner's."""
    bob = site.browser("bob")
    save(alice)
    assert "Mine" not in text_of(bob.open("/templates"))
    version = inputs(alice.open("/templates/own/mine/edit"))["version"]
    save(alice, was="mine", version=version, shared="true")
    page = bob.open("/templates")
    assert "Mine shared by alice" in text_of(page)
    [path] = re.findall(r'href="(/templates/[0-9a-f]{24}/mine)"', page.text)
    job = send(bob, path, {"steps": "3"}, None)
    label = bob.open(f"/api/v1{job.url.removeprefix(bob.root)}").json()["labels"]["template"]
    assert label == "alice/mine"
    copy = inputs(bob.open(f"/templates/new?template={path.removeprefix('/templates/')}"))
    assert (copy["name"], copy["script"]) == (
        "mine-copy",
        'echo "$FIELD_STEPS"\n'.join(["#!/bin/bash\n", ""]),
    )
    for answer in (
        bob.open("/templates/own/mine/edit"),
        bob.fill_in("/templates/own/mine/delete", {"confirmed": "1"}),
    ):
        assert answer.status_code == 404


def test_a_script_that_was_changed_meanwhile_is_not_run(site: Site, alice: Browser) -> None:
    """Who fills in a template submits the script that they have seen: after an edit of its owner,
    the form is shown again with the new one, and is submitted when it is sent once more."""
    bob = site.browser("bob")
    save(alice, shared="true")
    [path] = re.findall(r'href="(/templates/[0-9a-f]{24}/mine)"', bob.open("/templates").text)
    fields = {"version": hidden(bob.open(path), "version"), "steps": "3"}
    version = inputs(alice.open("/templates/own/mine/edit"))["version"]
    save(alice, was="mine", version=version, shared="true", script="#!/bin/bash\necho other\n")
    page = send(bob, path, fields, None)
    assert (page.status_code, "has changed since" in alerts(page)[0]) == (409, True)
    assert "echo other" in page.text
    again = send(bob, path, fields | {"version": hidden(page, "version")}, None)
    assert output_of(bob, again.url.removeprefix(bob.root)) == "other\n"


def test_what_another_user_wrote_is_text(site: Site, alice: Browser) -> None:
    """Nothing in a shared template is markup for those who look at it, use it and copy it."""
    hostile = "'\"><script>alert(1)</script>"
    texts = {"title": hostile, "about": hostile, "script": f"#!/bin/bash\n# {hostile}\n"}
    rows = {"row-1-type": "text", "row-1-max": "", "row-1-default": hostile, "row-1-help": hostile}
    rows |= {"row-1-label": hostile, "row-2-name": "b", "row-2-choices": hostile}
    page = save(alice, shared="true", **texts, **rows)
    assert page.url.startswith(f"{alice.root}/templates/own/mine"), alerts(page)
    bob = site.browser("bob")
    listed = bob.open("/templates")
    [path] = re.findall(r'href="(/templates/[0-9a-f]{24}/mine)"', listed.text)
    copy = bob.open(f"/templates/new?template={path.removeprefix('/templates/')}")
    edit = alice.open("/templates/own/mine/edit")
    for page in (listed, bob.open(path), copy, edit):
        assert "<script>alert" not in page.text
        assert "<script>alert(1)</script>" in html.unescape(page.text)
    assert inputs(edit)["row-1-default"] == hostile


def test_a_template_is_deleted_after_a_question(alice: Browser) -> None:
    """The first click asks, and the second one deletes."""
    save(alice)
    page = alice.fill_in("/templates/own/mine/delete")
    assert "Delete the template mine?" in text_of(page)
    assert alice.open("/templates/own/mine/edit").status_code == 200
    alice.fill_in("/templates/own/mine/delete", {"confirmed": "1"})
    assert alice.open("/templates/own/mine/edit").status_code == 404


def test_a_site_s_template_with_files_is_not_copied(alice: Browser) -> None:
    """A copy would lack the files that its script needs."""
    assert alice.open("/templates/new?template=site/fit").status_code == 400


def test_an_edit_comes_back_after_the_login(site: Site, alice: Browser) -> None:
    """What a user had written when the session ended is in the form after the next login."""
    kept = {f"kept.{name}": value for name, value in {**FIELDS, "was": "", "version": ""}.items()}
    sent = {"token": site.tokens["alice"][1], "next": "/", **kept}
    page = alice.post(f"{site.root}/login", data=sent, headers={"Origin": site.root}, timeout=30)
    assert inputs(page)["row-1-max"] == "10"


def test_a_template_that_holds_its_jobs_does_so_with_files(alice: Browser) -> None:
    """A job whose script asks to be held stays so when its files have arrived."""
    file = {"row-2-name": "data", "row-2-type": "file"}
    save(alice, script="#!/bin/bash\n#SBATCH --hold\ntrue\n", **file)
    page = send(alice, "/templates/own/mine", {"steps": "7"})
    assert states(page) == ["HELD"], alerts(page)


def test_a_form_of_an_own_template_comes_back_after_the_login(site: Site, alice: Browser) -> None:
    """What a user had filled in when the session ended is in the form of their own template."""
    save(alice)
    kept = {"kept.template": "own/mine", "kept.field-steps": "7", "kept.version": "before"}
    sent = {"token": site.tokens["alice"][1], "next": "/", **kept}
    page = alice.post(f"{site.root}/login", data=sent, headers={"Origin": site.root}, timeout=30)
    assert 'name="field-steps" value="7"' in page.text
    assert "has changed since" in alerts(page)[0]


def test_a_login_with_a_form_that_is_gone_is_one(site: Site) -> None:
    """Where the template of a kept form was deleted meanwhile, its user is logged in, and reads
    so."""
    browser = Browser(site.root)
    sent = {"token": site.tokens["alice"][1], "next": "/", "kept.template": "own/gone"}
    page = browser.post(f"{site.root}/login", data=sent, headers={"Origin": site.root}, timeout=30)
    assert (page.status_code, "renamed or deleted" in alerts(page)[0]) == (404, True)
    assert browser.open("/templates", allow_redirects=False).status_code == 200
