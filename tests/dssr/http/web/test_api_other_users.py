"""Where jobs have owners, another user finds none of their pages, files and streams."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from dssr.access.scopes import Scope
from tests.dssr.http.v1.test_ownership import owner_of
from tests.dssr.http.web.browsing import Browser, alerts

PAGES = (
    *("", "/output", "/output?q=a", "/files", "/files/a", "/files/a?raw=1", "/results"),
    *("/chart?file=a.csv",),
)
ORDERS = ("/cancel", "/hold", "/release", "/upload")
OF_THE_API = ("/script", "/output", "/output?follow=true", "/files", "/files/a", "/archive.zip")


@pytest.fixture
def job(portal: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a job of alice."""
    monkeypatch.setattr(portal.bridge, "owner", owner_of)
    header = {"Authorization": f"Bearer {portal.tokens[Scope.SUBMIT]}", "Dssr-User-Token": "alice"}
    return str(portal.post("/jobs", json={"script": "true\n"}, headers=header).json()["id"])


@pytest.fixture
def visit(portal: Any, job: str) -> Callable[..., requests.Response]:
    """Opens a path in the browser of a user, who has logged in."""

    def open_as(user: str, path: str) -> requests.Response:
        browser: Browser = portal.browser()
        browser.headers["Dssr-User-Token"] = user
        return browser.open(path)

    return open_as


def test_another_user_finds_nothing(
    job: str, visit: Callable[..., requests.Response], portal: Any
) -> None:
    """Each page and stream of alice's job is 404 for bob, with nothing of it; for alice it is
    there."""
    paths = [f"/jobs/{job}{path}" for path in PAGES]
    paths += [f"/follow/jobs/{job}/output", f"/submit?key={'k' * 20}&from={job}"]
    paths += [f"/api/v1/jobs/{job}{path}" for path in OF_THE_API]
    for path in paths:
        answer = visit("bob", path)
        assert answer.status_code == 404, path
        assert "true" not in answer.text.replace('"true"', ""), path
    assert visit("alice", f"/jobs/{job}").status_code == 200


@pytest.mark.parametrize("order", ORDERS)
def test_another_user_orders_nothing(order: str, job: str, portal: Any) -> None:
    """bob's forms for alice's job are 404, and the job is as it was."""
    browser: Browser = portal.browser()
    browser.headers["Dssr-User-Token"] = "bob"
    files = {"file": ("x", b"x")} if order == "/upload" else None
    answer = browser.fill_in(f"/jobs/{job}{order}", files=files)
    assert answer.status_code == 404
    assert "only its owner" in alerts(answer)[0]
    header = {"Authorization": f"Bearer {portal.tokens[Scope.SUBMIT]}"}
    assert portal.get(f"/jobs/{job}", headers=header).json()["state"] == "PENDING"
