"""The audit log, over real HTTP."""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.bridge import Bridge
from dssr.errors import RefusedRequest
from dssr.http.app import create_app
from dssr.settings import Settings, own_name
from tests.dssr.http.web.browsing import Browser
from tests.dssr.http.web.conftest import provider, serve_portal  # noqa: F401
from tests.dssr.http.web.provided import logged_in, settings_for, way_back
from tests.dssr.identity.provider.fake import FakeProvider

JOB = {"name": "job", "number": 1, "jobid": "1"}
ABOUT = {"name": "job", "number": 1, "jobid": "1"}


class Log:
    """What the audit log contains."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def last(self, *without: str) -> dict[str, Any]:
        return {
            k: v for k, v in self.lines()[-1].items() if k not in ("time", "request_id", *without)
        }


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "audit.log")


@pytest.fixture
def audited(serve: Callable[[Settings], Any], log: Log) -> Any:
    """An open bridge with an audit log."""
    return serve(Settings(audit_log=str(log.path)))


def test_each_call_that_changes_something_is_one_line(audited: Any, log: Log) -> None:
    """The line says when, who, from where, what, which job, and how it ended."""
    before = datetime.now(UTC)
    audited.submit()
    audited.call("/online", {"host": "n", "status": True})
    orders = ["release", "terminate", "exitstatus"]
    orders += ["request/job/1/1/shutdown", "request/job/1/1/abort"]
    for path in orders:
        audited.call(f"/{path}", JOB | {"qs": {}})
    calls = [f"POST /{call}" for call in ("submit", "online", *orders)]
    assert [line["call"] for line in log.lines()] == calls
    assert {line["status"] for line in log.lines()} == {200}
    jobs = [{k: line.get(k) for k in ABOUT} for line in log.lines()]
    assert jobs == [ABOUT, dict.fromkeys(ABOUT)] + [ABOUT] * 5
    audited.call("/terminate", JOB | {"number": "1"})
    assert log.lines().pop()["number"] == 1, "a string of digits is a number too"
    audited.call("/request/job/1/1/abort", {"qs": {}})
    assert log.last() == ABOUT | {
        "caller": "anybody", "by": "", "address": "127.0.0.1",
        "call": "POST /request/job/1/1/abort", "status": 200,
        "reason": "",
    }  # fmt: skip
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        for line in log.lines()
    )
    assert abs(datetime.fromisoformat(log.lines()[-1]["time"]) - before) < timedelta(minutes=1)


def test_calls_that_change_nothing_leave_no_line(audited: Any, log: Log) -> None:
    """A call that changes nothing leaves no line in the audit log."""
    audited.submit()
    for path in ("live", "gc", "nodes", "running", "queued"):
        audited.get(f"/{path}")
    for path in (
        "runstatus",
        "events",
        "request/job/1/1/info",
        "request/job/1/1/tail",
        "request/pvcls",
    ):
        audited.call(f"/{path}", JOB | {"qs": {"path": ["/"]}})
    assert [line["call"] for line in log.lines()] == ["POST /submit"]


def test_failed_calls_are_logged_with_their_reason(audited: Any, log: Log) -> None:
    """The log has bad arguments, a missing job, a refusal, a fault and an unknown path."""
    audited.call("/terminate", {"name": "job", "number": 1})
    assert (log.last()["status"], log.last()["reason"]) == (
        400,
        "'jobid' is missing: this call needs it.",
    )
    assert (log.last()["name"], log.last()["number"]) == ("job", 1)
    audited.call("/terminate", JOB)
    assert log.last()["status"] == 404
    audited.connector.failure = RefusedRequest("sbatch: error: no")
    audited.submit()
    assert (log.last()["status"], log.last()["reason"]) == (400, "sbatch: error: no")
    audited.connector.failure = RuntimeError("fault")
    audited.submit()
    assert log.last()["status"] == 500
    requests.delete(audited.url + "/jobs", timeout=30)
    assert (log.last()["call"], log.last()["status"]) == ("DELETE /jobs", 404)


def test_callers_whom_the_gate_refuses_are_logged(
    serve: Callable[[Settings], Any], log: Log, tmp_path: Path
) -> None:
    """The line has the token's name, never its text; refused reads have a line, too."""
    token, text = mint("dash", Scope.READ, time.time(), None)
    token_file.add(str(tmp_path / "tokens"), token)
    tokens = str(tmp_path / "tokens")
    callers = Settings(server_key="u:MARKED", tokens_file=tokens, bind="127.0.0.1")
    bridge = serve(replace(callers, audit_log=str(log.path)))
    header = {"Authorization": f"Bearer {text}"}
    bridge.get("/running")
    assert log.last("reason") == {
        "caller": None,
        "address": "127.0.0.1",
        "call": "GET /running",
        "status": 401,
    }
    bridge.get("/running", headers={"Authorization": f"Bearer {text[:-3]}MAR"})
    assert log.last()["status"] == 401
    bridge.call("/terminate", JOB, headers=header)
    assert log.last("reason", "call", "address") == {"caller": "dash", "by": "token", "status": 403}
    assert "needs the scope 'submit'" in log.last()["reason"]
    bridge.call("/terminate", JOB, auth=("u", "MARKED"))
    assert log.last("reason", "call", "address") == ABOUT | {
        "caller": "u",
        "by": "basic",
        "status": 404,
    }
    while bridge.get("/running", auth=("u", "x")).status_code != 429:
        pass
    assert log.last()["status"] == 429
    bridge.get("/running", headers=header)
    assert log.last()["status"] == 429, "a read that is answered leaves no line"
    assert text[8:] not in log.path.read_text()
    assert "MARKED" not in log.path.read_text()


HOSTILE = ["a\nb", 'a", "caller": "root', "\x1b[31m", "ü\ud800", "x" * 20_000, "\u2028", "\x00"]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:20]))
def test_no_value_forges_a_line(value: str, audited: Any, log: Log) -> None:
    """Each call is one line of limited length in ASCII, whatever a caller sends."""
    args = json.dumps(dict.fromkeys(("name", "number", "jobid"), value))
    requests.post(
        audited.url + "/terminate",
        data=args,
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    text = log.path.read_text(encoding="ascii")
    assert text.count("\n") == 1
    assert text.isprintable() or text[:-1].isprintable()
    assert len(text) < 4000
    assert log.last()["caller"] == "anybody"
    assert log.last()["name"][:200] == value[:200]


def test_no_secret_of_a_submission_is_logged(audited: Any, log: Log) -> None:
    """The log has neither script nor bearer, whether a submission succeeds or not."""
    audited.submit("#!/bin/sh\n# MARKED\n", bearer="MARKED")
    audited.submit(
        "JOBOBJ_CTRSECRET=MARKED\nJOBOBJ_APPDEFVERSION=1\n", bearer="MARKED", name="other"
    )
    audited.submit(bearer=["MARKED"])
    audited.submit(number=["MARKED"], name={"MARKED": 1})
    assert [line["status"] for line in log.lines()] == [200, 400, 400, 400]
    assert "MARKED" not in log.path.read_text()


def test_the_owner_of_a_submission_is_logged(bridge: Bridge, log: Log) -> None:
    """The line names the local user, also of a submission that fails afterwards."""
    bridge.owner = lambda _bearer: "alice"
    client = create_app(bridge, Settings(audit_log=str(log.path))).test_client()
    script = base64.b64encode(b"JOBOBJ_APPDEFVERSION=1\n").decode()
    answer = client.post(
        "/submit", json={"name": "job", "number": 1, "nodes": 1, "hpc_script": {"native": script}}
    )
    assert (answer.status_code, log.last()["owner"]) == (400, "alice")


def test_a_log_that_is_moved_away_is_continued_in_a_new_file(audited: Any, log: Log) -> None:
    """The next line creates a new file, without a signal or restart."""
    audited.submit()
    log.path.rename(log.path.with_suffix(".1"))
    audited.call("/terminate", JOB)
    assert [line["call"] for line in log.lines()] == ["POST /terminate"]
    assert "/submit" in log.path.with_suffix(".1").read_text()


def test_to_be_led_to_the_login_is_no_refusal(
    serve_portal: Callable[..., Any],  # noqa: F811
    log: Log,
) -> None:
    """A browser without a session that is led to the login leaves no line, nor does a program that
    asks for the start page; a form that is refused leaves one."""
    portal = serve_portal(audit_log=str(log.path))
    browser = Browser(portal.root)
    assert browser.open("/jobs").url.endswith("/login?next=/jobs")
    probed = requests.get(f"{portal.root}/", headers={"Accept": "*/*"}, timeout=30)
    assert probed.json()["name"] == "dssr"
    assert log.lines() == []
    assert requests.post(f"{portal.root}/jobs", data={"name": "x"}, timeout=30).status_code == 401
    assert log.last("address")["call"] == "POST /jobs"


def test_logins_and_logouts_leave_a_line(
    serve_portal: Callable[..., Any],  # noqa: F811
    log: Log,
) -> None:
    """A login, one that was refused, a session that is ended and a logout have a line each: who,
    by which way, from where as the trusted proxy says, and the result, without a secret."""
    portal = serve_portal(audit_log=str(log.path), trusted_proxy="127.0.0.1")
    browser, code = Browser(portal.root), portal.code()
    browser.headers["X-Forwarded-For"] = "192.0.2.7"
    browser.log_in("dssr_submiter_MARKED")
    browser.log_in(portal.tokens[Scope.READ])
    browser.fill_in("/account/sessions/end", {"key": "MARKED"})
    browser.fill_in("/logout")
    browser.log_in(code)
    browser.fill_in("/account/sessions/end-all")
    forged = {"Origin": "https://evil.example", "X-Forwarded-For": "192.0.2.7"}
    requests.post(f"{portal.root}/login", data={"token": code}, headers=forged, timeout=30)
    lines = log.lines()
    assert {line["address"] for line in lines} == {"192.0.2.7"}
    reader, own = ("reader", "token"), (own_name(), "link")
    assert [(line["caller"], line.get("by"), line["call"], line["status"]) for line in lines] == [
        (None, None, "POST /login", 401),
        (*reader, "POST /login", 303),
        (*reader, "POST /account/sessions/end", 404),
        (*reader, "POST /logout", 303),
        (*own, "POST /login", 303),
        (*own, "POST /account/sessions/end-all", 303),
        (None, None, "POST /login", 403),
    ]
    assert "not valid" in lines[0]["reason"]
    for secret in ("MARKED", code, portal.tokens[Scope.READ][12:], *browser.cookies.values()):
        assert secret not in log.path.read_text()


def test_a_login_without_credentials_leaves_a_line(
    serve_portal: Callable[..., Any],  # noqa: F811
    log: Log,
) -> None:
    """Where no caller needs credentials, the line says that a session has begun without any; the
    login's page leaves none."""
    portal = serve_portal(audit_log=str(log.path), tokens_file="")
    browser = Browser(portal.root)
    browser.open("/jobs")
    browser.open("/login")
    [line] = log.lines()
    assert (line["caller"], line["by"], line["call"]) == ("anyone", "", "GET /login")


def test_a_login_by_a_provider_leaves_a_line(
    serve_portal: Callable[..., Any],  # noqa: F811
    provider: FakeProvider,  # noqa: F811
    log: Log,
) -> None:
    """The line names the provider's user; that of a login that went wrong has the reason, and none
    has the code or a token."""
    portal = serve_portal(audit_log=str(log.path), **settings_for(provider))
    logged_in(portal)
    browser = Browser(portal.root)
    requests.get(way_back(browser), timeout=30)
    begun, refused = log.lines()
    assert (begun["caller"], begun["by"], begun["call"]) == ("alice", "oidc", "GET /login/callback")
    assert (refused["caller"], refused["status"]) == (None, 403)
    assert "another browser" in refused["reason"]
    assert not re.search("code=|state=|eyJ", log.path.read_text())
