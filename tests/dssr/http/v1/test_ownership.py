"""Where jobs have owners, their owners alone read what they write, and change them."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from dssr.errors import Denied
from tests.dssr.http.v1.conftest import Served

READ = ["/files", "/files/a", "/archive.zip", "/script", "/output", "/output?follow=true", "/why"]
ORDERS = [("DELETE", ""), ("POST", "/hold"), ("POST", "/release")]


def owner_of(token: str) -> str:
    """The user whom a token names, as where jobs have owners."""
    if not token:
        raise Denied("This bridge runs jobs as the user who submits: send that user's token.")
    return token


@pytest.fixture
def owned(v1: Served, monkeypatch: pytest.MonkeyPatch) -> Callable[..., requests.Response]:
    """Sends a request about a job of alice, with the token given."""
    monkeypatch.setattr(v1.bridge, "owner", owner_of)
    sent = {"Dssr-User-Token": "alice"}
    job = v1.post("/jobs", json={"script": "true\n"}, headers=sent).json()

    def call(token: str, path: str, method: str = "GET", **more: Any) -> requests.Response:
        headers = {"Dssr-User-Token": token} if token else {}
        return v1.call(method, f"/jobs/{job['id']}{path}", headers=headers, **more)

    return call


@pytest.mark.parametrize("path", READ)
def test_a_reader_is_the_owner(owned: Callable[..., requests.Response], path: str) -> None:
    """Another user's token gets 404 for whatever a job has written, and no token gets 403."""
    answer = owned("bob", path)
    assert answer.status_code == 404
    assert "only its owner reads" in answer.json()["detail"]
    assert owned("", path).status_code == 403


@pytest.mark.parametrize(("method", "path"), ORDERS)
def test_an_order_is_the_owners(
    owned: Callable[..., requests.Response], method: str, path: str
) -> None:
    """Another user's token gets 404 for an order and no token 403; nothing is done to the job."""
    answer = owned("bob", path, method)
    assert answer.status_code == 404
    assert "cancels, holds or releases it" in answer.json()["detail"]
    assert owned("", path, method).status_code == 403
    assert owned("alice", "").json()["state"] == "PENDING"
    assert owned("alice", path, method).status_code in (200, 202)


def test_a_writer_is_the_owner(owned: Callable[..., requests.Response]) -> None:
    """A file is written by the owner of the job, and by no other user."""
    answer = owned("bob", "/files/a", "PUT", data=b"x")
    assert answer.status_code == 404
    assert "only its owner reads" in answer.json()["detail"]
    assert owned("", "/files/a", "PUT", data=b"x").status_code == 403


def test_the_owner_gets_their_own(owned: Callable[..., requests.Response]) -> None:
    """The owner's token opens what is theirs."""
    assert owned("alice", "/output").status_code == 200
    assert owned("alice", "/script").text == "true\n"
    listed = owned("alice", "/files")
    assert listed.status_code == 200, listed.text
