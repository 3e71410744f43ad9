"""When a connection may be tried again: sites ban clients that knock too often. Pure but for the clock it is given."""

from collections.abc import Callable

from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError

_LOGIN_PAUSES = (60.0, 300.0, 900.0)  # a refused login: fail2ban is listening
# A network failure: every second for a minute, then every five. The minute is a little longer than sixty seconds, so that the
# end of an outage of a minute is not missed by one of those five.
_EAGER, _EAGER_FOR, _PATIENT = 1.0, 65.0, 5.0
_ENDINGS = 3  # an sshd that is killed ends a login once; one that does so each time refuses it, or is banning its client


class EndedAtLogin(ConnectFailed):
    """The connection ended before the host had said whether it lets the user in; no command has run."""


class NotTried(LoginRefused):
    """The host was not asked whether it lets the user in, for the sake of others; nobody has refused him."""


class TrustUnreadable(HostKeyRefused):
    """The host was not asked for its key, since what is trusted cannot be read."""


_NO_ATTEMPT = NotTried, TrustUnreadable  # no host has had a part in them


class Backoff:
    """Remembers failures to connect. Not locked: its owner calls it under its own lock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._error: TransportError | None = None
        self._since = self._until = 0.0
        self._refusals = self._endings = 0  # endings: logins in a row that ended without an answer

    @property
    def left(self) -> float:
        """Seconds before which another attempt would be too early."""
        return max(0.0, self._until - self._now()) if self._error is not None else 0.0

    def check(self) -> None:
        """Raise the last failure again while it is too early for another attempt."""
        if self.left > 0:
            self.tell()

    def tell(self) -> None:
        """Raise the last failure again, if there is one, with the seconds until the next attempt."""
        if self._error is not None:
            raise type(self._error)(self._error.message, max(1, round(self.left)))

    def failed(
        self, error: TransportError, began: float | None = None, spacing: float = 0.0
    ) -> TransportError:
        """Note a failed attempt, which ``began`` then (now, without it): a refusal is counted from now on, and for the
        network the beginnings of attempts are spaced, since each may have waited long. ``spacing``: at least so far.

        Returns what the failure counts as: the third ``EndedAtLogin`` in a row, and each after it, is a ``LoginRefused``.
        ``NotTried`` and ``TrustUnreadable`` count as nothing: their pauses are their own.
        """
        now = self._now()
        if self._error is None:
            self._since = now
        if isinstance(error, EndedAtLogin):
            self._endings += 1
        elif began is not None and not isinstance(
            error, _NO_ATTEMPT
        ):  # else it is no new attempt, but somebody's impatience
            self._endings = 0
        self._error = error = self._counted(error)
        refused = isinstance(error, LoginRefused | HostKeyRefused)
        self._until = (now if refused or began is None else began) + max(
            spacing, self._pause(error, refused, now)
        )
        return error

    def succeeded(self) -> None:
        """Note a connection: all is forgotten."""
        self._error, self._refusals, self._endings = None, 0, 0

    def _counted(self, error: TransportError) -> TransportError:
        is_ending = self._endings >= _ENDINGS and not isinstance(error, _NO_ATTEMPT)
        return _refusal(error, self._endings) if is_ending else error

    def _pause(self, error: TransportError, refused: bool, now: float) -> float:
        if isinstance(error, (HostKeyChanged, *_NO_ATTEMPT)):
            return error.retry_after  # whoever told it counts for all who log in there
        if refused:
            self._refusals += 1
            return _LOGIN_PAUSES[min(self._refusals, len(_LOGIN_PAUSES)) - 1]
        return _EAGER if now - self._since < _EAGER_FOR else _PATIENT


def _refusal(error: TransportError, endings: int) -> LoginRefused:
    return LoginRefused(
        f"{error.message} That makes {endings} times in a row: the host may refuse the user or the key in this way, or ban "
        "this machine; ask its administrator. The next try is made only after a pause, since hosts ban clients that go on."
    )
