"""The tour of the portal as a site has it: below a path behind nginx with TLS, its users log in by
a real provider."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.portal import Portal, on_this_machine, ready
from tests.browser.touring import check, tour
from tests.end_to_end.nginx import Nginx
from tests.provider.real import RealProvider


class ProvidedPortal(Portal):
    """A portal behind nginx at ``/hpc/``, whose users log in by a provider, or by a token."""

    def __init__(self, place: Path) -> None:
        """Start all three."""
        self._proxy = Nginx(place)
        self.provider = RealProvider(self._proxy.url)
        super().__init__(place, {
            **on_this_machine(place),
            **self.provider.settings(),
            "JARVICE_SCHED_TRUSTED_PROXY": "127.0.0.1",
        })  # fmt: skip
        self._proxy.start(self.service.url)
        self.other_hosts = [self.provider.url.split("/")[2]]

    @property
    def url(self) -> str:
        """Its address behind nginx."""
        return self._proxy.url

    def log_in(self, page: Page, token: str = "") -> None:
        """Log in as a user does, at the provider if it does not know them yet."""
        if "/login" not in page.url:
            page.goto(f"{self.url}/login")
        page.click("[data-provider]")
        page.wait_for_url(lambda url: "/login" not in url)
        if page.url.startswith(self.provider.url):
            page.fill("[name=user]", "alice")
            page.keyboard.press("Enter")
            page.wait_for_url(f"{self.url}/**")
        ready(page)

    def log_out(self, page: Page) -> None:
        """Log out here and at the provider."""
        page.click("form.logout button")
        page.click("button[name=logout]")
        page.wait_for_url("**/login?ended=1")

    def stop(self) -> None:
        """Stop all three."""
        self._proxy.stop()
        self.service.stop()
        self.provider.stop()


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProvidedPortal]:
    """A portal as a site has it."""
    found = ProvidedPortal(tmp_path_factory.mktemp("provided"))
    yield found
    found.stop()


class _Trusting:
    """A browser whose profiles trust the proxy's certificate."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def new_context(self, **options: Any) -> BrowserContext:
        """See Playwright."""
        return self._browser.new_context(**options, ignore_https_errors=True)


@pytest.fixture
def browser(browser: Browser) -> _Trusting:
    """The browser, for the profiles of these tests."""
    return _Trusting(browser)


def test_the_tour_by_provider_below_a_path(page: Page, provided: ProvidedPortal) -> None:
    """The tour is the same behind nginx below a path, with a login and a logout at the provider;
    all other requests go to one host, and the output appears while it is printed."""
    tour(page, provided)


def test_a_form_comes_back_after_a_login_by_provider(
    context: BrowserContext, provided: ProvidedPortal
) -> None:
    """When the session ends while a form is filled in, it is as it was after the next login by the
    provider, and submits."""
    page, other = context.new_page(), context.new_page()
    provided.log_in(page)
    page.goto(f"{provided.url}/submit")
    page.fill("[name=name]", "kept")
    page.fill("[name=script]", "#!/bin/bash\n\necho '<&>'\n")
    other.goto(f"{provided.url}/account")
    provided.log_out(other)
    page.click("button[name=submit]")
    page.wait_for_selector("text=is kept")
    page.click("button[data-provider]")
    page.fill("[name=user]", "alice")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-job-form]")
    assert page.input_value("[name=name]") == "kept"
    assert page.input_value("[name=script]") == "#!/bin/bash\n\necho '<&>'\n"
    page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")


def test_the_login_page_says_that_the_provider_is_down(
    page: Page, provided: ProvidedPortal
) -> None:
    """While the provider is down, the login page says so and what to do, and a token logs in; a
    page of a session stays."""
    provided.provider.stop()
    page.goto(f"{provided.url}/login?next=/account")
    page.click("[data-provider]")
    page.wait_for_selector("[role=alert]:has-text('cannot be asked')")
    check(page, "login-provider-down")
    page.get_by_label("Token").fill(provided.token)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/hpc/account")
    provided.provider.start()
