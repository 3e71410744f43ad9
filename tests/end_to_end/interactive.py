"""A browser at a services port, and the end of the processes behind it."""

import contextlib
import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import requests

from dssr.services.front.lock import owner_of


class Browser:
    """Opens an address: NAME.localhost is this machine, and the token becomes a cookie."""

    def __init__(self, url: str) -> None:
        found = urlsplit(url)
        self.url, self._query = url, found.query
        self.host, self.port = found.netloc, found.port
        self._session = requests.Session()

    def get(self, path: str, host: str = "") -> requests.Response:
        """The page with that path."""
        if self._query and not self._session.headers.get("Cookie"):
            entrance = self._send(f"/?{self._query}", self.host)
            cookie = entrance.headers.get("Set-Cookie", "").partition(";")[0]
            if cookie:
                self._session.headers["Cookie"] = cookie
        return self._send(path, host or self.host)

    def _send(self, path: str, host: str) -> requests.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        return self._session.get(url, headers={"Host": host}, allow_redirects=False, timeout=60)


def end_processes(folder: Path) -> None:
    """End the services ports and fronts whose files are there."""
    for lock in [*folder.glob("bridges/*/_port.held"), *folder.glob("bridges/*/*.lock")]:
        if owner := owner_of(lock):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(owner["pid"]), signal.SIGTERM)
