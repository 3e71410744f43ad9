"""The start page."""

import re
import time
from dataclasses import replace
from typing import Any

from dssr.errors import ConnectFailed
from dssr.job import JobState
from dssr.record import Records
from tests.dssr.http.web.browsing import Browser, alerts, states, text_of


def test_jobs_are_by_what_they_do(portal: Any, browser: Browser) -> None:
    """Jobs that run, wait and have ended are in three lists, with the cluster in one line."""
    portal.submit_as(name="ended")
    portal.now += 20
    portal.submit_as(name="running")
    portal.now += 6
    portal.submit_as(name="waiting")
    page = browser.open("/")
    headings = re.findall(r"<h2>([^<]*)</h2>|<a href=\"/jobs/[^\"]*\">([^<]*)</a></td>", page.text)
    assert [a or b for a, b in headings] == [
        *("Running", "running", "Waiting", "waiting", "Ended last", "ended"),
    ]
    assert states(page) == ["RUNNING", "PENDING", "COMPLETED"]
    assert "Dummy" in text_of(page)
    assert "answers." in text_of(page)


def test_a_new_user_finds_the_form(browser: Browser) -> None:
    """Without jobs the lists say that there are none, and the form is one click away."""
    page = browser.open("/")
    assert text_of(page).count("None.") == 3
    assert 'href="/submit"' in page.text


def test_a_silent_cluster_is_said(portal: Any, browser: Browser) -> None:
    """While the cluster does not answer, the page says so once and makes up no empty lists."""

    def silent(*_: object) -> None:
        raise ConnectFailed("The login node cannot be reached.")

    portal.connector.records = silent
    page = browser.open("/")
    assert page.status_code == 200
    assert sum("cannot be reached" in sentence for sentence in alerts(page)) == 1
    assert text_of(page).count("Not known.") == 3


def test_what_was_known_of_a_silent_cluster_is_shown_with_its_age(
    portal: Any, browser: Browser
) -> None:
    """Where jobs were known before the cluster fell silent, one sentence says so with their age,
    and no line says that it answers, or that nothing is known."""
    portal.submit_as(name="waiting")
    browser.open("/")

    def silent(*_: object) -> None:
        raise ConnectFailed("The login node cannot be reached.")

    portal.connector.records = silent
    text = text_of(browser.open("/"))
    assert "cannot be reached. This page shows what was known" in text
    assert ("answers." in text, "Not known." in text, "nothing is known" in text) == (False,) * 3
    assert "waiting" in text


def test_an_unknown_state_is_shown_as_such(portal: Any, browser: Browser) -> None:
    """A job of which there is no evidence is UNKNOWN on each page, and among no jobs of another
    state; the start page has a list for such jobs as soon as there is one."""
    path = browser.submit(name="lost")
    [job] = portal.connector.records().jobs
    unknown = replace(job, state=JobState.UNKNOWN, evidence=())
    portal.connector.records = lambda: Records([unknown], time.monotonic(), 99)
    portal.connector.record = lambda _: unknown
    for page in ("/", "/jobs", "/jobs?state=UNKNOWN", path, f"{path}/output", f"{path}/files"):
        assert states(browser.open(page)) == ["UNKNOWN"], page
    home = text_of(browser.open("/"))
    assert home.count("None.") == 3
    assert home.index("Of an unknown state") < home.index("lost")
    assert "The state rests on: nothing yet." in text_of(browser.open(path))
