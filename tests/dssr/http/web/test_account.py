"""The account, and the logout."""

from typing import Any

import pytest

from dssr.access.scopes import Scope
from tests.dssr.http.web.browsing import Browser, hidden, text_of


def test_the_account_says_who_it_is(portal: Any, browser: Browser) -> None:
    """The page has the name, the way and the scope of the login."""
    text = text_of(browser.open("/account"))
    assert "Name submiter Logged in by a token Scope submit" in text


def test_logout_ends_the_session_everywhere(portal: Any, browser: Browser) -> None:
    """After the logout the cookie is gone, and a copy of it is worth nothing, in pages and in the
    API."""
    copy = Browser(portal.root)
    copy.cookies.update(browser.cookies)
    page = browser.fill_in("/logout")
    assert page.url == f"{portal.root}/login?ended=1"
    assert not browser.cookies
    assert "/login" in copy.open("/jobs").url
    assert copy.open("/api/v1/jobs").status_code == 401


def test_logout_leaves_what_others_have_stored(browser: Browser) -> None:
    """The browser forgets the pages that it kept, and not what other applications behind the
    same proxy have stored."""
    answer = browser.fill_in("/logout", allow_redirects=False)
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_another_session_can_be_ended(portal: Any, browser: Browser) -> None:
    """Each session of the same caller is listed, and one of them is ended by its button."""
    other = portal.browser()
    page = browser.open("/account")
    assert page.text.count("this one") == 1
    key = hidden(page, "key")
    browser.fill_in("/account/sessions/end", {"key": key})
    assert "/login" in other.open("/jobs").url
    assert browser.open("/jobs").url == f"{portal.root}/jobs"


@pytest.mark.parametrize("key", ["", "../instance", "../../tokens.json", "x"])
def test_only_own_sessions_can_be_ended(key: str, portal: Any, browser: Browser) -> None:
    """A key of another caller's session, or a path, ends nothing."""
    other = portal.browser(Scope.ADMIN)
    others = hidden(other.open("/account"), "key")
    for wrong in (key, others):
        answer = browser.fill_in("/account/sessions/end", {"key": wrong})
        assert answer.status_code == 404
    assert "Scope admin" in text_of(other.open("/account"))
    assert (portal.place / "tokens.json").exists()
    assert (portal.place / "web/instance").exists()


def test_all_sessions_are_ended_at_once(portal: Any, browser: Browser) -> None:
    """One button ends all sessions of the caller, this one too, and no other caller's."""
    other, admin = portal.browser(), portal.browser(Scope.ADMIN)
    page = browser.fill_in("/account/sessions/end-all")
    assert page.url == f"{portal.root}/login?ended=1"
    assert "/login" in other.open("/jobs").url
    assert admin.open("/jobs").url == f"{portal.root}/jobs"
