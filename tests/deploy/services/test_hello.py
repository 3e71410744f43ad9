"""The examples hello and echo in jobs of the real cluster, at their addresses."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page
from websockets.sync.client import connect

from tests.cluster import Cluster
from tests.deploy.services.conftest import Document, Dssr, Up, words_of
from tests.docs.markdown import handbook
from tests.end_to_end.service import eventually

pytestmark = pytest.mark.cluster
MB = 1 << 20


@pytest.fixture(scope="module")
def hello(up: Up) -> Document:
    """The running example."""
    return up("hello")


@pytest.fixture(scope="module")
def echo(up: Up) -> Document:
    """The other running example."""
    return up("echo")


def test_it_reports_where_it_runs(hello: Document) -> None:
    """GET reports the service, its job and its node, as the command does."""
    found = requests.get(hello["url"], timeout=30).json()
    assert found["service"] == hello["name"] == "hello"
    assert (found["job"], found["node"]) == (hello["job"], hello["node"])
    assert requests.get(f"{hello['url']}nvidia-smi", timeout=30).text.startswith("This node has no")
    assert requests.get(f"{hello['url']}other", timeout=30).status_code == 404


def test_it_is_shown_as_the_handbook_says(hello: Document, dssr: Dssr, packages: list[str]) -> None:
    """What ``up`` prints is what the page on services shows, but for the numbers."""
    printed = dssr("up", *words_of("hello", packages))
    *_, first, browsers, programs = handbook("services").blocks("console")[0].text.splitlines()
    shown = "\n".join([first, browsers, programs])
    assert re.sub(r"\d+", "N", printed).strip() == re.sub(r"\d+", "N", shown)


def test_it_gets_what_is_posted(hello: Document) -> None:
    """POST reports how many bytes came, and their digest."""
    data = os.urandom(5 * MB)
    found = requests.post(hello["url"], data, timeout=60).json()
    assert found["bytes"] == len(data)
    assert found["sha256"] == hashlib.sha256(data).hexdigest()


def test_no_other_user_reaches_it(hello: Document, cluster: Cluster) -> None:
    """status has no warning: the program listens on a Unix socket alone."""
    assert hello["warnings"] == []


def test_packages_are_installed_once(hello: Document, dssr: Dssr, up: Up) -> None:
    """A copy of the same directory is the same service, and the next job uses what the first one
    has installed."""
    assert up("hello")["job"] == hello["job"]
    assert "installing" in dssr("logs", "hello", "--generation", "1")
    dssr("restart", "hello")
    now = eventually(
        lambda: dssr.document("status", "hello"), lambda found: found["job"] != hello["job"]
    )
    assert "installing" not in dssr("logs", "hello", "--generation", str(now["generation"]))


def test_websocket_messages_come_back(echo: Document) -> None:
    """The echo example sends back messages of any size."""
    address = f"{echo['url'].replace('http', 'ws')}ws"
    with connect(address, max_size=None, compression=None, open_timeout=30) as client:
        for message in ("hello", os.urandom(16 * MB)):
            client.send(message)
            assert client.recv(60) == message


def test_the_page_of_echo(echo: Document, page: Page) -> None:
    """The page's WebSocket sends back what is typed."""
    page.goto(echo["browser_url"])
    page.get_by_text("connected").wait_for()
    page.get_by_role("textbox").fill("hello there")
    page.keyboard.press("Enter")
    page.get_by_text("echo: hello there").wait_for()


def test_disconnect_ends_its_own_processes_alone(hello: Document, dssr: Dssr) -> None:
    """The address is closed without a search for processes: one that ps shows just as the ssh
    behind the address goes on."""
    front = dssr.front(hello["name"])
    words = Path(f"/proc/{front.order('status')['forwards']['pid']}/cmdline").read_bytes()
    assert words.startswith(b"ssh\0")
    shown = words.decode().strip("\0").replace("\0", " ")
    with subprocess.Popen(["bash", "-c", 'exec -a "$0" sleep 600', shown]) as decoy:
        dssr("disconnect", hello["name"])
        with pytest.raises(requests.ConnectionError):
            requests.get(hello["url"], timeout=30)
        assert decoy.poll() is None
        decoy.kill()
