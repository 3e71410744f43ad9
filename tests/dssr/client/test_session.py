import json
import socket
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter

from dssr.client import (
    BadRequest,
    BadTarget,
    BridgeFault,
    ClientError,
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from dssr.client.session import Session

OURS = {"X-Request-Id": "r-1"}
BASE = "https://bridge.example"
URL = f"{BASE}/api/v1/jobs"


class Clock:
    """A clock that goes on when something sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the session."""
    made = Clock()
    monkeypatch.setattr("dssr.client.session.time", made)
    return made


def problem(slug: str, status: int, **more: Any) -> dict[str, Any]:
    """A response that is an error of the API."""
    body = {"type": f"/problems/{slug}", "status": status, "detail": f"It is {slug}."} | more
    return {
        "status": status, "body": json.dumps(body), "content_type": "application/problem+json",
        "headers": {"X-Request-Id": "r-1"},
    }  # fmt: skip


@responses.activate
@pytest.mark.parametrize(
    ("slug", "status", "kind"),
    [
        ("bad-request", 400, BadRequest),
        ("unauthenticated", 401, Unauthenticated),
        ("forbidden", 403, Forbidden),
        ("not-found", 404, NotFound),
        ("conflict", 409, Conflict),
        ("refused-by-scheduler", 422, Refused),
        ("unheard-of", 418, BadRequest),
        ("internal", 500, BridgeFault),
    ],
)
def test_what_is_refused_is_not_repeated(
    slug: str, status: int, kind: type[ClientError], clock: Clock
) -> None:
    """Each error of the API is an exception of its kind, with what the API says, after one call."""
    responses.get(URL, **problem(slug, status))
    with pytest.raises(kind, match=f"It is {slug}") as caught:
        Session(BASE).json("GET", "/jobs")
    error = caught.value
    assert (type(error), error.slug, error.status, error.request_id) == (kind, slug, status, "r-1")
    assert (len(responses.calls), clock.slept) == (1, [])


@responses.activate
@pytest.mark.parametrize(
    ("status", "kind", "transient"),
    [(403, Forbidden, False), (404, NotFound, False), (503, Unavailable, True)],
)
def test_an_error_without_a_body(status: int, kind: type[ClientError], transient: bool) -> None:
    """An error that answers HEAD, which has no body, is of the kind that its status says."""
    responses.head(URL, **problem("any", status) | {"body": ""})
    with pytest.raises(kind, match=f"answers {status}") as caught:
        Session(BASE).call("HEAD", "/jobs", repeat=False)
    assert (type(caught.value), caught.value.transient) == (kind, transient)


@responses.activate
@pytest.mark.parametrize(
    ("slug", "status", "kind"),
    [("too-many-requests", 429, TooMany), ("cluster-unavailable", 503, Unavailable)],
)
def test_what_passes_is_repeated_when_the_bridge_says(
    slug: str, status: int, kind: type[ClientError], clock: Clock
) -> None:
    """A call is repeated after the seconds that the bridge names, as long as the patience lasts."""
    responses.get(URL, **problem(slug, status, transient=True, retry_after_seconds=7))
    noticed: list[tuple[str, float]] = []
    session = Session(BASE, patience=30, notice=lambda e, s: noticed.append((e.slug, s)))
    with pytest.raises(kind) as caught:
        session.json("GET", "/jobs")
    assert clock.slept == [7, 7, 7, 7]
    assert noticed == [(slug, 7.0)] * 4
    assert (caught.value.retry_after_seconds, caught.value.transient) == (7, True)


@responses.activate
def test_a_wait_that_is_too_long_is_not_begun(clock: Clock) -> None:
    """When the bridge asks for more time than there is patience, the error comes at once."""
    responses.get(
        URL, **problem("cluster-unavailable", 503, transient=True, retry_after_seconds=900)
    )
    with pytest.raises(Unavailable):
        Session(BASE, patience=60).json("GET", "/jobs")
    assert clock.slept == []


@responses.activate
def test_a_call_succeeds_after_failures(clock: Clock) -> None:
    """A gateway's errors and broken connections pass, with growing pauses."""
    responses.get(URL, status=502, body="<html><h1>Bad gateway</h1></html>")
    responses.get(URL, body=requests.ConnectionError("[Errno 104] Connection reset by peer"))
    responses.get(URL, status=504)
    responses.get(URL, json={"items": []}, headers=OURS)
    assert Session(BASE).json("GET", "/jobs") == {"items": []}
    assert clock.slept == [0.5, 1.0, 2.0]


@responses.activate
def test_an_address_that_never_answered_is_not_waited_for(clock: Clock) -> None:
    """A wrong address is reported within seconds, and a bridge that restarts is waited for."""
    responses.get(URL, body=requests.ConnectionError("[Errno 111] Connection refused"))
    with pytest.raises(Unreachable, match="Connection refused") as caught:
        Session(BASE, patience=60).json("GET", "/jobs")
    assert BASE in str(caught.value)
    assert clock.now <= 5
    responses.reset()
    responses.get(f"{BASE}/api/v1/cluster", json={}, headers=OURS)
    responses.get(URL, body=requests.ConnectionError("[Errno 111] Connection refused"))
    session = Session(BASE, patience=60)
    session.json("GET", "/cluster")
    began = clock.now
    with pytest.raises(Unreachable):
        session.json("GET", "/jobs")
    assert clock.now - began > 50


@responses.activate
def test_a_cluster_that_never_answered_is_not_waited_for(clock: Clock) -> None:
    """A wrong name of a cluster is reported within seconds by a bridge in the same process; one
    that is served has its cluster, and is waited for."""
    down = problem("cluster-unavailable", 503, transient=True, retry_after_seconds=2)
    responses.get(URL, **down)
    for adapter, least, most in ((HTTPAdapter(), 0, 5), (None, 50, 60)):
        began = clock.now
        with pytest.raises(Unavailable):
            Session(BASE, adapter=adapter).json("GET", "/jobs")
        assert least <= clock.now - began <= most


@responses.activate
def test_a_certificate_that_is_wrong_is_not_tried_again(clock: Clock) -> None:
    """The error names the variable that has the authority's file."""
    responses.get(URL, body=requests.exceptions.SSLError("self-signed certificate"))
    with pytest.raises(Unreachable, match="REQUESTS_CA_BUNDLE"):
        Session(BASE).json("GET", "/jobs")
    assert clock.slept == []


@responses.activate
@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ({"status": 200, "body": "<html>Welcome</html>"}, Unreachable, "is no bridge"),
        ({"status": 200, "json": [1], "content_type": "text/html"}, Unreachable, "is no bridge"),
        ({"status": 200, "body": "<html>", "headers": OURS}, Unreachable, "is no bridge"),
        ({"status": 404, "body": "<html>nginx</html>"}, Unreachable, "is no bridge"),
        ({"status": 401, "body": "<p>Log in</p>"}, Unauthenticated, "DSSR_TOKEN"),
        ({"status": 403, "body": "<style>x{}</style>No \x1b[2J"}, Forbidden, r"itself: No \[2J\."),
        ({"status": 413, "body": "<h1>Too large</h1>"}, BadRequest, "413"),
        ({"status": 500, "body": ""}, BridgeFault, "500"),
        ({"status": 500, "json": {"error": "x"}}, BridgeFault, "not from the bridge itself"),
    ],
)
def test_what_is_between_here_and_the_bridge_is_an_error_in_words(
    answer: dict[str, Any], kind: type[ClientError], words: str, clock: Clock
) -> None:
    """Pages of proxies and of other servers are one printable sentence, without markup."""
    responses.get(URL, **answer)
    with pytest.raises(kind, match=words) as caught:
        Session(BASE).json("GET", "/jobs")
    assert str(caught.value).isprintable()
    assert "<" not in str(caught.value)


@responses.activate
@pytest.mark.parametrize("place", ["https://sso.example/login", f"{BASE}/other", "//evil.example"])
def test_a_redirect_is_not_followed(place: str) -> None:
    """No token is carried to another address, and the error names it."""
    responses.post(URL, status=302, headers={"Location": place})
    with pytest.raises(Unreachable, match="leads on to") as caught:
        Session(BASE, token="secret").json("POST", "/jobs")
    assert place in str(caught.value)
    assert len(responses.calls) == 1


@responses.activate
def test_the_token_is_what_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password in ``~/.netrc`` does not replace the token; the user's token has its header."""
    (tmp_path / "netrc").write_text("machine bridge.example login alice password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    responses.get(URL, json={}, headers=OURS)
    Session(BASE, token="secret", user_token="alice").json("GET", "/jobs")
    sent = responses.calls[0].request.headers
    assert (sent["Authorization"], sent["Dssr-User-Token"]) == ("Bearer secret", "alice")


@pytest.mark.parametrize("token", ["two\nlines", "schl\u00fcssel\u20ac", "a b"])
def test_what_no_header_can_carry_is_an_error(token: str) -> None:
    """A token that can be none is not shown, and a key that can be none is named."""
    with pytest.raises(BadTarget) as caught:
        Session(BASE, token=token)
    assert token not in str(caught.value)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        session = Session(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(BadRequest):
            session.call("GET", "/jobs", headers={"Idempotency-Key": f"{token}\u20ac"})


@responses.activate
def test_an_address_may_have_a_path() -> None:
    """A bridge behind a proxy may be below a path."""
    responses.get("https://example.org/hpc/api/v1/cluster", json={"a": 1}, headers=OURS)
    assert Session("https://example.org/hpc/").json("GET", "/cluster") == {"a": 1}


@responses.activate
def test_a_stream_that_is_none_is_an_error() -> None:
    """A page instead of a stream of events is no bridge's, and a stream that ends is opened again
    with the last id."""
    stream = f"{BASE}/api/v1/events"
    kind = "text/event-stream; charset=utf-8"
    responses.get(stream, body="id: 5\ndata: one\n\n", content_type=kind, headers=OURS)
    responses.get(stream, body="<html>", content_type="text/html")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dssr.client.session._COME_BACK", 0.0)
        events = Session(BASE).events("/events", {})
        assert next(events).data == "one"
        with pytest.raises(Unreachable, match="is no bridge"):
            next(events)
    assert responses.calls[1].request.headers["Last-Event-ID"] == "5"


@responses.activate
def test_a_stream_that_never_says_anything_is_given_up(clock: Clock) -> None:
    """A bridge that ends each stream at once is tried as long as the patience lasts."""
    kind = "text/event-stream"
    responses.get(f"{BASE}/api/v1/events", body=": hi\n\n", content_type=kind, headers=OURS)
    with pytest.raises(ClientError, match="ended a stream"):
        next(Session(BASE, patience=20).events("/events", {}))
    assert sum(clock.slept) == 20
