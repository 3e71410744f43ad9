"""A bridge in this process, which a ``requests`` session calls as it calls one that is served.

So a program without a server has the same API, with the same documents and errors. Nothing listens,
and nothing is kept: what must be known of jobs is where they run.
"""

import io
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import Context, copy_context
from types import TracebackType
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.exceptions import ChunkedEncodingError
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from dssr import configuration
from dssr.assembly import assemble
from dssr.client.errors import BadTarget
from dssr.client.own_settings import settings_of
from dssr.client.target import Target
from dssr.deadline import answering
from dssr.errors import PluginError, SettingsError
from dssr.http.app import create_app
from dssr.http.live import OWN_THREAD
from dssr.seams import AsksAtTerminal

BASE = "http://127.0.0.1"
_LOGGERS = ("dssr", "connectors", "executors", "paramiko")
_Info = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class InProcess(BaseAdapter):
    """Answers requests by the application of a bridge that it makes."""

    def __init__(self, target: Target, environ: Mapping[str, str]) -> None:
        """Raises ``BadTarget`` with all that is wrong with the settings."""
        super().__init__()
        for name in _LOGGERS:  # which are silent unless the program sets up logging
            logging.getLogger(name).addHandler(logging.NullHandler())
        try:
            configured = configuration.load(settings_of(target, environ))
            self._bridge, _ = assemble(configured)
            self._app = create_app(self._bridge, configured.settings)
        except SettingsError as error:
            raise BadTarget(target.problems(error.problems)) from error
        except PluginError as error:
            raise BadTarget(error.message) from error
        self._timeout = configured.settings.answer_timeout
        # A notebook's stderr is none, though its server may have been started on a terminal.
        if isinstance(self._bridge.connector, AsksAtTerminal) and sys.stderr.isatty():
            self._bridge.connector.ask_at_terminal()

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Response:
        """Have the application answer. It keeps its own deadline, as when it is served."""
        exchange = _Exchange(request)
        with answering(time.monotonic() + self._timeout):
            context = copy_context()  # the call leaves nothing behind in the caller's
        body = context.run(self._app, exchange.environ, exchange.start)
        return exchange.response(_Body(body, context))

    def close(self) -> None:
        """Close the bridge; jobs go on."""
        self._bridge.close()


class _Exchange:
    """One request and its response, between the words of ``requests`` and those of WSGI."""

    def __init__(self, request: PreparedRequest) -> None:
        self._request = request
        self.environ = _environ(request)

    def start(
        self, status: str, headers: list[tuple[str, str]], error: _Info | None = None
    ) -> Callable[[bytes], object]:
        """See PEP 3333."""
        self._status, self._headers = status, headers
        return self._write

    def _write(self, data: bytes) -> None:
        raise NotImplementedError("Flask returns the body.")

    def response(self, body: "_Body") -> Response:
        """What ``requests`` would have read from a connection."""
        response = Response()
        code, _, response.reason = self._status.partition(" ")
        response.status_code = int(code)
        response.headers = CaseInsensitiveDict(self._headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.url, response.request = self._request.url or "", self._request
        response.raw = body
        return response


class _Body:
    """The body of a response, piece by piece as the application makes it."""

    def __init__(self, pieces: Iterable[bytes], context: Context) -> None:
        self._pieces, self._context = pieces, context
        self._left = iter(pieces)

    def stream(self, _size: int | None = None, decode_content: bool = True) -> Iterator[bytes]:
        """See ``urllib3.BaseHTTPResponse``. A fault of the application breaks it, as it breaks the
        connection of one that is served."""
        try:
            while (piece := self._context.run(next, self._left, None)) is not None:
                if piece:
                    yield piece
        except Exception as error:
            raise ChunkedEncodingError(error) from error
        finally:
            self.close()

    def close(self) -> None:
        """No more is read: the application stops."""
        if close := getattr(self._pieces, "close", None):
            self._pieces = ()
            self._context.run(close)


def _environ(request: PreparedRequest) -> dict[str, Any]:
    """See PEP 3333."""
    parts = urlsplit(request.url or "")
    body = request.body or b""
    data = body.encode() if isinstance(body, str) else body
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()
    }
    return headers | {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(data)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        OWN_THREAD: True,
    }
