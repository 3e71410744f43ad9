"""The portal's page of services, on a real Slurm cluster."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.connectors.slurm.services.web import ON_SOCKET
from tests.dssr.http.web.browsing import Browser, text_of
from tests.end_to_end.interactive import Browser as Client
from tests.end_to_end.service import eventually
from tests.end_to_end.test_services_bridge import bridge

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.fixture
def browser(cluster: Cluster) -> Iterator[Browser]:
    """A browser at the portal of a bridge that asks for no credentials."""
    with tempfile.TemporaryDirectory(prefix="port.") as name:
        web = {"JARVICE_WEB": "true", "JARVICE_WEB_STATE": f"{name}/web"}
        own = {"WAITRESS_BIND_ADDRESS": "127.0.0.1"}
        with bridge(cluster, Path(name), **web, **own) as running:
            found = Browser(running.url)
            found.open("/")
            yield found


def _state(browser: Browser) -> str:
    """That of the service 'page', of those that tests have; empty: there is none."""
    shown = browser.open("/services").text.partition('id="service-page"')[2]
    return "".join(re.findall(r'data-service="([a-z-]+)"', shown)[:1])


def test_a_service_is_started_and_stopped_from_the_page(browser: Browser) -> None:
    """The form starts a service; the page has its address, which answers, and the job that is next;
    the buttons stop and remove it."""
    assert _state(browser) == ""
    asked = {"name": "page", "script": ON_SOCKET, "walltime": "10"}
    assert browser.fill_in("/services", asked).status_code == 200
    eventually(lambda: _state(browser), lambda state: state == "ready")
    page = eventually(
        lambda: browser.open("/services").text, lambda text: 'href="http://page.' in text
    )
    address = re.findall(r'href="(http://page\.[^"]+)"', page)[0]
    assert Client(address).get("/").status_code == 200
    assert "Next hand-over to job" in text_of(browser.open("/services"))
    assert browser.fill_in("/services/page/down").status_code == 200
    eventually(lambda: _state(browser), lambda state: state == "stopped")
    assert browser.fill_in("/services/page/remove", {"confirmed": "1"}).status_code == 200
    eventually(lambda: _state(browser) == "")
