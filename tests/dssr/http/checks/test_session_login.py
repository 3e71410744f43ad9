"""A session of the portal at the API for people."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.access.scopes import Scope
from dssr.http.serving import parking
from tests.dssr.http.web.conftest import ServedPortal, serve_portal  # noqa: F401

SUBMISSION = {"script": "#!/bin/bash\ntrue\n"}


@pytest.fixture
def portal(serve_portal: Callable[..., ServedPortal]) -> ServedPortal:  # noqa: F811
    """A portal."""
    return serve_portal()


def test_a_session_reads_the_api(portal: Any) -> None:
    """The API is answered to a browser with a session, as to its token."""
    browser = portal.browser(Scope.READ)
    assert browser.open("/api/v1/jobs").json()["items"] == []


def test_a_session_changes_something_with_origin_and_token(portal: Any) -> None:
    """A script of the portal submits with the header; without it, or from another origin, nothing
    is submitted."""
    browser, url = portal.browser(), f"{portal.url}/jobs"
    own = {"Origin": portal.root, "X-Form-Token": browser.form_token()}
    for wrong in (
        {},
        {"Origin": portal.root},
        own | {"Origin": "http://127.0.0.1:1"},
        own | {"X-Form-Token": "x"},
    ):
        assert browser.post(url, json=SUBMISSION, headers=wrong).status_code == 403, wrong
    assert browser.open("/api/v1/jobs").json()["items"] == []
    assert browser.post(url, json=SUBMISSION, headers=own).status_code == 201


def test_credentials_go_before_a_cookie(portal: Any) -> None:
    """A request with credentials is that of their caller, and needs no token of a form."""
    browser = portal.browser(Scope.READ)
    header = {"Authorization": f"Bearer {portal.tokens[Scope.SUBMIT]}"}
    assert browser.post(f"{portal.url}/jobs", json=SUBMISSION, headers=header).status_code == 201


@pytest.mark.parametrize(
    ("path", "header", "is_use"),
    [
        ("/jobs", {}, True),
        ("/jobs", {"X-Unattended": "1"}, False),
        ("/api/v1/events", {"Accept": "text/event-stream"}, False),
    ],
)
def test_an_open_tab_keeps_no_session(
    path: str, header: dict[str, str], is_use: bool, portal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request is a use of the session, which lasts longer by it. What a tab loads by itself is
    none, nor is a stream, whose session is looked up again and again."""
    monkeypatch.setattr(parking, "CHECK_EVERY", 0.1)
    browser = portal.browser(Scope.READ)
    [session] = (portal.place / "web/sessions").iterdir()
    hour_ago = time.time() - 3600
    os.utime(session, (hour_ago, hour_ago))
    with browser.open(path, headers=header, stream=True) as answer:
        assert answer.status_code == 200
        events = answer.iter_content(1)  # kept: requests closes the connection with it
        next(events)
        if not is_use:
            time.sleep(1)
    assert (session.stat().st_mtime > hour_ago + 60) is is_use


@pytest.mark.parametrize(
    ("cookie", "mode", "asks"),
    [("1", "", False), ("", "cors", False), ("", "same-origin", False), ("", "navigate", True)],
)
def test_a_browser_asks_for_no_password(cookie: str, mode: str, asks: bool, portal: Any) -> None:
    """A page's script without a session gets 401 without the challenge that would make the browser
    ask for a password; a person who opens an address of the API is asked."""
    browser = portal.browser()
    browser.fill_in("/logout")
    if cookie:
        browser.cookies.set("other", cookie)
    answer = browser.open("/api/v1/jobs", headers={"Sec-Fetch-Mode": mode} if mode else {})
    assert answer.status_code == 401
    assert ("Basic" in answer.headers["WWW-Authenticate"]) is asks
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_the_portal_and_the_api_see_one_caller(portal: Any, tmp_path: Path) -> None:
    """A key that a token's owner sent to the API is the same in their session."""
    header = {"Authorization": f"Bearer {portal.tokens[Scope.SUBMIT]}", "Idempotency-Key": "one"}
    first = portal.post("/jobs", json=SUBMISSION, headers=header).json()
    browser = portal.browser()
    own = {"Origin": portal.root, "X-Form-Token": browser.form_token(), "Idempotency-Key": "one"}
    again = browser.post(f"{portal.url}/jobs", json=SUBMISSION, headers=own)
    assert again.json()["id"] == first["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
