"""Why a browser whose session was valid has to log in again."""

from flask import request

from dssr.http.checks.session_login import SessionLogin

_REVOKED = (
    "Your login is no longer valid: the token was revoked, replaced or has expired, or your "
    "provider has ended the login. Log in again."
)
_ENDED = (
    "Your session has ended: it ends 8 hours after its last use, 24 hours after the login, and "
    "with the logout in any tab. Log in again."
)


def why_over(logins: SessionLogin) -> str:
    """One sentence; empty where the browser has no session's cookie, or a valid one."""
    id = request.cookies.get(logins.site.cookie, "")
    if not id or logins.find(request.cookies, is_use=False):
        return ""
    return _REVOKED if logins.sessions.is_revoked(id) else _ENDED
