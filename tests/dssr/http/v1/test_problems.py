"""Errors as RFC 9457 has them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr import errors
from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.http.call import Failure
from dssr.http.v1.models import Problem
from dssr.http.v1.problems import PROBLEMS, render
from tests.dssr.http.test_errors import everything

SLUGS = {
    "BadRequest": (400, "bad-request"), "TooLarge": (413, "too-large"),
    "Unidentified": (401, "unauthenticated"), "Denied": (403, "forbidden"),
    "NotFound": (404, "not-found"), "Conflict": (409, "conflict"),
    "NotFinal": (409, "not-ended"), "TooMany": (429, "too-many-requests"),
    "Refused": (422, "refused-by-scheduler"), "RefusedRequest": (422, "refused-by-scheduler"),
    "Unwritable": (409, "not-written"), "NoSpace": (507, "no-space"), "Busy": (503, "busy"),
    "Stopping": (503, "stopping"),
    "OutcomeUnknown": (503, "outcome-unknown"),
    **dict.fromkeys(("DssrError", "SettingsError", "PluginError"), (500, "internal")),
}  # fmt: skip
OTHERS = (503, "cluster-unavailable")


@pytest.mark.parametrize("cls", everything(errors.DssrError), ids=lambda cls: cls.__name__)
def test_every_error_has_its_slug(
    cls: type[errors.DssrError], v1: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each class of errors has a status and a slug with a page; what a retry can help against is
    transient, and only that has Retry-After."""

    def fail() -> None:
        raise cls(["It is so."]) if cls is errors.SettingsError else cls("It is so.")

    monkeypatch.setattr(v1.connector, "records", fail)
    answer = v1.get("/jobs")
    problem = answer.json()
    Problem.model_validate(problem)
    status, slug = SLUGS.get(cls.__name__, OTHERS)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["type"]) == (
        *(status, status, f"/problems/{slug}"),
    )
    assert problem["detail"] == "It is so."
    assert problem["transient"] == cls.transient
    assert ("Retry-After" in answer.headers) == cls.transient
    assert slug in PROBLEMS


@pytest.mark.parametrize(("status", "slug"), [(408, "request-timeout"), (431, "headers-too-large")])
def test_what_is_no_request_yet_has_its_slug(status: int, slug: str) -> None:
    """A request that never arrives whole has a page that says why."""
    body, _ = render(Failure(status, "It is so."))
    problem = Problem.model_validate_json(body)
    assert problem.type == f"/problems/{slug}"
    assert PROBLEMS[slug].status == status


def test_a_fault_names_the_request_and_shows_no_traceback(
    v1: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault is 500 with the request's id, and nothing of its cause."""
    monkeypatch.setattr(v1.connector, "records", lambda: 1 / 0)
    answer = v1.get("/jobs", headers={"X-Request-Id": "my-request"})
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert "my-request" in answer.json()["detail"]
    assert "Zero" not in answer.text


@pytest.fixture
def token(tmp_path: Path) -> str:
    """A token that may read."""
    entry, text = mint("reader", Scope.READ, time.time(), 1)
    token_file.add(str(tmp_path / "tokens"), entry)
    return text


@pytest.fixture
def protected(serve_dummy: Callable[..., Any], tmp_path: Path, token: str) -> Any:
    """A bridge that knows this token."""
    return serve_dummy(tokens_file=str(tmp_path / "tokens"), bind="127.0.0.1")


@pytest.mark.parametrize("path", ["/jobs", "/nothing"])
def test_a_caller_who_is_not_known_is_401(path: str, protected: Any) -> None:
    """Without credentials a caller learns nothing, not even which calls there are."""
    answer = protected.get(path)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert "WWW-Authenticate" in answer.headers


def test_a_caller_who_may_only_read_is_403(protected: Any, token: str) -> None:
    """A token that may read submits nothing."""
    headers = {"Authorization": f"Bearer {token}"}
    assert protected.get("/jobs", headers=headers).status_code == 200
    answer = protected.post("/jobs", json={"script": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    assert protected.get("/nothing", headers=headers).status_code == 404


def test_https_own_errors_follow_the_same_rules(v1: Any) -> None:
    """Unknown paths, methods, and bodies that are too large are problems with a page, too."""
    unknown = v1.get("/nothing")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")
    assert "GET / lists all calls" in unknown.json()["detail"]
    method = v1.call("PUT", "/jobs")
    assert (method.status_code, method.json()["type"]) == (405, "/problems/method-not-allowed")
    assert method.headers["Allow"] == "GET, HEAD, POST"
    large = v1.call("DELETE", "/jobs/x", data=b"x" * 100_000)
    assert (large.status_code, large.json()["type"]) == (413, "/problems/too-large")


@pytest.mark.parametrize("slug", PROBLEMS)
def test_each_error_has_a_page(slug: str, v1: Any) -> None:
    """The path in ``type`` is a page that says what the error means and what to do."""
    answer = requests.get(f"{v1.root}/problems/{slug}", timeout=30)
    assert answer.status_code == 200
    assert f"<code>{slug}</code>, HTTP status {PROBLEMS[slug].status}" in answer.text
    assert "<h2>What to do</h2>" in answer.text


def test_an_error_that_there_is_not_has_no_page(v1: Any) -> None:
    """The response lists those that there are."""
    answer = requests.get(f"{v1.root}/problems/nothing", timeout=30)
    assert answer.status_code == 404
    assert "bad-request" in answer.text


def test_each_response_names_its_request(v1: Any) -> None:
    """The caller's own id comes back, or else a new one."""
    assert v1.get("/jobs", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    first, second = (v1.get("/nothing").headers["X-Request-Id"] for _ in range(2))
    assert first != second
