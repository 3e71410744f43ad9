"""A second API beside the legacy one: its calls declare what they need, and no other code knows
them.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response, jsonify, request

from dssr import errors
from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.bridge import Bridge
from dssr.deadline import answer_due
from dssr.http.app import create_app
from dssr.http.call import MEGABYTE, Api, Calls, Catalogue, Failure, Needs
from dssr.http.request import current
from dssr.settings import Settings
from tests.dssr.conftest import Served
from tests.dssr.http.raw import port, rest

HUNDRED_KB = 100 * 1024
ERRORS = {"refused": errors.Refused("no"), "late": errors.NotFinal("wait", 7), "fault": KeyError()}


def problem(failure: Failure) -> tuple[str, str]:
    """Render an error as JSON."""
    kind = failure.kind.__name__ if failure.kind else None
    document = {"status": failure.status, "detail": failure.message, "kind": kind}
    return json.dumps(document | {"after": failure.retry_after}), "application/problem+json"


class Second:
    """The second API. ``go``: when a submission ends."""

    def __init__(self) -> None:
        self.go, self.entered = threading.Event(), threading.Semaphore(0)
        self.go.set()
        self.calls = Calls(
            Api(
                "second",
                problem,
                prefix="/api/second",
                statuses={errors.Refused: 422},
                unknown=Scope.READ,
            )
        )
        self.calls.get("/hello", Needs(scope=Scope.NONE, at_once=True))(self.hello)
        self.calls.get("/jobs/<id>", Needs(scope=Scope.READ, statuses={errors.NotFinal: 409}))(
            self.show
        )
        self.calls.post(
            "/jobs",
            Needs(scope=Scope.SUBMIT, body=HUNDRED_KB, is_submission=True, audit=("name",)),
        )(self.new)
        files = Needs(
            scope=Scope.SUBMIT, body=8 * MEGABYTE, audit=("id", "path"), too_large="send parts"
        )
        self.calls.add("PUT", "/jobs/<id>/files/<path:path>", files)(self.put)
        self.calls.get("/time", Needs(scope=Scope.READ, deadline=60.0))(self.time)

    def hello(self) -> Response:
        return jsonify("hello")

    def show(self, id: str) -> Response:
        if id in ERRORS:
            raise ERRORS[id]
        raise errors.NotFound(f"There is no job {id}.")

    def new(self) -> Response:
        current().arguments = {"name": "job", "secret": "MARKED"}
        self.entered.release()
        assert self.go.wait(30)
        return jsonify(len(request.get_data()))

    def put(self, id: str, path: str) -> Response:
        return jsonify(len(request.get_data()))

    def time(self) -> Response:
        return jsonify(answer_due() - time.monotonic())


class Site:
    """A bridge with both APIs, and a caller of each scope."""

    def __init__(self, served: Served, second: Second, texts: dict[str, str], log: Path) -> None:
        self.served, self.second, self._texts, self._log = served, second, texts, log

    def call(self, method: str, path: str, who: str = "", **more: Any) -> requests.Response:
        """Call the second API; ``who``: the scope of the caller's token."""
        headers = {"Authorization": f"Bearer {self._texts[who]}"} if who else {}
        url = f"{self.served.url}/api/second{path}"
        return requests.request(method, url, headers=headers, timeout=30, **more)

    def legacy(self, method: str, path: str, who: str = "", **more: Any) -> requests.Response:
        """Call the legacy API."""
        headers = {"Authorization": f"Bearer {self._texts[who]}"} if who else {}
        return requests.request(method, self.served.url + path, headers=headers, timeout=30, **more)

    def audited(self) -> dict[str, Any]:
        """The last line of the audit log."""
        line: dict[str, Any] = json.loads(self._log.read_text().splitlines()[-1])
        return line


@pytest.fixture
def site(serve: Callable[..., Served], tmp_path: Path) -> Iterator[Site]:
    path, log, texts = str(tmp_path / "tokens"), tmp_path / "audit", {}
    for scope in (Scope.READ, Scope.SUBMIT, Scope.ADMIN):
        token, texts[scope.word] = mint(scope.word, scope, time.time(), 1)
        token_file.add(path, token)
    settings = Settings(
        tokens_file=path, bind="127.0.0.1", audit_log=str(log), submissions=1, rate=0
    )
    second = Second()
    yield Site(serve(settings, second.calls), second, texts, log)
    second.go.set()


def test_every_endpoint_declares_what_it_needs(bridge: Bridge) -> None:
    """Every endpoint has a record that declares its scope."""
    app = create_app(bridge, Settings())
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(Catalogue.of(app).calls) == endpoints


@pytest.mark.parametrize(
    ("method", "path", "who", "status", "kind"),
    [
        ("GET", "/jobs/1", "", 401, "Unidentified"),
        ("POST", "/jobs", "read", 403, "Denied"),
        ("GET", "/jobs/1", "read", 404, "NotFound"),
        ("GET", "/nothing", "read", 404, "NotFound"),
        ("PATCH", "/jobs", "read", 405, None),
        ("GET", "/jobs/refused", "read", 422, "Refused"),
        ("GET", "/jobs/late", "read", 409, "NotFinal"),
        ("GET", "/jobs/fault", "read", 500, None),
    ],
)
def test_an_api_renders_its_errors(
    method: str, path: str, who: str, status: int, kind: str | None, site: Site
) -> None:
    """All errors below an API's prefix have its form, those of the gate and of HTTP too."""
    answer = site.call(method, path, who)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["kind"]) == (status, kind)
    assert answer.json()["after"] == (7 if path == "/jobs/late" else None)
    assert answer.headers.get("Retry-After") == ("7" if path == "/jobs/late" else None)
    legacy = site.legacy("GET", "/nothing", "admin")
    assert (legacy.status_code, legacy.headers["Content-Type"]) == (
        404,
        "text/plain; charset=utf-8",
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /api/second/jobs HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/second/jobs HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
    ids=["chunk", "encoding"],
)
def test_an_api_renders_the_errors_of_the_server(sent: bytes, site: Site) -> None:
    """A request that never reaches the application is refused in the form of the API of its
    path."""
    with socket.create_connection(("127.0.0.1", port(site.served)), timeout=30) as connection:
        connection.sendall(sent)
        head, _, body = rest(connection).partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["status"] == int(head.split()[1])


def as_chunks(data: bytes) -> Iterator[bytes]:
    return (data[i : i + 8192] for i in range(0, len(data), 8192))


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "size", "words"),
    [
        ("POST", "/jobs", HUNDRED_KB, "larger than the 100 KB that this call takes: send less."),
        (
            "PUT",
            "/jobs/1/files/a/b%20c",
            8 * MEGABYTE,
            "the 8 MB that this call takes: send parts.",
        ),
    ],
)
def test_a_call_has_its_own_limit_on_bodies(
    method: str, path: str, size: int, words: str, chunked: bool, site: Site
) -> None:
    """A body of exactly the limit is read; a larger one is refused with what to do."""
    for length, status in ((size, 200), (size + 1, 413)):
        data = as_chunks(b"x" * length) if chunked else b"x" * length
        answer = site.call(method, path, "submit", data=data)
        assert answer.status_code == status
        assert answer.json() == size if status == 200 else words in answer.json()["detail"]


def test_a_large_body_needs_credentials(site: Site) -> None:
    """A large body without credentials is refused before it is read, as the API of the call renders
    it."""
    answer = site.call("PUT", "/jobs/1/files/a", data=b"x" * MEGABYTE)
    assert (answer.status_code, answer.json()["kind"]) == (401, "Unidentified")
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_other_methods_of_a_path_take_little(site: Site) -> None:
    """The limit on a body is that of the method, too."""
    large = b"x" * HUNDRED_KB
    assert site.call("OPTIONS", "/jobs", "submit", data=large).status_code == 413
    assert site.call("DELETE", "/jobs", "submit", data=large).status_code == 413
    assert site.call("GET", "/jobs/1", "submit", data=large).status_code == 413


def test_a_call_has_its_own_deadline(site: Site) -> None:
    """The time of a call with a deadline of its own begins with the arrival of the request, as for
    other calls."""
    assert 50 < site.call("GET", "/time", "read").json() <= 60


def test_a_call_that_needs_no_cluster_waits_for_no_turn(site: Site) -> None:
    """A call that needs no cluster is recognised by its path and waits for no turn."""
    assert "/api/second/hello" in site.served.server.turns._at_once
    assert site.call("GET", "/hello").json() == "hello"


def test_submissions_of_both_apis_share_one_limit(site: Site) -> None:
    """A caller with one submission under way may not begin another one, with either API."""
    site.second.go.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(site.call, "POST", "/jobs", "submit")
        assert site.second.entered.acquire(timeout=30)
        refused = site.call("POST", "/jobs", "submit")
        assert (refused.status_code, refused.json()["after"]) == (429, 1)
        assert site.legacy("POST", "/submit", "submit").status_code == 429
        site.second.go.set()
        assert first.result().status_code == 200
    assert site.call("POST", "/jobs", "submit").status_code == 200


def test_the_audit_log_shows_what_a_call_declares(site: Site) -> None:
    """The audit log shows the parts of the path and the arguments that the call declares, and no
    others."""
    site.call("PUT", "/jobs/17/files/a/b", "submit")
    line = site.audited()
    assert (line["id"], line["path"], line["status"]) == ("17", "a/b", 200)
    site.call("POST", "/jobs", "submit")
    assert site.audited()["name"] == "job"
    assert "MARKED" not in str(site.audited())
    site.call("POST", "/jobs", "read")
    assert (site.audited()["caller"], site.audited()["status"]) == ("read", 403)


def test_metrics_distinguish_the_apis(site: Site) -> None:
    """Labels of the second API begin with its name; those of the legacy API are as before."""
    site.call("GET", "/jobs/1", "read")
    site.call("GET", "/nothing", "read")
    site.legacy("GET", "/running", "read")
    text = site.legacy("GET", "/metrics", "read").text
    for label, code in (("second.show", 404), ("second.none", 404), ("running", 200)):
        assert f'dssr_requests_total{{call="{label}",code="{code}"}} 1.0' in text


def test_a_call_that_needs_no_cluster_has_no_parts_in_its_path() -> None:
    """A call that needs no cluster has a constant path, because the server compares whole paths."""
    with pytest.raises(AssertionError, match="by its path"):
        Second().calls.get("/x/<id>", Needs(scope=Scope.NONE, at_once=True))


def test_a_call_changes_something_by_its_scope() -> None:
    """A call that needs to submit, or more, changes something."""
    catalogue, calls = Catalogue(Flask("x"), MEGABYTE), Calls(Api("x", problem))
    for scope in Scope:
        calls.needs[scope.word] = Needs(scope=scope)
    catalogue.add(calls)
    changing = {call.name for call in catalogue.calls.values() if call.changes}
    assert changing == {"submit", "admin"}
