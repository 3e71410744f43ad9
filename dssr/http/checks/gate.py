"""What every request passes before its call: who sends it, how many, from where, and with which
scope.
"""

from flask import Flask, Request, Response, request

from dssr import request_id
from dssr.access.credentials import Credentials
from dssr.access.limits import network
from dssr.access.scopes import Caller, Scope
from dssr.access.watched import WatchedTokens
from dssr.errors import Denied, Unidentified
from dssr.http.call import Catalogue
from dssr.http.checks import origin
from dssr.http.checks.deadline import Deadline
from dssr.http.checks.limits import Limits
from dssr.http.request import CurrentRequest, begin, current
from dssr.settings import Settings
from dssr.settings.validation import is_protected

UNRESTRICTED = Caller("anybody", Scope.ADMIN)  # where the settings do not restrict callers


def register(app: Flask, settings: Settings) -> None:
    """Have ``app`` check each request as its call declares.

    Raises ``SettingsError`` when the file of tokens cannot be used.
    """
    gate = _Gate(Catalogue.of(app), settings)
    app.before_request(gate.open)
    app.after_request(_name)
    app.teardown_request(gate.close)


def _name(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id.current()
    return response


class _Gate:
    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._find_call = catalogue.find
        self._credentials: Credentials | None = None
        if is_protected(settings):
            watched = WatchedTokens(settings.tokens_file) if settings.tokens_file else None
            self._credentials = Credentials(settings.server_key, watched)
        self._limits, self._deadline = Limits(settings), Deadline(settings)
        self._check_host = origin.needs_host_check(settings)

    def open(self) -> None:
        # The request itself: each use of Flask's proxy costs a microsecond.
        sent: Request = request._get_current_object()  # type: ignore[attr-defined]
        call = self._find_call(sent)
        now = begin(call)
        request_id.begin(sent.environ.get("HTTP_X_REQUEST_ID", ""))
        sent.max_content_length = call.body
        key = ""
        if call.scope:
            now.stopped = True
            key = self._check(sent, now)
            now.stopped = False
        self._deadline.check(now)
        if call.is_submission:
            self._limits.begin_submission(key)
            now.submitting = key

    def close(self, _error: BaseException | None) -> None:
        if current().submitting:
            self._limits.end_submission(current().submitting)

    def _check(self, sent: Request, now: CurrentRequest) -> str:
        """Return the caller's key for limits; raise ``Unidentified``, ``TooMany`` or ``Denied``."""
        needed, address = now.call.scope, sent.environ.get("REMOTE_ADDR", "")
        caller = UNRESTRICTED
        if self._credentials:
            header = sent.environ.get("HTTP_AUTHORIZATION", "")
            try:
                caller = self._credentials.caller(header, address)
            except Unidentified:
                self._limits.count(network(address))
                raise
        now.caller = caller
        key = f"{caller.by}/{caller.name}" if caller.by else network(address)
        self._limits.count(key)
        if self._check_host:
            origin.refuse_foreign_names(sent)
        if caller.scope < needed:
            raise Denied(
                f"This call needs the scope '{needed.word}', and {caller.name!r} has"
                f" '{caller.scope.word}': use another token, or have"
                f" 'dssr token new NAME --scope {needed.word}' make one."
            )
        if needed.changes:
            origin.refuse_foreign_pages(sent)
        return key
