"""A real OpenID Connect provider: npm's oidc-provider, at which everyone logs in by any name."""

import re
import shutil
import subprocess
from html import unescape
from urllib.parse import urljoin

import pytest
import requests

from tests.dssr.http.web.browsing import Browser
from tests.end_to_end.nginx import free_port
from tests.source_tree import ROOT

CLIENT, SECRET = "dssr-portal", "a secret of sixty characters that the provider has given to it.."
_PLACE = ROOT / ".venv/oidc-provider"


class RealProvider:
    """A provider for the portal at ``root``."""

    def __init__(self, root: str) -> None:
        """Start it. Skips the test where there is no Node.js."""
        if shutil.which("node") is None or shutil.which("npm") is None:
            pytest.skip("there is no Node.js: bash deploy/packages.sh nodejs npm")
        subprocess.run(["bash", ROOT / "tests/provider/install.sh"], check=True)
        self._root, self._port = root, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def settings(self) -> dict[str, str]:
        """What the bridge is to be set to."""
        return {
            "JARVICE_WEB": "true",
            "JARVICE_WEB_URL": self._root,
            "JARVICE_WEB_OIDC_ISSUER": self.url,
            "JARVICE_WEB_OIDC_CLIENT_ID": CLIENT,
            "JARVICE_WEB_OIDC_CLIENT_SECRET": SECRET,
        }

    def start(self) -> None:
        """Start it, also again: it has another key then, and knows of no session."""
        server = str(ROOT / "tests/provider/server.mjs")
        words = ["node", server, str(_PLACE), str(self._port), self._root, CLIENT, SECRET]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout
        assert self._process.stdout.readline() == b"listening\n"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        assert self._process.stdout
        self._process.stdout.close()


def log_in(browser: Browser, user: str, path: str = "/login/provider") -> requests.Response:
    """Log in as a user does: the page that it leads to. A user whom the provider knows by its
    session is not asked again."""
    page = browser.open(path)
    return page if "Sign in" not in page.text else fill_in(browser, page, user=user)


def fill_in(browser: Browser, page: requests.Response, **fields: str) -> requests.Response:
    """Send the form of a page of the provider."""
    action = re.search(r'<form[^>]* action="([^"]*)"', page.text)
    assert action, page.text
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    data = {name: unescape(value) for name, value in hidden} | fields
    return browser.post(urljoin(page.url, unescape(action[1])), data=data, timeout=60)
