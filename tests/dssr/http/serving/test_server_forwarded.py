"""Headers in which a proxy names the caller."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.settings import Settings

_FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "Forwarded": "for=203.0.113.1;host=evil.example;proto=https",
}


@pytest.fixture
def address(serve: Callable[[Settings], Any], tmp_path: Path) -> Callable[..., str]:
    """The address of a caller in the audit log, with that proxy and that header."""

    def ask(proxy: str, forwarded: str) -> str:
        path = tmp_path / "audit.log"
        served = serve(Settings(trusted_proxy=proxy, audit_log=str(path)))
        headers = {"X-Forwarded-For": forwarded, **_FORGED}
        answer = requests.post(f"{served.url}/terminate", headers=headers, timeout=30)
        assert answer.status_code == 400, answer.text
        return str(json.loads(path.read_text().splitlines()[-1])["address"])

    return ask


@pytest.mark.parametrize(
    ("proxy", "forwarded", "seen"),
    [
        ("", "192.0.2.7", "127.0.0.1"),
        ("192.0.2.1", "192.0.2.7", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "203.0.113.5, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_a_trusted_proxy_names_the_caller(
    proxy: str, forwarded: str, seen: str, address: Callable[..., str]
) -> None:
    """The last address in X-Forwarded-For is the caller's where the proxy is trusted, and has no
    effect where another one calls; what the caller put before it is not believed."""
    assert address(proxy, forwarded) == seen


def test_no_other_forwarded_header_is_read(serve: Callable[[Settings], Any]) -> None:
    """A forwarded host or scheme changes no address that the bridge makes from a trusted proxy."""
    served = serve(Settings(trusted_proxy="127.0.0.1"))
    answer = requests.get(f"{served.url}/openapi.json", headers=_FORGED, timeout=30)
    assert answer.ok
    assert "evil.example" not in answer.text + str(answer.headers)
