"""A server of pages for the portal's own scripts: a test says what each page is, and what its
streams send. It sends the policy that the portal sends, so that what needs more fails here."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.source_tree import ROOT

STATIC = ROOT / "dssr/http/web/static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TYPES = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
Query = Mapping[str, str]


class Stream:
    """The listeners of one address. ``asked``: the query of each that has come."""

    def __init__(self) -> None:
        self.asked: list[Query] = []
        self._queues: list[Queue[bytes | None]] = []

    @property
    def listeners(self) -> int:
        """How many are connected."""
        return len(self._queues)

    def send(self, name: str, data: Any, id: str = "") -> None:
        """An event to all who listen."""
        text = f"id: {id}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
        for queue in list(self._queues):
            queue.put(text.encode())

    def cut(self) -> None:
        """End all connections."""
        for queue in list(self._queues):
            queue.put(None)

    def serve(self, query: Query, write: Callable[[bytes], object]) -> None:
        """Send to one listener until it leaves."""
        queue: Queue[bytes | None] = Queue()
        self.asked.append(query)
        self._queues.append(queue)
        try:
            write(b"retry: 100\n\n")
            while (event := _next(queue)) is not None:
                write(event)
        except OSError:  # the listener has left
            pass
        finally:
            self._queues.remove(queue)


def _next(queue: "Queue[bytes | None]") -> bytes | None:
    """What is to be sent; a comment now and then, by which a listener who has left is noticed."""
    try:
        return queue.get(timeout=0.2)
    except Empty:
        return b":\n\n"


class _Handler(BaseHTTPRequestHandler):
    served: "PageServer"

    def do_GET(self) -> None:
        """Answer with what the test has at this path."""
        found, query = urlsplit(self.path), dict(parse_qsl(urlsplit(self.path).query))
        self.served.loads.append(found.path)
        if "X-Unattended" in self.headers:
            self.served.unattended.append(found.path)
        if stream := self.served.streams.get(found.path):
            self._begin(200, "text/event-stream")
            stream.serve(query, self.wfile.write)
        elif page := self.served.pages.get(found.path):
            self._answer(200, "text/html; charset=utf-8", page.encode())
        elif answer := self.served.answers.get(found.path):
            self._answer(200, "application/json", json.dumps(answer(query)).encode())
        else:
            self._file(found.path)

    def _file(self, path: str) -> None:
        file = STATIC / path.removeprefix("/static/")
        if path.startswith("/static/") and file.is_file():
            self._answer(200, _TYPES[file.suffix], file.read_bytes())
        else:
            self._answer(404, "text/plain", b"")

    def _begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()

    def _answer(self, status: int, kind: str, data: bytes) -> None:
        self._begin(status, kind)
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


class PageServer:
    """Serves ``pages``, ``answers`` (JSON, from a query) and ``streams`` by their paths.
    ``loads``: the paths that were asked for, in order; ``unattended``: those of them that no user
    asked for, as the script says."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.answers: dict[str, Callable[[Query], Any]] = {}
        self.streams: dict[str, Stream] = {}
        self.loads: list[str] = []
        self.unattended: list[str] = []
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Of", (_Handler,), {"served": self})
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, path: str, body: str, *scripts: str, attributes: str = "") -> str:
        """Set the page; returns its address. ``scripts``: files of the portal, by name."""
        kinds = ("defer" if "vendor" in name else 'type="module"' for name in scripts)
        tags = "".join(
            f'<script src="/static/{name}" {kind}></script>'
            for name, kind in zip(scripts, kinds, strict=True)
        )
        self.pages[path] = (
            f'<!doctype html><html lang="en"><head><title>{path}</title>{tags}</head>'
            f"<body {attributes}>{body}</body></html>"
        )
        return self.url + path

    def stream(self, path: str) -> Stream:
        """A stream at this path."""
        self.streams[path] = Stream()
        return self.streams[path]

    def close(self) -> None:
        """Stop, and end all streams."""
        for stream in self.streams.values():
            stream.cut()
        self._server.shutdown()
        self._server.server_close()
