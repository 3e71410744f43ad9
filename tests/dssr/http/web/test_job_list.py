"""The table of jobs."""

import re
from typing import Any

import pytest

from dssr.access.scopes import Scope
from dssr.errors import ConnectFailed
from dssr.http.web.job_list import FIRST, ROWS
from tests.dssr.http.web.browsing import Browser, alerts, states, text_of


def _names(page: Any) -> list[str]:
    return re.findall(r'<a href="/jobs/[^"]*">([^<]*)</a></td>', page.text)


def _fail(portal: Any) -> None:
    def silent(*_: object) -> None:
        raise ConnectFailed("The login node <b>login</b> cannot be reached.")

    portal.connector.records = silent


def test_the_table_has_fifty_rows_and_leads_to_older_jobs(portal: Any, browser: Browser) -> None:
    """A page has 50 jobs, the newest first, and the link to the next page has the filter."""
    for number in range(ROWS + 3):
        portal.submit_as(name=f"job{number}")
    page = browser.open("/jobs?state=active")
    assert _names(page) == [f"job{number}" for number in range(ROWS + 2, 2, -1)]
    [older] = re.findall(r'rel="next" href="([^"]*)"', page.text)
    assert "state=active" in older
    rest = browser.open(older.replace("&amp;", "&"))
    assert _names(rest) == ["job2", "job1", "job0"]
    assert "Newest jobs" in text_of(rest)
    assert "Older jobs" not in text_of(rest)


def test_a_reader_chooses_no_jobs(portal: Any) -> None:
    """Who may only read sees the table with a sentence, and no button but that of the filter and
    that of the logout."""
    portal.submit_as(name="one")
    page = portal.browser(Scope.READ).open("/jobs")
    assert (_names(page), "may only read" in text_of(page)) == (["one"], True)
    assert (page.text.count("<button"), 'type="checkbox"' in page.text) == (2, False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=one", ["one"]),
        ("name=none", []),
        ("state=active", ["two", "one"]),
        ("state=ended", []),
        ("state=PENDING", ["two", "one"]),
        ("partition=nowhere", []),
        ("user=nobody", []),
        ("state=nonsense", ["two", "one"]),
    ],
)
def test_the_filter_is_in_the_url(
    query: str, expected: list[str], portal: Any, browser: Browser
) -> None:
    """Each filter shows the jobs that are so, and a page without jobs says so."""
    for name in ("one", "two"):
        portal.submit_as(name=name)
    page = browser.open(f"/jobs?{query}")
    assert _names(page) == expected
    assert expected or "No job is like that." in text_of(page)


def test_the_rows_of_all_jobs_are_for_the_script(portal: Any, browser: Browser) -> None:
    """The page names where all rows are; they come compressed, and later only what has changed,
    with its age."""
    first, second = (portal.submit_as(name=name)["id"] for name in ("one", "two"))
    [link] = re.findall('data-all-jobs="([^"]*)"', browser.open("/jobs").text)
    answer = browser.open(link)
    found = answer.json()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert [row[0] for row in found["rows"]] == [second, first]
    browser.fill_in(f"/jobs/{first}/cancel", {"confirmed": "1"})
    changed = browser.open(f"{link}?since={found['version']}").json()
    assert [row[:4] for row in changed["rows"]] == [[first, first, "one", "CANCELLED"]]
    assert changed["version"] != found["version"]
    assert (changed["problem"], changed["age"] >= 0, changed["clock"] > 0) == ("", True, True)
    plain = browser.open(link, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_a_page_begins_with_some_rows(portal: Any, browser: Browser) -> None:
    """Who has no version gets the newest rows that the filter of the page shows, compressed, and
    how many there are."""
    for number in range(FIRST + 2):
        portal.submit_as(name=f"job{number}")
    answer = browser.open("/jobs.json?since=none")
    found = answer.json()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert [row[2] for row in found["rows"]] == [f"job{n}" for n in range(FIRST + 1, 1, -1)]
    assert (found["anew"], found["total"], found["count"]) == (True, FIRST + 2, FIRST + 2)
    link = f"/jobs.json?name=job1&state=active&since={found['version']}"
    later = browser.open(link).json()
    assert (later["anew"], later["total"], later["count"]) == (False, FIRST + 2, 13)
    assert later["rows"] == []
    assert len(browser.open("/jobs.json?name=job1&since=x").json()["rows"]) == 13


def test_rows_of_a_silent_cluster_have_their_age(portal: Any, browser: Browser) -> None:
    """While the cluster does not answer, the rows are as they were last seen, with the reason;
    before its first answer there is no age."""
    _fail(portal)
    assert browser.open("/jobs.json?since=").json()["age"] is None
    del portal.connector.records
    portal.submit_as(name="seen")
    version = browser.open("/jobs.json").json()["version"]
    _fail(portal)
    answer = browser.open(f"/jobs.json?since={version}").json()
    assert "cannot be reached" in answer["problem"]
    assert (answer["rows"], answer["age"] >= 0) == ([], True)


def test_rows_and_list_need_a_login(portal: Any) -> None:
    """Without a session neither the rows nor the list are there."""
    for path in ("/jobs.json", "/jobs.csv"):
        assert Browser(portal.root).open(path, allow_redirects=False).status_code == 303


def test_the_list_is_a_file(portal: Any, browser: Browser) -> None:
    """The page leads to its list as CSV, with the same filter and all of its jobs; while the
    cluster does not answer there is none."""
    for number in range(ROWS + 3):
        portal.submit_as(name=f"job{number}")
    page = browser.open("/jobs?name=job&state=active")
    [link] = re.findall('href="([^"]*)" download data-csv', page.text)
    answer = browser.open(link.replace("&amp;", "&"))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(answer.text.splitlines()) == 1 + ROWS + 3
    assert len(browser.open("/jobs.csv?name=job7").text.splitlines()) == 2
    _fail(portal)
    assert browser.open("/jobs.csv").status_code == 503


def test_a_bad_cursor_is_a_sentence(browser: Browser) -> None:
    """A link with a cursor that was changed gets a page with the reason."""
    page = browser.open("/jobs?after=x")
    assert (page.status_code, "cursor" in alerts(page)[0]) == (400, True)


def test_a_silent_cluster_is_said_with_the_age(portal: Any, browser: Browser) -> None:
    """While the cluster does not answer, the page says so, shows the jobs as they were last seen,
    and how long ago that was."""
    portal.submit_as(name="seen")
    browser.open("/jobs")
    _fail(portal)
    page = browser.open("/jobs")
    assert (page.status_code, _names(page)) == (200, ["seen"])
    assert "The login node <b>login</b> cannot be reached." in alerts(page)[0]
    assert "what was known" in alerts(page)[0]
    assert "<b>" not in page.text


def test_nothing_is_made_up_before_the_first_answer(portal: Any, browser: Browser) -> None:
    """When the cluster has never answered, the page does not say that there are no jobs."""
    _fail(portal)
    page = browser.open("/jobs")
    assert "nothing is known" in alerts(page)[0]
    assert states(page) == []
    assert "There are no jobs" not in text_of(page)


def test_hostile_names_are_text(portal: Any, browser: Browser) -> None:
    """What a user wrote into a job is text on the page, whatever it looks like."""
    portal.submit_as(name="a", labels={"x": "<script>alert(1)</script>\"' onload=x"})
    job = browser.open("/api/v1/jobs").json()["items"][0]["id"]
    page = browser.open(f"/jobs/{job}")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>" not in page.text
