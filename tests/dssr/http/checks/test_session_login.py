"""A session of the portal at the API for people."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.access.scopes import Scope
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


def test_a_browser_asks_for_no_password(portal: Any) -> None:
    """When the session has ended, a script gets 401 without the challenge that would make the
    browser ask for a password."""
    browser = portal.browser()
    browser.fill_in("/logout")
    browser.cookies.set("other", "1")
    answer = browser.open("/api/v1/jobs")
    assert answer.status_code == 401
    assert "Basic" not in answer.headers["WWW-Authenticate"]


def test_the_portal_and_the_api_see_one_caller(portal: Any, tmp_path: Path) -> None:
    """A key that a token's owner sent to the API is the same in their session."""
    header = {"Authorization": f"Bearer {portal.tokens[Scope.SUBMIT]}", "Idempotency-Key": "one"}
    first = portal.post("/jobs", json=SUBMISSION, headers=header).json()
    browser = portal.browser()
    own = {"Origin": portal.root, "X-Form-Token": browser.form_token(), "Idempotency-Key": "one"}
    again = browser.post(f"{portal.url}/jobs", json=SUBMISSION, headers=own)
    assert again.json()["id"] == first["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
