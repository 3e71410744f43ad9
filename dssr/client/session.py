"""One connection to a bridge: the address, the token, time limits, and which calls are repeated.

Every call of this client is safe to repeat: those that read, cancel, hold or release, parts of a
file that name their bytes, and submissions, which carry a key.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from dssr.client import answers
from dssr.client.errors import BadRequest, BadTarget, ClientError, Unreachable
from dssr.client.sse import Event, Parser

log = logging.getLogger(__name__)
PREFIX = "/api/v1"
CONNECT = 10.0  # seconds
READ = 60.0  # seconds without a byte; a stream has a comment every 15 seconds
_FIRST, _LONGEST = 0.5, 8.0  # seconds between two attempts
_STRANGER = 5.0  # seconds for which a bridge, or a cluster, that has never answered is tried
_COME_BACK = 2.0  # seconds, after which a stream that broke is opened again
_FAILED = 500  # the lowest status of what is not the caller's fault
_TRANSIENT = frozenset({408, 429, 502, 503, 504})
_VISIBLE = re.compile("[!-~]+")
_PLAIN = {"Accept-Encoding": "identity"}  # a stream that is compressed on the way comes late
Notice = Callable[[ClientError, float], None]


class Body(NamedTuple):
    """What a request carries."""

    json: Any = None
    data: bytes | None = None


class Session:
    """Sends requests to one bridge. May be used from one thread at a time."""

    def __init__(
        self,
        base: str,
        *,
        token: str = "",
        user_token: str = "",
        patience: float = 60.0,
        notice: Notice | None = None,
        adapter: BaseAdapter | None = None,
    ) -> None:
        """``patience``: seconds for which a call is repeated. ``notice``: is called with the error
        before each repetition, and the seconds until then. ``adapter``: carries the requests, where
        the bridge is in this process. Raises ``BadTarget`` for what can be no token."""
        self.base, self.patience, self._notice = base.rstrip("/"), patience, notice
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "dssr-client"
        self._session.auth = _Credentials(token, user_token) if token or user_token else None
        self._is_own = adapter is not None
        self._is_known = False  # whether it has ever answered; one of our own: with its cluster
        if adapter is not None:
            self._session.trust_env = False
            self._session.mount(self.base, adapter)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Body = Body(),  # noqa: B008 - it cannot be changed
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
        stream: bool = False,
        repeat: bool = True,
    ) -> requests.Response:
        """A call of the API; raises the error that its response is.

        The call is repeated while there is no answer, or one that asks to come back, as long as the
        patience lasts, unless ``repeat`` is false. ``seconds``: how long the bridge may take for
        its next byte; ``READ`` without it.
        """
        request = requests.Request(
            method,
            f"{self.base}{PREFIX}{path}",
            params=_encoded(query or {}),
            json=body.json,
            data=body.data,
            headers={**_PLAIN, **(headers or {})} if stream else headers,
        )
        began, pause, was_sent = time.monotonic(), _FIRST, False
        while True:
            try:
                return self._send(request, READ if seconds is None else seconds, stream)
            except ClientError as error:
                was_sent = error.was_sent = was_sent or error.was_sent
                if not repeat:
                    raise
                self.pause(error, error.retry_after_seconds or pause, began)
            pause = min(2 * pause, _LONGEST)

    def json(self, method: str, path: str, **how: Any) -> Any:
        """The JSON that a call answers."""
        return answers.read_json(self.call(method, path, **how), self.base)

    def read(self, text: str) -> Any:
        """The JSON in an event. Raises ``Unreachable`` where it is none."""
        try:
            return json.loads(text)
        except ValueError as error:
            raise Unreachable(f"{self.base} sent an event that is no JSON.") from error

    def events(self, path: str, query: Mapping[str, Any], last_id: str = "") -> Iterator[Event]:
        """The events of a stream. It is opened again behind the last event when it breaks or ends:
        the caller says by leaving when there is enough."""
        parser = Parser(last_id)
        progress = time.monotonic()
        while True:
            headers = {"Accept": "text/event-stream"}
            if parser.last_id:
                headers["Last-Event-ID"] = parser.last_id
            response = self.call("GET", path, query=query, headers=headers, stream=True)
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise answers.not_a_bridge(response, self.base)
            failure = ClientError(f"{self.base} ended a stream of events.", transient=True)
            opened = time.monotonic()
            try:
                for event in parser.events(answers.pieces(response)):
                    yield event
                    progress = time.monotonic()
            except Unreachable as error:
                failure = error
            parser = Parser(parser.last_id)  # a block that was cut is not continued
            if time.monotonic() - opened > READ:
                progress = time.monotonic()
            self.pause(failure, _COME_BACK, progress)

    def close(self) -> None:
        """Close all connections, and the bridge that is in this process."""
        self._session.close()

    def _send(self, request: requests.Request, seconds: float, stream: bool) -> requests.Response:
        try:
            prepared = self._session.prepare_request(request)
            proxies_and_more = self._session.merge_environment_settings(
                prepared.url, {}, stream, None, None
            )
            response = self._session.send(
                prepared, timeout=(CONNECT, seconds), allow_redirects=False, **proxies_and_more
            )
        except requests.exceptions.InvalidHeader as error:
            raise BadRequest(f"No header can carry this: {error}.") from error
        except requests.RequestException as error:
            raise answers.unreachable(error, self.base) from error
        except UnicodeError as error:
            raise BadRequest(f"No header can carry this: {error}.") from error
        log.info("%s %s: %d", request.method, request.url, response.status_code)
        self._is_known |= not self._is_own or response.status_code < _FAILED
        return answers.check(response, self.base)

    def pause(self, failure: ClientError, seconds: float, since: float) -> None:
        """Wait before the next attempt; raises the failure where there is to be none. ``since``:
        when there was an answer last."""
        patience = self.patience if self._is_known else min(self.patience, _STRANGER)
        is_passing = failure.transient and (failure.status is None or failure.status in _TRANSIENT)
        if not is_passing or time.monotonic() + seconds > since + patience:
            raise failure
        if self._notice:
            self._notice(failure, seconds)
        time.sleep(seconds)


def _encoded(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same, with text as bytes: a path on the cluster need not be text."""
    return {
        name: value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        for name, value in query.items()
    }


class _Credentials(AuthBase):
    """Who calls. As ``auth`` of the session, a password in ``~/.netrc`` does not replace it."""

    def __init__(self, token: str, user_token: str) -> None:
        if not _VISIBLE.fullmatch(token + user_token):  # it is not shown
            raise BadTarget(
                "The token has blanks, or other characters that no token has: set DSSR_TOKEN, or "
                "'token' in the configuration file, to what 'dssr token new' has printed."
            )
        self._token, self._user_token = token, user_token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        if self._user_token:
            request.headers["Dssr-User-Token"] = self._user_token
        return request
