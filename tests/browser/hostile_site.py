"""A site of an attacker at another port of the portal's host, to which browsers send, and from
which they send, the same cookies."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    site: "HostileSite"

    def do_GET(self) -> None:
        """Note what came, and send the page of that path."""
        self.site.asked.append(self.path)
        page = self.site.pages.get(self.path.partition("?")[0])
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in self.site.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write((page or "").encode())

    do_POST = do_PUT = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class HostileSite:
    """Serves ``pages`` by their paths, with ``headers``. ``asked``: the paths that browsers asked
    for, in order."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        handler = type("Of", (_Handler,), {"site": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, path: str, body: str) -> str:
        """Set the page; returns its address."""
        self.pages[path] = f"<!doctype html><title>{path}</title><body>{body}</body>"
        return self.url + path

    def reached(self) -> list[str]:
        """What was asked for beside its own pages: that something got out to it."""
        own = {*self.pages, "/favicon.ico"}
        return [path for path in self.asked if path.partition("?")[0] not in own]

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
