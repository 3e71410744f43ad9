"""The form of a job, and what it submits."""

import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from dssr.errors import OutcomeUnknown, RefusedRequest
from tests.dssr.http.web.browsing import SCRIPT, Browser, alerts, hidden, states, text_of


def _count(browser: Browser) -> int:
    return len(browser.open("/api/v1/jobs").json()["items"])


def test_a_form_submits_a_job_and_ends_on_its_page(portal: Any, browser: Browser) -> None:
    """The form's job asks for what is in the fields, and the browser is on its page afterwards."""
    form = browser.new_form(nodes="2", cores="4", walltime="00:10:00", partition="batch")
    page = browser.fill_in("/jobs", form)
    [job] = browser.open("/api/v1/jobs").json()["items"]
    assert page.url == f"{portal.root}/jobs/{job['id']}"
    assert states(page) == [job["state"]]
    assert (job["name"], job["node_count"], job["walltime_seconds"]) == ("relax", 2, 600)
    assert job["partition"] == "batch"


def test_the_job_runs_the_script_as_it_was_written(portal: Any, browser: Browser) -> None:
    """A browser sends CRLF, and the script of the job has the line ends that its user wrote."""
    script = "#!/bin/bash\n\n\tprintf 'ä<b>&amp;'  \n"
    path = browser.submit(script=script.replace("\n", "\r\n"))
    found = browser.open(f"/api/v1{path}/script")
    assert found.content == script.encode()


def test_one_form_is_one_job(portal: Any, browser: Browser) -> None:
    """A double click, a reload, and the way back and once more submit one job."""
    form = browser.new_form() | {"form_token": browser.form_token()}
    pages: list[str] = []
    clicks = [
        threading.Thread(target=lambda: pages.append(browser.fill_in("/jobs", form).url))
        for _ in range(4)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    pages.append(browser.fill_in("/jobs", form).url)
    assert len(set(pages)) == 1
    assert _count(browser) == 1


def test_the_way_back_has_the_same_form(browser: Browser) -> None:
    """The form's key is in its URL, so that the page before is the same form, and the link in the
    navigation leads to another one."""
    page = browser.open("/submit")
    key = hidden(page, "key")
    assert f"key={key}" in page.url
    assert hidden(browser.get(page.url), "key") == key
    assert hidden(browser.open("/submit"), "key") != key


def test_a_form_that_was_changed_is_asked_about(browser: Browser) -> None:
    """A form that comes again with other fields submits nothing until it is sent once more, and is
    another job then."""
    form = browser.new_form()
    browser.fill_in("/jobs", form)
    again = browser.fill_in("/jobs", form | {"name": "other"})
    assert (again.status_code, "once more" in alerts(again)[0]) == (409, True)
    assert _count(browser) == 1
    browser.fill_in("/jobs", form | {"name": "other", "key": hidden(again, "key")})
    assert _count(browser) == 2


def test_a_wrong_field_is_shown_and_nothing_is_lost(browser: Browser) -> None:
    """With a wrong field nothing is submitted, its sentence is at the field, and all that was
    written is still there."""
    form = browser.new_form(nodes="many", script="#!/bin/bash\necho '<&\"'\n", labels="a=b")
    page = browser.fill_in("/jobs", form)
    assert page.status_code == 400
    assert alerts(page) == [
        "Nothing was submitted.",
        "'many' must be a whole number of 1 or more.",
    ]
    assert 'value="many"' in page.text
    assert "echo &#39;&lt;&amp;&#34;&#39;" in page.text
    assert hidden(page, "key") == form["key"]
    assert _count(browser) == 0


@pytest.mark.parametrize("script", ["#!/bin/bash\n", "#!/bin/bash\n\n#SBATCH -n 2\n  # later\n"])
def test_a_script_without_a_command_is_not_submitted(script: str, browser: Browser) -> None:
    """The form as it comes, or with comments alone, runs nothing: it is refused at the script, and
    the fields under "More" stay closed."""
    page = browser.fill_in("/jobs", browser.new_form(script=script))
    assert (page.status_code, alerts(page)[1]) == (
        400,
        "The script has no command: write what the job runs.",
    )
    assert "<details>\n<summary>More" in page.text
    assert _count(browser) == 0


def test_a_time_limit_is_taken_as_on_a_terminal(portal: Any, browser: Browser) -> None:
    """The form takes the units that ``dssr submit`` takes."""
    browser.fill_in("/jobs", browser.new_form(walltime="2h"))
    [job] = portal.connector.records().jobs
    assert job.resources.walltime == 7200


def test_a_past_job_is_chosen_by_the_user(browser: Browser) -> None:
    """No past job is chosen beforehand, but that which the form was filled in from."""
    one = browser.submit(name="one").rpartition("/")[2]
    browser.submit(name="two")
    assert " selected" not in browser.open("/submit").text
    again = browser.open(f"/submit?from={one}").text
    assert f'<option value="{one}" selected>' in again


def test_a_form_without_a_key_is_answered(browser: Browser) -> None:
    """A program that sends the form without its key, and a wrong field, gets the form with the
    sentence, as a browser does."""
    page = browser.fill_in("/jobs", {"name": "a b", "script": "true\n"})
    assert page.status_code == 400
    assert "Nothing was submitted." in text_of(page)


def test_a_check_submits_nothing(browser: Browser) -> None:
    """The button Check shows what would be submitted, and keeps the form as it is."""
    form = browser.new_form(check="1", nodes="2")
    page = browser.fill_in("/jobs", form)
    assert (page.status_code, _count(browser)) == (200, 0)
    assert "nothing was submitted" in text_of(page)
    assert "#SBATCH --nodes=2" in page.text
    assert hidden(page, "key") == form["key"]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RefusedRequest("sbatch: error: <b>no</b> such partition"), 422, "<b>no</b> such"),
        (OutcomeUnknown("It is not known.", 7), 503, "it is one job all the same"),
    ],
    ids=lambda value: getattr(type(value), "__name__", ""),
)
def test_a_refusal_is_shown_word_for_word(
    error: Exception, status: int, words: str, portal: Any, browser: Browser
) -> None:
    """What the scheduler says is shown as it says it, in the form with all that was written."""
    form = browser.new_form()

    def refuse(*_: object) -> None:
        raise error

    portal.connector.submit = refuse
    page = browser.fill_in("/jobs", form)
    assert page.status_code == status
    assert words in alerts(page)[0]
    assert "<b>" not in page.text
    assert hidden(page, "key") == form["key"]
    del portal.connector.submit
    assert "/jobs/" in browser.fill_in("/jobs", form).url


@pytest.mark.parametrize(
    "query", ["endpoint=x", "self=x", "_scheme=http", "_external=1", "_anchor=x", "_method=POST"]
)
def test_a_link_to_the_form_carries_what_it_knows(
    query: str, portal: Any, browser: Browser
) -> None:
    """Only the past job and the place to return to go on from the link to the form, and no name
    has a meaning beyond it."""
    link = f"/submit?{query}&return_to=https://a.example/x"
    answer = browser.open(link, allow_redirects=False)
    form = re.escape("return_to=https://a.example/x")
    assert re.fullmatch(rf"/submit\?{form}&key=[\w-]+", unquote(answer.headers["Location"]))


def test_a_place_to_return_to_is_short(portal: Any, browser: Browser) -> None:
    """A place that would make the address of a page too long is left out, before and after the
    submission."""
    place = "https://a.example/" + "x" * 1000
    assert "return_to" not in browser.open(f"/submit?return_to={place}").url
    page = browser.fill_in("/jobs", browser.new_form(return_to=place))
    assert re.fullmatch(f"{portal.root}/jobs/[^?]+", page.url)


def test_a_job_can_be_submitted_again(browser: Browser) -> None:
    """The form that a past job's page leads to has its name and script."""
    path = browser.submit(name="again", nodes="3", image="")
    job = path.rpartition("/")[2]
    page = browser.open(f"/submit?from={job}")
    assert 'value="again"' in page.text
    assert 'name="nodes" value="3"' in page.text
    assert SCRIPT.strip() in page.text
    assert "key=" in page.url
    assert browser.open("/submit?from=none").status_code == 404


def test_submissions_of_a_form_are_in_the_audit_log(
    serve_portal: Callable[..., Any], tmp_path: Any
) -> None:
    """A submission by the form is a line of the audit log, with its caller and the job."""
    portal = serve_portal(audit_log=str(tmp_path / "audit"))
    portal.browser().submit(name="noted")
    _login, line = (tmp_path / "audit").read_text().splitlines()
    for part in ('"caller": "submiter"', '"call": "POST /jobs"', '"name": "noted"', '"jobid": '):
        assert part in line


def test_a_script_that_was_edited_by_hand_is_submitted(portal: Any, browser: Browser) -> None:
    """The script beside the fields, once it is edited, is the job's script as it is, also without
    JavaScript; the page that comes back in between still has it, and says that the fields are
    locked."""
    edited = "#!/bin/bash\r\n#SBATCH --job-name=by-hand --nodes=2\r\necho edited\r\n"
    form = browser.new_form(nodes="many") | {"batch": edited, "shown": "0" * 16}
    page = browser.fill_in("/jobs", form | {"check": "1"})
    assert (page.status_code, "Discard edits?" in text_of(page)) == (200, True)
    assert edited.replace("\r\n", "\n") in page.text
    path = browser.fill_in("/jobs", form).url.removeprefix(portal.root)
    assert browser.open(f"/api/v1{path}/script").text == edited.replace("\r\n", "\n")
    assert browser.open(f"/api/v1{path}").json()["name"] == "by-hand"


def test_edits_are_discarded(browser: Browser) -> None:
    """The button discards the edits: the script is that of the fields again, and nothing is
    submitted."""
    form = browser.new_form(nodes="2") | {"batch": "edited", "shown": "x", "discard": "1"}
    page = browser.fill_in("/jobs", form)
    assert 'data-locked role="status" hidden' in page.text
    assert "#SBATCH --nodes=2\n\necho hi" in page.text
    assert _count(browser) == 0


def test_the_script_of_the_form_is_shown_while_it_is_filled_in(
    portal: Any, browser: Browser
) -> None:
    """The page's script gets the script of the fields, with what is wrong and what the cluster has;
    nothing is submitted, and without the token of a form nothing is shown."""
    form = {"script": "true\r\n", "nodes": "2", "cores": "65", "memory": "lots"}
    found = browser.fill_in("/submit/preview", form).json()
    assert (
        found["script"] == "#!/bin/bash\n#SBATCH --ntasks-per-node=65\n#SBATCH --nodes=2\n\ntrue\n"
    )
    assert list(found["problems"]) == ["memory"]
    assert found["limits"]["excesses"]["cores"] == "No node of this cluster has more than 64."
    assert _count(browser) == 0
    assert browser.fill_in("/submit/preview", form | {"form_token": "x"}).status_code == 403


def test_the_form_is_filled_in_from_a_past_job(browser: Browser) -> None:
    """The form lists the last jobs; one that is chosen fills it in."""
    path = browser.submit(name="before", nodes="2")
    page = browser.open("/submit")
    [job] = re.findall(r'<option value="([^"]*)">before, ', page.text)
    assert job == path.rpartition("/")[2]
    assert 'name="nodes" value="2"' in browser.open(f"/submit?from={job}").text
