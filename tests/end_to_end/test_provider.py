"""The login by a real provider, at a bridge in a process of its own."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from dssr.errors import Denied, Unavailable
from dssr.identity.provider.provider import Attempt, Provider
from dssr.settings import Settings
from dssr.settings.validation import completed
from tests.dssr.http.web.browsing import Browser, alerts, text_of
from tests.end_to_end.nginx import free_port
from tests.end_to_end.service import Service, eventually
from tests.provider.real import CLIENT, SECRET, RealProvider, fill_in, log_in


@pytest.fixture(scope="module")
def root() -> str:
    """The portal's address."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def provider(root: str) -> Iterator[RealProvider]:
    """Where its users log in."""
    found = RealProvider(root)
    yield found
    found.stop()


@pytest.fixture(scope="module", autouse=True)
def service(
    root: str, provider: RealProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The bridge, whose jobs are processes of this machine."""
    place = tmp_path_factory.mktemp("bridge")
    service = Service(provider.settings() | {
        "JARVICE_BAREMETAL_CONNECTOR": "local",
        "JARVICE_STATE_DIR": str(place / "state"),
        "JARVICE_JOB_SCRATCH_DIR": str(place / "scratch"),
        "JARVICE_WEB_STATE": str(place / "web"),
        "WAITRESS_PORT": root.rpartition(":")[2],
    })  # fmt: skip
    yield service
    service.stop()


@pytest.fixture
def alice(root: str) -> Browser:
    """A browser in which a user has logged in."""
    browser = Browser(root)
    page = log_in(browser, "alice", "/login/provider?next=/account")
    assert page.url == f"{root}/account", text_of(page)
    return browser


def _is_logged_in(browser: Browser) -> bool:
    return "/login" not in browser.open("/account").url


def test_a_user_logs_in_and_submits(alice: Browser, service: Service) -> None:
    """The provider's user, whose name is in its userinfo alone, may submit; the log has no
    secret."""
    assert "Name alice Logged in by the identity provider Scope submit" in text_of(
        alice.open("/account")
    )
    assert alice.submit().startswith("/jobs/")
    assert SECRET not in "".join(service.log)


def test_the_logout_ends_the_provider_s_session(alice: Browser, root: str) -> None:
    """Before the logout the provider logs the user in again without a question; after it, it asks
    who they are."""
    assert log_in(alice, "nobody else", "/login/provider?next=/account").url == f"{root}/account"
    page = alice.fill_in("/logout")
    there = alice.get(page.headers["Refresh"].removeprefix("0; url="), timeout=60)
    back = fill_in(alice, there, logout="yes")
    assert back.url == f"{root}/login?ended=1"
    assert "Sign in" in alice.open("/login/provider").text


def test_a_code_is_good_once(root: str) -> None:
    """A code that was redeemed logs no user in, though the state is right."""
    one, other = Browser(root), Browser(root)
    codes = []
    for browser in (one, other):
        page = log_in(browser, "alice")
        back = next(answer.url for answer in page.history if "/login/callback" in answer.url)
        codes.append(dict(parse_qsl(urlsplit(back).query))["code"])
    third = Browser(root)
    page = third.open("/login/provider")
    sent = third.post(page.url, data={"user": "eve"}, allow_redirects=False, timeout=60)
    there = third.get(sent.headers["Location"], allow_redirects=False, timeout=60)
    back = re.sub(r"code=[^&]*", f"code={codes[0]}", there.headers["Location"])
    replayed = third.get(back, timeout=60)
    assert (replayed.status_code, "invalid_grant" in alerts(replayed)[0]) == (403, True)
    assert not _is_logged_in(third)


def test_a_new_key_works_and_a_stopped_provider_is_reported(
    alice: Browser, root: str, provider: RealProvider
) -> None:
    """While the provider is down, the login page says so and sessions go on; when it is back with
    another key, users log in."""
    provider.stop()
    page = eventually(lambda: _leave(Browser(root)), lambda page: page.status_code == 503)
    assert "cannot be asked" in alerts(page)[0]
    assert _is_logged_in(alice)
    provider.start()
    bob = Browser(root)
    eventually(lambda: _leave(bob), lambda page: page.status_code == 303)
    assert log_in(bob, "bob", "/login/provider?next=/account").url == f"{root}/account"


def _leave(browser: Browser) -> requests.Response:
    """The answer to someone who wants to go to the provider."""
    return browser.open("/login/provider", allow_redirects=False)


def test_a_refresh_token_keeps_a_login(root: str, provider: RealProvider) -> None:
    """The provider takes its refresh token, for its user alone; a token that it has not made is
    refused, and one that cannot be checked is not."""
    asking = Provider(
        completed(
            Settings(
                web=True,
                web_url=root,
                web_oidc_issuer=provider.url,
                web_oidc_client_id=CLIENT,
                web_oidc_client_secret=SECRET,
            )
        )
    )
    attempt = Attempt("s" * 43, "n" * 43, "v" * 43)
    browser = Browser(provider.url)
    page = browser.get(asking.address(attempt), timeout=60)
    page = browser.post(page.url, data={"user": "carol"}, allow_redirects=False, timeout=60)
    page = browser.get(page.headers["Location"], allow_redirects=False, timeout=60)
    query = dict(parse_qsl(urlsplit(page.headers["Location"]).query))
    asking.check_sender(query["iss"])
    grant = asking.redeem(query["code"], attempt)
    assert (grant.user, grant.subject) == ("carol", "carol")
    again = asking.refresh(grant.refresh_token, "carol")
    with pytest.raises(Denied, match="another user"):
        asking.refresh(again.refresh_token, "alice")
    with pytest.raises(Denied, match="invalid_grant"):
        asking.refresh("x" * 43, "carol")
    provider.stop()
    with pytest.raises(Unavailable):
        asking.refresh(again.refresh_token, "carol")
    provider.start()
