"""Who calls, and whether it may: the server key and tokens of the settings against the header ``Authorization``."""

from flask import Request

from dssr.access.credentials import Credentials
from dssr.access.scopes import Caller, Scope
from dssr.access.watched import WatchedTokens
from dssr.errors import Denied, Unidentified
from dssr.settings import Settings
from dssr.settings.validation import is_protected

ANYBODY = Caller("anybody", Scope.ADMIN)


class Doorkeeper:
    """Finds out who calls."""

    def __init__(self, settings: Settings) -> None:
        """Raises ``SettingsError`` when the file of tokens is not to be used."""
        watched = WatchedTokens(settings.tokens_file) if settings.tokens_file else None
        self._credentials = (
            Credentials(settings.server_key, watched) if is_protected(settings) else None
        )

    def caller(self, request: Request) -> Caller:
        """Who sends a request. Raises ``Unidentified`` or ``TooMany``."""
        if self._credentials is None:
            return ANYBODY
        header = request.environ.get("HTTP_AUTHORIZATION", "")
        if not header:
            raise Unidentified(self._credentials.missing)
        return self._credentials.caller(header, request.remote_addr or "")


def demand(caller: Caller, need: Scope) -> None:
    """Let a caller go on whose scope holds what the call needs. Raises ``Denied`` otherwise."""
    if caller.scope < need:
        raise Denied(
            f"This call needs the scope '{need.word}', and {caller.name!r} has '{caller.scope.word}': use another token, or "
            f"have 'dssr token new NAME --scope {need.word}' make one."
        )
