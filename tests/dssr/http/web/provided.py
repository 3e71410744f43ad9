"""A portal whose users log in by a provider."""

import socket
from typing import Any

import requests

from tests.dssr.http.web.browsing import Browser
from tests.dssr.identity.provider.fake import CLIENT, SECRET, FakeProvider


def settings_for(provider: FakeProvider) -> dict[str, Any]:
    """The settings of a portal of that provider, at a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {
        "port": port,
        "web_url": f"http://127.0.0.1:{port}",
        "web_oidc_issuer": provider.url,
        "web_oidc_client_id": CLIENT,
        "web_oidc_client_secret": SECRET,
    }


def logged_in(portal: Any) -> Browser:
    """A browser in which the provider's user has logged in."""
    browser = Browser(portal.root)
    assert browser.open("/login/provider").status_code == 200
    return browser


def is_logged_in(browser: Browser) -> bool:
    """Whether a page of a session opens."""
    return "/login" not in browser.open("/account").url


def way_back(browser: Browser) -> str:
    """Log in at the provider; the address that leads back, which is not opened yet."""
    there = browser.open("/login/provider", allow_redirects=False).headers["Location"]
    return requests.get(there, allow_redirects=False, timeout=30).headers["Location"]
