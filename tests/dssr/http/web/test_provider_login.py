"""The login by a provider, and attacks on it."""

import re
import time
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests

from dssr.access.scopes import Scope
from dssr.http.web.by_provider import BEGINNINGS
from tests.dssr.http.spellings import ELSEWHERE
from tests.dssr.http.web.browsing import Browser, alerts, hidden, text_of
from tests.dssr.http.web.provided import is_logged_in, logged_in, way_back
from tests.dssr.identity.provider.fake import CLIENT, FakeProvider


def test_a_user_logs_in_by_the_provider(provided: Any) -> None:
    """A reader without a session goes to the provider by a link, comes back to the page that they
    wanted, and may submit as the user whom the provider names."""
    browser = Browser(provided.root)
    page = browser.open("/jobs?state=active")
    link = re.search(r'data-provider href="([^"]*)"', page.text)
    assert link
    assert browser.open(link[1].replace("&amp;", "&")).url == f"{provided.root}/jobs?state=active"
    account = text_of(browser.open("/account"))
    assert "Name alice Logged in by the identity provider Scope submit" in account
    assert browser.submit().startswith("/jobs/")


def test_the_request_has_what_protects_it(provided: Any, provider: FakeProvider) -> None:
    """The provider is asked for a code, with a state, a nonce and a PKCE challenge, for the address
    of JARVICE_WEB_URL, whatever the request's Host is."""
    answer = requests.get(
        f"{provided.root}/login/provider",
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
        allow_redirects=False,
        timeout=30,
    )
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["redirect_uri"] == [f"{provided.root}/login/callback"]
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile email"]
    assert len({*asked["state"], *asked["nonce"], *asked["code_challenge"]}) == 3
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_no_token_is_in_the_browser(provided: Any, provider: FakeProvider) -> None:
    """Addresses, pages and cookies are without a token of the provider; and the portal's directory
    has none that can be read."""
    browser = Browser(provided.root)
    page = browser.open("/login/provider?next=/account")
    seen = [page.text, *browser.cookies.values()]
    for answer in (*page.history, page):
        seen += [answer.url, *answer.headers.values()]
    files = [path for path in (provided.place / "web").rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    [refresh] = provider.refresh_tokens
    for secret in (refresh, "an access token", "eyJ"):
        assert not any(secret in text for text in seen), secret
        assert secret.encode() not in kept, secret
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_the_pages_of_a_login_are_in_no_frame(provided: Any) -> None:
    """No page of a login may be in a frame, stored, or read by another site; the cookie of a login
    is hidden from scripts and lasts ten minutes."""
    browser = Browser(provided.root)
    leaving = browser.open("/login/provider", allow_redirects=False)
    own = {"Origin": provided.root}
    kept = browser.post(f"{provided.root}/login/provider", data={"kept.name": "x"}, headers=own)
    for page in (leaving, kept, browser.open("/login/callback"), browser.open("/login")):
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Cache-Control"] == "no-store"
    cookie = leaving.headers["Set-Cookie"]
    assert re.fullmatch(
        r"dssr_[0-9a-f]{12}_[0-9a-f]{8}=[\w-]{43}; Expires=[^;]+; Max-Age=600; HttpOnly; Path=/; "
        r"SameSite=Lax",
        cookie,
    )


def test_a_wrong_state_logs_no_user_in(provided: Any) -> None:
    """An address with another state than this browser's is refused in a sentence."""
    browser = Browser(provided.root)
    back = way_back(browser)
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    for wrong in ("x" * 43, "", "../../etc/passwd", state[:-1]):
        page = browser.get(back.replace(state, wrong), timeout=30)
        assert (page.status_code, "began in another browser" in alerts(page)[0]) == (403, True)
    assert not is_logged_in(browser)


def test_a_login_of_another_browser_logs_no_user_in(provided: Any) -> None:
    """A user who opens the address of another login is not logged in by it (login CSRF),
    and the other login goes on."""
    attacker, victim = Browser(provided.root), Browser(provided.root)
    back = way_back(attacker)
    victim.open("/login/provider", allow_redirects=False)
    assert victim.get(back, timeout=30).status_code == 403
    assert not is_logged_in(victim)
    assert attacker.get(back, timeout=30).status_code == 200
    assert is_logged_in(attacker)


def test_a_way_back_can_be_used_once(provided: Any) -> None:
    """The same address again is refused, also in the same browser."""
    browser = Browser(provided.root)
    back = way_back(browser)
    cookies = browser.cookies.copy()
    assert browser.get(back, timeout=30).status_code == 200
    again = Browser(provided.root)
    again.cookies.update(cookies)
    assert again.get(back, timeout=30).status_code == 403
    assert not is_logged_in(again)


def test_a_code_is_good_once(provided: Any) -> None:
    """A code that was redeemed is refused in another login: the provider says so."""
    browser = Browser(provided.root)
    back = way_back(browser)
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    assert browser.get(back, timeout=30).status_code == 200
    other = Browser(provided.root)
    second = way_back(other)
    replayed = re.sub(r"code=[^&]*", f"code={code}", second)
    page = other.get(replayed, timeout=30)
    assert (page.status_code, "invalid_grant" in alerts(page)[0]) == (403, True)
    assert not is_logged_in(other)


HOUR = 3600


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"nonce": "of another login"}, "belongs to another login"),
        ({"nonce": None}, "belongs to another login"),
        ({"iss": "https://evil.example"}, "from another issuer"),
        ({"aud": "another application"}, "another application"),
        ({"aud": [CLIENT, "other"], "azp": "other"}, "another application"),
        ({"exp": -HOUR}, "has expired: the clocks"),
        ({"iat": HOUR}, "from the future: the clocks"),
        ({"sub": None}, "'sub' is missing"),
        ({"preferred_username": 7}, "is no text"),
    ],
    ids=str,
)
def test_a_wrong_id_token_logs_no_user_in(
    changed: dict[str, Any], said: str, provided: Any, provider: FakeProvider
) -> None:
    """An ID token of another login, issuer or application, or one that is not valid by the bridge's
    clock, is refused, and the page says why."""
    now = int(time.time())
    times = {name: now + changed[name] for name in changed.keys() & {"exp", "iat"}}
    provider.changed = changed | times
    browser = Browser(provided.root)
    page = browser.open("/login/provider")
    assert page.status_code == 403
    assert said in alerts(page)[0]
    assert not is_logged_in(browser)


def test_a_token_of_another_key_logs_no_user_in(provided: Any, provider: FakeProvider) -> None:
    """A signature by a key that the provider does not publish is refused, whatever name the token
    gives it."""
    provider.forge()
    browser = Browser(provided.root)
    page = browser.open("/login/provider")
    assert (page.status_code, "signature is not" in alerts(page)[0]) == (403, True)
    assert not is_logged_in(browser)


def test_a_new_key_of_the_provider_works(
    provided: Any, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the provider signs with a key that it did not have before, the next login works."""
    monkeypatch.setattr("dssr.identity.provider.provider._KEYS_PAUSE", 0.0)
    assert is_logged_in(logged_in(provided))
    provider.rotate()
    assert is_logged_in(logged_in(provided))


@pytest.mark.parametrize("issuer", ["https://evil.example", ""])
def test_an_answer_of_another_provider_is_refused(
    issuer: str, provided: Any, provider: FakeProvider
) -> None:
    """An answer that names another issuer, or none though this one always does, is not taken
    (mix-up of providers)."""
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    browser = Browser(provided.root)
    back = way_back(browser) + (f"&iss={issuer}" if issuer else "")
    assert browser.get(back, timeout=30).status_code == 403
    assert not is_logged_in(browser)


def test_what_the_provider_refuses_is_said(provided: Any) -> None:
    """When the provider does not log a user in, its reason is on the page, as text."""
    browser = Browser(provided.root)
    state = dict(parse_qsl(urlsplit(way_back(browser)).query))["state"]
    said = "&error=access_denied&error_description=%3Cscript%3Ehit%0A"
    page = browser.open(f"/login/callback?state={state}{said}")
    assert page.status_code == 403
    assert "(access_denied: <script>hit)" in alerts(page)[0]
    assert "<script>hit" not in page.text


def test_a_refused_login_still_leads_on(provided: Any) -> None:
    """The next attempt after one that the provider refused leads to the page that was wanted."""
    browser = Browser(provided.root)
    leaving = browser.open("/login/provider?next=/jobs%3Fstate=active", allow_redirects=False)
    state = parse_qs(urlsplit(leaving.headers["Location"]).query)["state"][0]
    page = browser.open(f"/login/callback?state={state}&error=access_denied")
    assert page.status_code == 403
    assert hidden(page, "next") == "/jobs?state=active"


def test_the_login_leads_to_no_other_site(provided: Any) -> None:
    """A place of another site, in whatever spelling, is not where the login leads to."""
    browser = Browser(provided.root)
    for text in ELSEWHERE:
        page = browser.open("/login/provider", params={"next": text}, allow_redirects=False)
        answer = requests.get(page.headers["Location"], allow_redirects=False, timeout=30)
        back = browser.get(answer.headers["Location"], allow_redirects=False, timeout=30)
        assert (back.status_code, back.headers["Location"], text) == (303, "/", text)


def test_an_address_begins_a_few_logins_at_once(provided: Any) -> None:
    """An address that begins many logins gets 429 after a few: those of others are not dropped."""
    browser = Browser(provided.root)
    statuses = [
        browser.open("/login/provider", allow_redirects=False).status_code
        for _ in range(BEGINNINGS + 20)
    ]
    assert statuses[:BEGINNINGS] == [303] * BEGINNINGS
    assert 429 in statuses


def test_a_stopped_provider_leaves_the_login_by_token(
    provided: Any, provider: FakeProvider
) -> None:
    """While the provider does not answer, the page says so and what to do, and tokens log in; once
    it answers, it is used."""
    provider.stop()
    browser = Browser(provided.root)
    page = browser.open("/login/provider?next=/jobs")
    assert page.status_code == 503
    assert "Retry-After" in page.headers
    [said] = alerts(page)
    assert said.startswith(f"The identity provider {provider.url} cannot be asked at the moment")
    assert "try again in a minute" in said
    assert hidden(page, "next") == "/jobs"
    assert browser.log_in(provided.tokens[Scope.READ]).status_code == 200
    provider.start(provider.port)


def test_a_claim_may_be_elsewhere(provided: Any, provider: FakeProvider) -> None:
    """A provider that puts the user's name into its userinfo alone is asked there; an answer about
    another user is refused."""
    provider.changed = {"preferred_username": None}
    assert "alice" in text_of(logged_in(provided).open("/account"))
    provider.in_user_info = {"sub": "another"}
    assert Browser(provided.root).open("/login/provider").status_code == 403
