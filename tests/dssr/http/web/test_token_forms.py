"""The tokens on the page of an account."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dssr.access import token_file
from dssr.access.scopes import Scope
from tests.dssr.http.web.browsing import Browser, alerts, text_of
from tests.end_to_end.service import eventually


@pytest.fixture
def admin(portal: Any) -> Browser:
    """A browser of someone who may do all."""
    browser: Browser = portal.browser(Scope.ADMIN)
    return browser


def test_a_token_is_made_and_shown_once(portal: Any, admin: Browser) -> None:
    """The text of a new token is shown once; it logs in with its scope, and is in the list."""
    page = admin.fill_in("/account/tokens", {"name": "bob", "scope": "read", "days": "7"})
    [text] = re.findall(r"data-token>\n(\S+)</pre>", page.text)
    assert text not in admin.open("/account").text
    assert "bob read" in text_of(admin.open("/account"))
    other = Browser(portal.root)
    eventually(lambda: other.log_in(text).status_code == 200)
    assert "Scope read" in text_of(other.open("/account"))


def test_a_token_is_revoked(portal: Any, admin: Browser) -> None:
    """The button ends a token."""
    asked = admin.fill_in("/account/tokens/revoke", {"name": "reader"})
    assert "Revoke the token reader?" in text_of(asked)
    assert "reader" in token_file.read(portal.tokens_path)
    revoked = {"name": "reader", "confirmed": "1"}
    admin.fill_in("/account/tokens/revoke", revoked)
    assert "reader" not in token_file.read(portal.tokens_path)
    missing = admin.fill_in("/account/tokens/revoke", revoked)
    assert (missing.status_code, len(alerts(missing))) == (404, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a b", "scope": "read"},
        {"name": "", "scope": "read"},
        {"name": "x", "scope": "root"},
        {"name": "x", "scope": "read", "days": "-1"},
        {"name": "reader", "scope": "read"},
    ],
    ids=str,
)
def test_a_wrong_form_is_a_sentence(fields: dict[str, str], portal: Any, admin: Browser) -> None:
    """A name, scope or number that cannot be makes no token, and the page says why."""
    before = token_file.read(portal.tokens_path)
    page = admin.fill_in("/account/tokens", fields)
    assert (page.status_code, len(alerts(page))) == (400, 1)
    assert token_file.read(portal.tokens_path) == before


def test_others_neither_see_nor_change_tokens(portal: Any, browser: Browser) -> None:
    """Who may submit sees no tokens, and makes and revokes none."""
    assert "Tokens of this bridge" not in text_of(browser.open("/account"))
    for path in ("/account/tokens", "/account/tokens/revoke"):
        answer = browser.fill_in(path, {"name": "reader", "scope": "admin"})
        assert answer.status_code == 403
    assert "reader" in token_file.read(portal.tokens_path)


def test_a_bridge_without_the_file_says_so(
    serve_portal: Callable[..., Any], tmp_path: Path
) -> None:
    """Where there is no file of tokens, or it cannot be written, the page has the command."""
    portal = serve_portal(tokens_file="", server_key="admin:secret")
    browser = Browser(portal.root)
    browser.log_in("admin:secret")
    assert "This bridge has no file of tokens" in text_of(browser.open("/account"))
    page = browser.fill_in("/account/tokens", {"name": "x", "scope": "read"})
    assert page.status_code == 409
    assert "no file of tokens" in text_of(page)


def test_a_file_that_cannot_be_written_has_its_command(portal: Any, admin: Browser) -> None:
    """When the file of tokens is gone, the page says so and names the command for the operator."""
    os.rename(portal.tokens_path, f"{portal.tokens_path}.old")
    Path(portal.tokens_path).mkdir()
    page = admin.fill_in("/account/tokens", {"name": "x", "scope": "read"})
    assert page.status_code == 409
    assert f"dssr token new x --scope read --file {portal.tokens_path}" in text_of(page)
    assert f"dssr token revoke NAME --file {portal.tokens_path}" in text_of(page)


def test_a_file_that_is_read_alone_shows_the_commands(
    portal: Any, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the bridge cannot write the file, the page shows the tokens and the commands, and no
    form."""
    monkeypatch.setattr(token_file, "is_writable", lambda _: False)
    text = text_of(admin.open("/account"))
    assert f"dssr token new NAME --scope submit --file {portal.tokens_path}" in text
    assert "reader read" in text
    assert "Make a token" not in text
    assert "Revoke reader" not in admin.open("/account").text
