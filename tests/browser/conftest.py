"""A browser for all tests of this directory, a page of it for each, and what must hold on every
page: no script fails, and nothing breaks the page's policy."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser import chromium
from tests.browser.fixtures import PATIENCE
from tests.browser.pages import PageServer
from tests.browser.portal import Portal


# Not for the session: while Playwright runs, no other test of the process can run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    with chromium.running() as found:
        yield found


@pytest.fixture
def complaints() -> list[str]:
    """What pages have complained of: errors of scripts, breaches of the policy."""
    return []


@pytest.fixture
def context(browser: Browser, complaints: list[str]) -> Iterator[BrowserContext]:
    """A profile of its own for the test. No page of it may complain of anything."""
    found = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    found.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)

    def keep(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    found.on("console", keep)
    found.on("weberror", lambda error: complaints.append(str(error.error)))
    yield found
    found.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab."""
    return context.new_page()


@pytest.fixture
def pages() -> Iterator[PageServer]:
    """A server of pages for the portal's scripts."""
    server = PageServer()
    yield server
    server.close()


@pytest.fixture
def tabs(context: BrowserContext) -> Callable[[str, int], list[Page]]:
    """Opens so many tabs of an address."""

    def open_tabs(url: str, count: int) -> list[Page]:
        found = [context.new_page() for _ in range(count)]
        for tab in found:
            tab.goto(url)
        return found

    return open_tabs


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal on the embedded default, whose jobs are processes of this machine."""
    found = Portal(tmp_path_factory.mktemp("portal"))
    yield found
    found.service.stop()
