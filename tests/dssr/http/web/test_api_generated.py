"""The API in a browser with a session: requests that are made of its description."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.access.scopes import Scope
from tests.dssr.http.v1 import generated


def test_schemathesis_finds_no_fault_with_a_cookie(
    serve_portal: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests with a session's cookie, the portal's origin and the token of a form get responses
    as the description says."""
    portal = serve_portal(rate=0, submissions=0)
    browser = portal.browser(Scope.ADMIN)
    [(name, id)] = browser.cookies.items()
    headers = {"Cookie": f"{name}={id}", "Origin": portal.root}
    headers |= {"X-Form-Token": browser.form_token()}
    words = [word for each in headers.items() for word in ("--header", ": ".join(each))]
    # No credentials beside the cookie; what the test with a token covers, once more in short.
    words += ["--generation-with-security-parameters", "false", "--phases", "examples,fuzzing"]
    words += ["--max-examples", "2"]
    generated.assert_no_fault(portal, tmp_path, monkeypatch, *words)
    assert browser.open("/account").url == f"{portal.root}/account"
