"""waitress, set up for the bridge: what it may take in, and its own errors in the words of the others."""

import ipaddress
import logging
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]
from waitress.wasyncore import close_all  # type: ignore[import-untyped]

from dssr.http import access_log
from dssr.http.app import MEGABYTE
from dssr.http.errors import too_large
from dssr.settings import Settings

THREADS = 16  # calls that may wait for the cluster at once; more wait for a thread
_FRAMING = 64 * 1024  # waitress counts what stands around the chunks of a body too; the application counts the body alone
IDLE = 60  # seconds without a byte, after which a connection is closed


class Server:
    """A server that listens. ``addresses``: where, as URLs, with the ports that were really taken."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Listen. Raises ``OSError`` when an address cannot be had, ``ValueError`` when one cannot be understood."""
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            listen=" ".join(_listen(host, settings.port) for host in settings.bind.split(",")),
            threads=THREADS,
            ident="dssr",
            channel_timeout=IDLE,
            max_request_body_size=settings.max_body * MEGABYTE + _FRAMING,
        )
        self._listening = [s for s in self._sockets.values() if isinstance(s, BaseWSGIServer)]
        for one in self._listening:
            one.channel_class = _Channel
        self.addresses = [f"http://{_bracketed(s.effective_host)}:{s.effective_port}" for s in self._listening]

    def run(self) -> None:
        """Serve until the main thread gets ``SystemExit`` or ``KeyboardInterrupt``; calls that run get 5 s to end."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # one warning a waiting call would flood the log
        try:
            self._server.run()
        finally:
            close_all(self._sockets)

    def stop(self) -> None:
        """Have ``run`` return at once, from any other thread; connections are closed as they are."""
        self._listening[0].trigger.pull_trigger(lambda: close_all(self._sockets))
        self._server.task_dispatcher.shutdown()


def _listen(host: str, port: int) -> str:
    return f"{_bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


class _Refusal(ErrorTask):  # type: ignore[misc]
    """waitress's answer to what never becomes a request: one sentence, and a line in the log."""

    def execute(self) -> None:
        error = self.request.error
        words = {
            413: too_large(self.channel.adj.max_request_body_size),
            431: "The request's headers are too large: send fewer or shorter ones.",
        }
        why = words.get(error.code) or f"This is no HTTP request that can be read: {error.body}."
        what = f"{getattr(self.request, 'command', '?')} {getattr(self.request, 'path', '?')}"  # unset when line 1 is no HTTP
        access_log.write(what, self.channel.addr[0], error.code, why)
        body = f"{why}\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "text/plain; charset=utf-8"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _Refusal
