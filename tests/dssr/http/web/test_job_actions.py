"""The buttons of a job."""

import re
from typing import Any

import pytest

from dssr.errors import ConnectFailed
from dssr.http.web.job_actions import MOST
from tests.dssr.http.web.browsing import Browser, alerts, states, text_of


def test_the_buttons_do_what_they_say(portal: Any, browser: Browser) -> None:
    """A job is held, released and cancelled by its page, which is shown again each time. Before
    the cancellation the page asks once more."""
    path = browser.submit()
    for button, state in (("hold", "HELD"), ("release", "PENDING"), ("cancel", "CANCELLED")):
        page = browser.fill_in(f"{path}/{button}")
        if button == "cancel":
            assert ("Cancel 1 job?" in text_of(page), states(page)) == (True, ["PENDING"])
            page = browser.fill_in(f"{path}/{button}", {"confirmed": "1"})
        assert (page.url, states(page)) == (portal.root + path, [state])


def test_what_is_not_possible_is_a_sentence(portal: Any, browser: Browser) -> None:
    """A job that runs cannot be held: the page says why, and what to do instead."""
    path = browser.submit()
    portal.now += 6
    page = browser.fill_in(f"{path}/hold")
    assert (page.status_code, "cancel it" in alerts(page)[0]) == (409, True)


def test_several_jobs_are_cancelled_after_a_look(portal: Any, browser: Browser) -> None:
    """The chosen jobs are listed first, and cancelled when that list is confirmed."""
    ids = [portal.submit_as(name=f"job{n}")["id"] for n in range(3)]
    chosen = [("id", id) for id in ids[:2]]
    listed = browser.fill_in("/jobs/cancel", chosen_fields(browser, chosen))
    assert "Cancel 2 jobs?" in text_of(listed)
    assert states(browser.open("/jobs")) == ["PENDING"] * 3
    browser.fill_in("/jobs/cancel", chosen_fields(browser, [*chosen, ("confirmed", "1")]))
    assert states(browser.open("/jobs")) == ["PENDING", "CANCELLED", "CANCELLED"]


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_none_and_too_many_are_refused(count: int, portal: Any, browser: Browser) -> None:
    """Without a choice nothing is cancelled, and a page of the table is the most at once."""
    ids = [portal.submit_as()["id"] for _ in range(count)]
    fields = chosen_fields(browser, [("confirmed", "1"), *(("id", id) for id in ids)])
    page = browser.fill_in("/jobs/cancel", fields)
    assert (page.status_code, "Choose 1 to 50 jobs" in alerts(page)[0]) == (400, True)
    assert set(states(browser.open("/jobs"))) <= {"PENDING"}


def test_jobs_that_could_not_be_cancelled_are_named(portal: Any, browser: Browser) -> None:
    """Where one of several jobs cannot be cancelled, the others are, and the page has those that
    are left, with the reason."""
    jobs = [portal.submit_as(name=f"job{n}") for n in range(3)]
    cancel = portal.connector.cancel

    def silent_for_one(ref: Any) -> None:
        if ref.name == "job1":
            raise ConnectFailed("The login node cannot be reached.")
        cancel(ref)

    portal.connector.cancel = silent_for_one
    fields = [("confirmed", "1"), *(("id", job["id"]) for job in jobs)]
    page = browser.fill_in("/jobs/cancel", chosen_fields(browser, fields))
    assert page.status_code == 503
    assert "2 of 3 jobs are cancelled" in alerts(page)[0]
    assert "cannot be reached" in alerts(page)[0]
    assert re.findall('name="id" value="([^"]*)"', page.text) == [jobs[1]["id"]]
    assert states(browser.open("/jobs")) == ["CANCELLED", "PENDING", "CANCELLED"]


def test_an_order_that_failed_is_not_offered_as_a_link(portal: Any, browser: Browser) -> None:
    """A page of an error that comes from a button has no link that would only open it."""
    path = browser.submit()

    def silent(*_: object) -> None:
        raise ConnectFailed("The login node cannot be reached.")

    portal.connector.hold = silent
    page = browser.fill_in(f"{path}/hold")
    assert (page.status_code, "Try again" in page.text) == (503, False)
    portal.connector.records = silent
    assert "Try again" in browser.open("/jobs/never-seen").text


def chosen_fields(browser: Browser, fields: list[tuple[str, str]]) -> dict[str, Any]:
    """Fields of which one comes several times."""
    names = dict.fromkeys(name for name, _ in fields)
    return {name: [value for other, value in fields if other == name] for name in names}
