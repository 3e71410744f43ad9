"""A browser for all tests of this directory, a page of it for each, and what must hold on every
page: no script fails, nothing breaks the page's policy, and all requests stay on this machine."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser import chromium
from tests.browser.fixtures import PATIENCE
from tests.browser.hostile_site import HostileSite
from tests.browser.job_table import COUNT, Bridge
from tests.browser.pages import PageServer
from tests.browser.portal import Portal
from tests.cluster import Cluster


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
    """A profile of its own for the test. No page of it may complain of anything, or ask another
    host."""
    found = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    found.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)

    def keep(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    found.on("console", keep)
    found.on("weberror", lambda error: complaints.append(str(error.error)))
    hosts: set[str] = set()
    found.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    yield found
    found.close()
    assert complaints == []
    assert {host for host in hosts if not _is_here(host)} == set()


def _is_here(host: str) -> bool:
    """Whether a name is one of this machine; pages that have no host have an empty one."""
    return host in ("", "127.0.0.1", "localhost") or host.endswith(".localhost")


@pytest.fixture
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """A profile for attacks: its pages may complain, for that is how attacks fail."""
    found = browser.new_context(accept_downloads=True)
    found.set_default_timeout(PATIENCE)
    yield found
    found.close()


@pytest.fixture
def site() -> Iterator[HostileSite]:
    """An attacker's site at another port of the portal's host."""
    found = HostileSite()
    yield found
    found.close()


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
def bridge(pages: PageServer, page: Page) -> Bridge:
    """A bridge with ten thousand jobs, whose table is open."""
    found = Bridge(pages)
    page.goto(found.url)
    page.locator(f"[data-total='{COUNT}']").wait_for()
    page.locator("body[data-listens]").wait_for()
    return found


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


@pytest.fixture(scope="module")
def slurm_portal(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal of the cluster."""
    settings = cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"}
    found = Portal(tmp_path_factory.mktemp("portal"), settings)
    yield found
    found.service.stop()
