"""What every request passes before its call: who sends it, how many, from where, with which scope,
and whether enough time is left. What every response gets: its request's id, and a line in the log
where the request failed.

The time for a response begins when the request arrives. A request that waited too long for its turn
is refused, because the time that is left may be too short.
"""

import time
from collections.abc import Mapping
from functools import partial

from flask import Flask, Request, Response, request

from dssr import request_id
from dssr.access.credentials import Credentials
from dssr.access.limits import AtOnce, Rate, network
from dssr.access.provider_users import OIDC
from dssr.access.scopes import Caller, Scope
from dssr.deadline import answer_due, begin_answer, end_answer
from dssr.errors import Busy, Denied, TooMany, Unidentified
from dssr.http.call import Catalogue
from dssr.http.checks import access_log, origin
from dssr.http.checks.session_login import SessionLogin
from dssr.http.live import WAITED
from dssr.http.request import CurrentRequest, current, make_current
from dssr.settings import Settings

UNRESTRICTED = Caller("anybody", Scope.ADMIN)  # where the settings do not restrict callers
# Of the time, a request keeps this part for its own work. On a cluster that is slow enough to
# make others wait, a call with less would only time out.
_SHARE = 4
_LEAST = 1.0  # second, of which connectors leave half to the bridge


def register(
    app: Flask,
    settings: Settings,
    credentials: Credentials | None,
    logins: SessionLogin | None = None,
) -> None:
    """Have ``app`` check each request as its call declares.

    ``credentials``: the valid ones; ``None``: callers need none. ``logins``: of the portal.
    """
    gate = _Gate(Catalogue.of(app), settings, credentials, logins)
    app.before_request(gate.open)
    app.after_request(_end)
    app.teardown_request(gate.close)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id.current()
    if response.status_code >= 400:
        access_log.note_failure(response.status_code)
    return response


def longest_wait(answer_timeout: float) -> float:
    """Seconds that a request may wait for its turn. After that it is refused, which is quick."""
    return answer_timeout - min(max(answer_timeout / _SHARE, _LEAST), answer_timeout / 2)


def _too_little(caller: Caller, needed: Scope) -> str:
    who = f"the token {caller.name!r}"
    cure = f"use another token, or have 'dssr token new NAME --scope {needed.word}' make one"
    if caller.by == OIDC:
        who = repr(caller.name)
        cure = "ask the bridge's operator to name you in JARVICE_WEB_OIDC_ADMINS"
    return (
        f"This call needs the scope '{needed.word}', and {who} has the scope"
        f" '{caller.scope.word}' alone: {cure}."
    )


class _Gate:
    def __init__(
        self,
        catalogue: Catalogue,
        settings: Settings,
        credentials: Credentials | None,
        logins: SessionLogin | None,
    ) -> None:
        self._calls, self._unknown = catalogue.calls, catalogue.unknown
        self._credentials, self._logins = credentials, logins
        self._requests = Rate(
            settings.rate,
            settings.rate,
            "These are more requests a second than one caller may send (JARVICE_SCHED_RATE).",
        )
        self._submissions = AtOnce(
            settings.submissions,
            f"{settings.submissions} submissions of this caller are under way, which is the limit"
            " (JARVICE_SCHED_SUBMISSIONS): send the same again.",
        )
        self._timeout = settings.answer_timeout
        self._needed = self._timeout - longest_wait(self._timeout)
        self._check_host = origin.needs_host_check(settings)

    def open(self) -> None:
        # The request itself: each use of Flask's proxy costs a microsecond.
        sent: Request = request._get_current_object()  # type: ignore[attr-defined]
        call = self._calls.get(sent.endpoint) or self._unknown(sent)
        make_current(now := CurrentRequest(call))
        request_id.begin(sent.environ.get("HTTP_X_REQUEST_ID", ""))
        sent.max_content_length = call.body
        if call.scope:
            now.stopped = True
            now.key = self._check_caller(sent, now)
            now.stopped = False
        if not call.at_once:
            self._check_time(now)
        if call.is_submission or call.is_trial:
            self._submissions.begin(now.key)
            now.submitting = now.key

    def close(self, _error: BaseException | None) -> None:
        now = current()
        if now.due_before:
            end_answer(now.due_before)
        if now.submitting:
            self._submissions.end(now.submitting)

    def _check_caller(self, sent: Request, now: CurrentRequest) -> str:
        """Return the caller's key for limits; raise ``Unidentified``, ``TooMany`` or ``Denied``."""
        needed, address = now.call.scope, sent.environ.get("REMOTE_ADDR", "")
        try:
            caller = self._identify(sent, now, address)
        except Unidentified:
            self._requests.take(network(address))
            raise
        now.caller = caller
        key = f"{caller.by}/{caller.name}" if caller.by else network(address)
        if WAITED not in sent.environ:  # such a request was counted when it came
            self._requests.take(key)
        if self._check_host:
            origin.refuse_foreign_names(sent)
        if caller.scope < needed:
            raise Denied(_too_little(caller, needed))
        if now.session and self._logins:
            self._logins.check(sent, now.call, now.session)
        elif now.call.changes:
            origin.refuse_foreign_pages(sent)
        return key

    def _identify(self, sent: Request, now: CurrentRequest, address: str) -> Caller:
        """The caller, by their credentials or else their session. Raises ``Unidentified`` and
        ``TooMany``."""
        needed, header = now.call.scope, sent.environ.get("HTTP_AUTHORIZATION", "")
        how = now.call.api.sessions
        if self._logins and (how == "needed" or (how == "accepted" and not header)):
            now.session = self._logins.of_request(sent)
            if now.session:
                now.is_allowed = partial(self._is_logged_in, self._logins, sent.cookies, needed)
                return now.session.caller
            if how == "needed":
                raise Unidentified("You have not logged in, or your session has ended.")
        if self._credentials is None:
            return UNRESTRICTED
        now.is_allowed = partial(self._is_allowed, header, address, needed)
        return self._credentials.caller(header, address)

    def _is_logged_in(
        self, logins: SessionLogin, cookies: Mapping[str, str], needed: Scope
    ) -> bool:
        """Whether the session is still that of a caller with that scope."""
        session = logins.of_stream(cookies)
        return session is not None and session.caller.scope >= needed

    def _is_allowed(self, header: str, address: str, needed: Scope) -> bool:
        """Whether the credentials still are those of a caller with that scope."""
        assert self._credentials
        try:
            return self._credentials.caller(header, address).scope >= needed
        except (Unidentified, TooMany):
            return False

    def _check_time(self, now: CurrentRequest) -> None:
        """Raise ``Busy`` for a request that has waited too long; set when the response of a
        call with a deadline of its own is due.
        """
        due = answer_due()
        if due - time.monotonic() <= self._needed:
            raise Busy(
                "The bridge has more calls waiting than it can answer in time"
                " (JARVICE_ANSWER_TIMEOUT), and did nothing for this one: ask again, with fewer"
                " calls at once."
            )
        if now.call.deadline is not None:
            now.due_before = begin_answer(due - self._timeout + now.call.deadline)
