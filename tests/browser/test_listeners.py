"""Listeners by the portal's sessions: a thousand of them, one more, and one whose stream is cut."""

import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.bench.listeners import EACH, listening
from tests.bench.measure import timed
from tests.browser.portal import Portal, ready
from tests.dssr.http.web.browsing import Browser
from tests.faults.relay import Relay

MOST = 1000  # listeners of a bridge
EVENTS = "/api/v1/events"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the portal."""
    return tmp_path_factory.mktemp("portal")


@pytest.fixture(scope="module")
def tokens(place: Path) -> Sequence[str]:
    """Tokens of so many users that each has some of the listeners, before the portal begins."""
    made = [mint(f"user{n}", Scope.SUBMIT, time.time(), None) for n in range(MOST // EACH + 1)]
    for token, _ in made:
        token_file.add(str(place / "tokens.json"), token)
    return [text for _, text in made]


@pytest.fixture(scope="module")
def portal(place: Path, tokens: Sequence[str]) -> Iterator[Portal]:
    """A portal on the embedded default."""
    found = Portal(place)
    yield found
    found.service.stop()


def cookies(portal: Portal, tokens: Sequence[str]) -> Iterator[str]:
    """The cookies of all users, who have logged in."""
    for text in tokens:
        browser = Browser(portal.url)
        assert browser.log_in(text).status_code == 200
        yield "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def submit(portal: Portal, name: str) -> None:
    """A job that is submitted elsewhere."""
    answer = requests.post(
        f"{portal.url}/api/v1/jobs",
        json={"script": "#!/bin/sh\ntrue\n", "name": name},
        headers={"Authorization": f"Bearer {portal.token}"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text


def test_a_thousand_listeners_and_one_more(
    page: Page, portal: Portal, tokens: Sequence[str], record_property: Any
) -> None:
    """A thousand listeners by sessions of the portal leave it answering; the next one gets 503 with
    the time to come back, and its page polls: it shows what has changed all the same."""
    users = list(cookies(portal, tokens))
    portal.log_in(page)
    page.goto(f"{portal.url}/account")
    page.goto("about:blank")  # its stream has ended
    with listening(portal.url, EVENTS, MOST, users) as crowd:
        spent = [timed(lambda: requests.get(f"{portal.url}/live", timeout=60)) for _ in range(50)]
        record_property(
            "figure", f"/live takes {statistics.median(spent):.1f} ms, {MOST} listeners"
        )
        headers = {"Cookie": users[-1], "Accept": "text/event-stream"}
        refused = requests.get(portal.url + EVENTS, headers=headers, timeout=60)
        assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (503, True)
        page.goto(f"{portal.url}/jobs")
        ready(page)
        submit(portal, "polled")
        row = page.locator("tr[data-job]", has_text="polled")
        expect(row.locator("[data-state=COMPLETED]")).to_be_visible(timeout=90_000)
        assert crowd.dropped == 0
        assert crowd.reached(0.0, 60) > 0


def test_a_page_whose_stream_is_cut_misses_nothing(page: Page, portal: Portal) -> None:
    """What happens while a page has no connection to the bridge is on it afterwards."""
    host, port = portal.url.removeprefix("http://").split(":")
    with Relay(host, int(port)) as relay:
        url = f"http://127.0.0.1:{relay.port}"
        page.goto(f"{url}/login")
        page.get_by_label("Token").fill(portal.token)
        page.get_by_role("button", name="Log in").click()
        ready(page)
        page.goto(f"{url}/jobs")
        page.locator("body[data-listens]").wait_for()
        for number in range(2):
            relay.refuse()
            submit(portal, f"unseen{number}")
            relay.listen()
            row = page.locator("tr[data-job]", has_text=f"unseen{number}")
            expect(row.locator("[data-state=COMPLETED]")).to_be_visible(timeout=90_000)
