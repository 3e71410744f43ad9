"""The page of a job."""

from dataclasses import replace
from typing import Any

import pytest

from dssr.access.scopes import Scope
from dssr.errors import ConnectFailed, NotFound
from dssr.http.web.seen import own_job_seen
from dssr.job import JobState
from dssr.record import OutputPart
from tests.dssr.http.web.browsing import SCRIPT, Browser, alerts, states, text_of


def test_the_page_says_why_first(portal: Any, browser: Browser) -> None:
    """The state is in data-state, and the explanation comes before everything else about the
    job."""
    page = browser.open(browser.submit(name="relax"))
    why = browser.open(f"/api/v1{page.url.removeprefix(portal.root)}/why").json()
    text = text_of(page)
    assert states(page) == ["PENDING"]
    assert -1 < text.index(why["summary"]) < text.index("Times") < text.index("Script")


def test_the_page_follows_the_job(portal: Any, browser: Browser) -> None:
    """The page shows the state, the times and the buttons of each part of a job's life."""
    path = browser.submit()
    seen = []
    for wait in (0, 6, 20):
        portal.now += wait
        page = browser.open(path)
        buttons = [
            word for word in ("Cancel …", "Hold", "Release") if f">{word}</button>" in page.text
        ]
        seen.append((states(page), buttons))
    assert seen == [
        (["PENDING"], ["Cancel …", "Hold"]),
        (["RUNNING"], ["Cancel …"]),
        (["COMPLETED"], []),
    ]
    assert "after 5 s" in text_of(page)


def test_a_job_that_is_being_cancelled_says_so(portal: Any, browser: Browser) -> None:
    """Until the scheduler shows the end that the bridge has ordered, the page says that the job is
    being cancelled, and offers neither that nor anything else that a job that runs has."""
    path = browser.submit()
    portal.now += 6
    [job] = portal.connector.records().jobs
    ending = replace(job, state=JobState.COMPLETING, ordered=1.0)
    portal.connector.record = lambda _: ending
    page = browser.open(path)
    assert "It is being cancelled." in text_of(page)
    assert "runs" not in text_of(page).partition("Times")[0]
    assert ("Cancel …" in page.text, "Hold" in page.text) == (False, False)


def test_the_script_is_shown_as_the_job_runs_it(browser: Browser) -> None:
    """The script on the page is the user's, exactly."""
    page = browser.open(browser.submit())
    assert f'aria-label="Script">\n{SCRIPT}</pre>' in page.text


def test_the_page_says_what_its_commands_lack(browser: Browser) -> None:
    """The commands for a terminal lack what is not kept of a job, and the page names all of it."""
    text = text_of(browser.open(browser.submit()))
    for words in ("Arguments", "environment variables", "input files", "further options"):
        assert words in text
    assert "are not kept: add yours" in text


def test_the_script_is_fetched_once(portal: Any, browser: Browser) -> None:
    """A page that is loaded anew for each event does not fetch the script again."""
    path, asked = f"/jobs/{portal.submit_as(script=SCRIPT)['id']}", list[str]()
    script = portal.connector.script

    def counted(id: str) -> Any:
        asked.append(id)
        return script(id)

    portal.connector.script = counted
    pages = [browser.open(path).text for _ in range(3)]
    assert all(f">\n{SCRIPT}</pre>" in page for page in pages)
    assert len(asked) == 1


def test_a_part_that_cannot_be_had_is_a_sentence(portal: Any, browser: Browser) -> None:
    """When the script is not kept, the page shows the rest, and why that is missing."""
    path = f"/jobs/{portal.submit_as()['id']}"

    def missing(_: str) -> bytes:
        raise NotFound("No script of this job is kept.")

    portal.connector.script = missing
    page = browser.open(path)
    assert (page.status_code, states(page)) == (200, ["PENDING"])
    assert "No script of this job is kept." in text_of(page)


def test_a_silent_cluster_is_said_with_the_age(portal: Any, browser: Browser) -> None:
    """While the cluster does not answer, the page shows what was last known of the job, and says
    how old that is; of a job that was never seen it shows nothing."""
    path = browser.submit()
    browser.open("/jobs")

    def silent(*_: object) -> None:
        raise ConnectFailed("The login node cannot be reached.")

    portal.connector.records = silent
    page = browser.open(path)
    assert (page.status_code, states(page)) == (200, ["PENDING"])
    assert "cannot be reached" in alerts(page)[0]
    assert "what was known" in alerts(page)[0]
    unknown = browser.open("/jobs/never-seen")
    assert (unknown.status_code, states(unknown)) == (503, [])
    assert unknown.headers["Retry-After"]


def test_the_other_pages_of_a_job_need_no_scheduler(portal: Any, browser: Browser) -> None:
    """While the scheduler does not answer, output, files and results of a job that was seen are
    there, and the pages say that the state is an old one."""
    path = browser.submit()
    browser.open("/jobs")
    portal.connector.read_outputs = lambda offsets, limit: {
        ref: OutputPart(b"printed\n", 0, 8) for ref in offsets
    }

    def silent(*_: object) -> None:
        raise ConnectFailed("The login node cannot be reached.")

    portal.connector.records = silent
    page = browser.open(f"{path}/output")
    assert (page.status_code, "printed" in text_of(page)) == (200, True)
    assert "cannot be reached" in alerts(page)[0]
    results = browser.open(f"{path}/results")
    assert (results.status_code, "cannot be reached" in alerts(results)[0]) == (200, True)


@pytest.mark.parametrize("id", ["none", "<b>", "%00", "%F0%9F%98%80", "x" * 500])
def test_an_unknown_job_is_a_page(id: str, browser: Browser) -> None:
    """A link to a job that there is not gets a page that says so."""
    page = browser.open(f"/jobs/{id}")
    assert page.status_code == 404
    assert "<b>" not in page.text


def test_names_that_people_use_find_the_job(portal: Any, browser: Browser) -> None:
    """The scheduler's id and a name that one job has lead to the job."""
    job = portal.submit_as(name="only")
    for name in ("only", job["native_id"]):
        assert states(browser.open(f"/jobs/{name}")) == ["PENDING"]
    portal.submit_as(name="only")
    page = browser.open("/jobs/only")
    assert (page.status_code, "use an id" in alerts(page)[0]) == (409, True)


def test_a_reader_sees_the_job(portal: Any) -> None:
    """Who may only read sees the page of a job, with a sentence and no button but that of the
    logout; what the buttons send is refused."""
    job = portal.submit_as()["id"]
    reader = portal.browser(Scope.READ)
    page = reader.open(f"/jobs/{job}")
    assert states(page) == ["PENDING"]
    assert ("may only read" in text_of(page), page.text.count("<button")) == (True, 1)
    assert reader.fill_in(f"/jobs/{job}/cancel").status_code == 403


def test_an_ended_job_says_what_it_used(
    portal: Any, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of an ended job has what it used of what it asked for, with advice for next time;
    what was not measured is said to be so."""
    path = browser.submit(cores="4", memory="8G", walltime="60")
    assert "Next time" not in browser.open(path).text
    portal.now += 6
    browser.open(path)
    portal.now += 20
    assert "Memory used: not measured" in text_of(browser.open(path))

    def measured(*given: Any) -> Any:
        job, *more = own_job_seen(*given)
        figures: dict[str, Any] = {"elapsed": 100, "cpu_seconds": 100.0, "memory_used_mb": 512}
        return replace(job, record=replace(job.record, **figures)), *more

    monkeypatch.setattr("dssr.http.web.job_page.own_job_seen", measured)
    text = text_of(browser.open(path))
    for part in (
        "Cores busy on average: 1.0 of 4", "Memory used: 512 MB of 8 GB", "Next time",
        "Write --walltime=00:05:00", "Write --cores=1", "Write --memory=768M",
    ):  # fmt: skip
        assert part in text
