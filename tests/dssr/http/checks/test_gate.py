"""Who may call, over real HTTP."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.access import token_file
from dssr.access.credentials import MISTAKES
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.settings import Settings

KEY = "jarvice:geheim:ü"
ALL = ["/gc", "/running", "/queued", "/nodes", "/metrics", "/submit", "/no-such-call"]
JOB = {"name": "job", "number": 1, "jobid": "1"}
READS = ["gc", "nodes", "running", "queued", "metrics", "runstatus", "events",
"request/job/1/1/info", "request/job/1/1/tail",
         "request/job/1/1/ping", "request/job/1/1/connect", "request/job/1/1/screenshot",
         "request/pvcls"]  # fmt: skip
CHANGES = [
    "submit",
    "terminate",
    "release",
    "online",
    "exitstatus",
    "request/job/1/1/shutdown",
    "request/job/1/1/abort",
]


@pytest.fixture
def locked(serve: Callable[[Settings], Any]) -> Any:
    """A bridge with a password."""
    return serve(Settings(server_key=KEY, bind="127.0.0.1"))


@pytest.fixture
def with_tokens(
    serve: Callable[[Settings], Any], tmp_path: Path
) -> tuple[Any, dict[str, dict[str, str]]]:
    """A bridge with a password and a token of each scope, and the tokens' headers by scope."""
    path, texts = str(tmp_path / "tokens"), {}
    for scope in (Scope.READ, Scope.SUBMIT, Scope.ADMIN):
        token, texts[scope.word] = mint(scope.word, scope, time.time(), 1)
        token_file.add(path, token)
    bridge = serve(Settings(server_key=KEY, tokens_file=path, bind="127.0.0.1"))
    return bridge, {word: {"Authorization": f"Bearer {text}"} for word, text in texts.items()}


def call(bridge: Any, path: str, headers: dict[str, str]) -> requests.Response:
    """Send a valid request."""
    if path in ("gc", "nodes", "running", "queued", "metrics"):
        return bridge.get(f"/{path}", headers=headers)  # type: ignore[no-any-return]
    qs: dict[str, Any] = {"qs": {"path": ["/"]}, "host": "n", "status": True}
    return bridge.call(f"/{path}", JOB | qs, headers=headers)  # type: ignore[no-any-return]


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(
    "auth",
    [None, (b"jarvice", b"wrong"), (b"jarvice", b""), (b"", b""), (b"other", "geheim:ü".encode())],
)
def test_without_credentials_there_is_401_and_nothing_else(
    path: str, auth: Any, locked: Any, failures: Any
) -> None:
    """The response names both schemes and says what to send; the log has one line, without a
    secret.
    """
    answer = locked.get(path, auth=auth)
    assert answer.status_code == 401
    assert (
        answer.headers["WWW-Authenticate"]
        == 'Basic realm="dssr", charset="UTF-8", Bearer realm="dssr"'
    )
    assert "JARVICE_SCHED_SERVER_KEY" in answer.text
    assert locked.connector.calls == []
    assert "token" not in answer.text, "there are none"
    assert [line.partition(": ")[2] for line in failures()] == [
        "401 " + answer.text.partition(": ")[0]
    ]
    assert "geheim" not in answer.text + failures()[0]


def test_the_password_is_accepted(locked: Any) -> None:
    """The password may have colons and umlauts."""
    assert locked.get("/gc", auth=(b"jarvice", "geheim:ü".encode())).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Bearer geheim", "Basic", "Basic !!!", "Basic /////", "basic eDp5", "", "Digest username=x"],
)
def test_other_credentials_are_refused(header: str, locked: Any) -> None:
    """Any other header Authorization gets 401."""
    assert locked.get("/running", headers={"Authorization": header}).status_code == 401


def test_live_needs_no_credentials(locked: Any) -> None:
    """/live responds without credentials, and also with wrong ones."""
    assert locked.get("/live").status_code == 200
    assert locked.get("/live", headers={"Authorization": "Bearer x"}).status_code == 200


def test_credentials_are_checked_before_the_body(locked: Any) -> None:
    """A bad body without credentials gets 401, not 400."""
    assert requests.post(locked.url + "/submit", data=b"x", timeout=30).status_code == 401


def test_a_reader_does_not_get_what_opens_a_job(with_tokens: Any) -> None:
    """The secret in the address of an interactive job lets its owner use what the job runs, so only
    callers who may submit get it."""
    bridge, headers = with_tokens
    bridge.connector.address = "http://job-1.localhost:5010/secret/"
    shown = {
        scope: call(bridge, "request/job/1/1/info", headers[scope]).json() for scope in headers
    }
    assert shown["submit"]["url"] == shown["admin"]["url"] == bridge.connector.address
    assert shown["read"]["url"] == "http://job-1.localhost:5010/"


@pytest.mark.parametrize("scope", ["read", "submit", "admin"])
def test_a_token_may_call_what_its_scope_includes(
    scope: str, with_tokens: Any, failures: Any
) -> None:
    """A token whose scope is too small gets 403 with the scope that the call needs; nothing is
    done, and the log does not show the token."""
    bridge, headers = with_tokens
    refused = {path: call(bridge, path, headers[scope]) for path in READS + CHANGES}
    refused = {path: answer for path, answer in refused.items() if answer.status_code in (401, 403)}
    expected = set(CHANGES) if scope == "read" else set()
    missing_directory = {"request/pvcls"}  # the contract's 401 for a directory that is not there
    assert set(refused) - missing_directory == expected
    for path in expected:
        assert refused[path].status_code == 403
        assert (
            "needs the scope 'submit', and the token 'read' has the scope 'read' alone: "
            in refused[path].text
        )
    if scope == "read":
        assert {"submit", "cancel", "release", "clean"}.isdisjoint(bridge.connector.calls)
    assert not any("dssr_" in line for line in failures())


def test_a_path_without_a_call_needs_admin(with_tokens: Any) -> None:
    """Only admins learn which paths do not exist."""
    bridge, headers = with_tokens
    status = {
        scope: bridge.get("/no-such-call", headers=headers[scope]).status_code for scope in headers
    }
    assert status == {"read": 403, "submit": 403, "admin": 404}


def test_the_password_and_tokens_are_both_valid(with_tokens: Any) -> None:
    """The password and the tokens are valid at the same time, and the password has the scope
    'admin'."""
    bridge, _ = with_tokens
    key = (b"jarvice", "geheim:ü".encode())
    assert bridge.call("/terminate", JOB, auth=key).status_code == 404  # no such job
    assert bridge.get("/no-such-call", auth=key).status_code == 404


def test_a_token_is_revoked_while_the_bridge_runs(with_tokens: Any) -> None:
    """A revoked token is refused within seconds; other tokens are not affected."""
    bridge, headers = with_tokens
    assert bridge.get("/running", headers=headers["submit"]).status_code == 200
    token_file.remove(bridge.settings.tokens_file, "submit")
    until = time.monotonic() + 20
    while (
        bridge.get("/running", headers=headers["submit"]).status_code == 200
        and time.monotonic() < until
    ):
        time.sleep(0.1)
    assert bridge.get("/running", headers=headers["submit"]).status_code == 401
    assert bridge.get("/running", headers=headers["read"]).status_code == 200


def test_guessing_is_limited(locked: Any, failures: Any) -> None:
    """After a few wrong passwords from an address the right one gets 429 with Retry-After, too."""
    for _ in range(MISTAKES):
        assert locked.get("/gc", auth=("jarvice", "wrong")).status_code == 401
    answer = locked.get("/gc", auth=(b"jarvice", "geheim:ü".encode()))
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert len(failures()) == MISTAKES + 1


def test_a_file_of_tokens_is_enough(serve: Callable[[Settings], Any], tmp_path: Path) -> None:
    """Without a server key the tokens of the file are accepted and no password is."""
    token, text = mint("ci", Scope.READ, time.time(), None)
    token_file.add(str(tmp_path / "tokens"), token)
    bridge = serve(Settings(tokens_file=str(tmp_path / "tokens"), bind="127.0.0.1"))
    assert bridge.get("/running").status_code == 401
    assert bridge.get("/running", auth=("", "")).status_code == 401
    assert bridge.get("/running", auth=("ci", text)).status_code == 401
    assert bridge.get("/running", headers={"Authorization": f"Bearer {text}"}).status_code == 200
