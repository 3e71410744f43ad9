"""Why a browser has to log in again."""

import os
import time
from typing import Any

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.sessions import IDLE
from dssr.access.watched import LOOK_EVERY
from tests.dssr.http.web.browsing import Browser, alerts


def test_a_token_that_was_revoked_is_said(portal: Any, browser: Browser) -> None:
    """Each page leads to a login that says that the token was revoked."""
    token_file.remove(portal.tokens_path, "submiter")
    time.sleep(LOOK_EVERY + 0.1)
    for path in ("/", "/jobs", "/submit", "/account"):
        [sentence] = alerts(browser.open(path))
        assert "was revoked" in sentence, path


def test_a_session_that_is_too_old_is_said(portal: Any, browser: Browser) -> None:
    """After eight hours without use, the login says when a session ends."""
    old = time.time() - IDLE - 60
    for path in (portal.place / "web/sessions").iterdir():
        os.utime(path, (old, old))
    [sentence] = alerts(browser.open("/jobs"))
    assert "8 hours after its last use" in sentence
    assert alerts(browser.log_in(portal.tokens[Scope.SUBMIT])) == []


def test_a_new_browser_is_told_nothing(portal: Any) -> None:
    """A browser without a session, or after a logout, gets the login alone."""
    browser = Browser(portal.root)
    assert alerts(browser.open("/jobs")) == []
    browser.log_in(portal.tokens[Scope.SUBMIT])
    assert alerts(browser.fill_in("/logout")) == []
