"""When a connection may be tried again: sites ban clients that fail too often.

Pure but for its clock.
"""

from collections.abc import Callable

from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError

LOGIN_PAUSES = (60.0, 300.0, 900.0)  # seconds after each refused login: fail2ban counts them
# After a network failure: every second for a minute, then every five. The minute has five seconds
# more, so that the end of an outage of one minute is noticed within a second.
_EAGER, _EAGER_FOR, _PATIENT = 1.0, 65.0, 5.0
# Logins in a row that the host ended without an answer. A killed sshd ends one; a host that ends
# each refuses the user that way, or is banning this machine.
_ENDINGS = 3


class ClosedDuringLogin(ConnectFailed):
    """The connection ended before the host let the user in or refused them; no command has run."""


class LoginPostponed(LoginRefused):
    """The host was not asked to let the user in, so that it does not ban the others."""


class TrustUnreadable(HostKeyRefused):
    """The trusted host keys cannot be read, so the host was not connected to."""


_NO_ATTEMPT = LoginPostponed, TrustUnreadable  # no host took part in these


class Backoff:
    """Remembers failures to connect. Not locked: its owner calls it under its own lock."""

    def __init__(self, now: Callable[[], float]) -> None:
        """``now``: a clock, in seconds."""
        self._now = now
        self._error: TransportError | None = None
        self._since = self._until = 0.0
        self._refusals = self._endings = 0  # endings: ``ClosedDuringLogin`` in a row

    @property
    def remaining(self) -> float:
        """Seconds until the next attempt may be made."""
        return max(0.0, self._until - self._now()) if self._error is not None else 0.0

    def check(self) -> None:
        """Raise the last failure again while the next attempt may not be made."""
        if self.remaining > 0:
            self.raise_last()

    def raise_last(self) -> None:
        """Raise the last failure again, if there is one, with the seconds until the next try."""
        if self._error is not None:
            raise type(self._error)(self._error.message, max(1, round(self.remaining)))

    def failed(
        self, error: TransportError, began: float | None = None, spacing: float = 0.0
    ) -> TransportError:
        """Note a failed attempt, and return the error that it is reported as.

        ``began``: when the attempt started; without it, a caller has given up waiting for one.
        The pause after a refusal starts now; after a network failure the starts of attempts are
        spaced, since each may have waited long. ``spacing``: seconds that it is at least.

        The third ``ClosedDuringLogin`` in a row, and each after it, is a ``LoginRefused``.
        ``LoginPostponed`` and ``TrustUnreadable`` bring pauses of their own.
        """
        now = self._now()
        if self._error is None:
            self._since = now
        if isinstance(error, ClosedDuringLogin):
            self._endings += 1
        elif began is not None and not isinstance(error, _NO_ATTEMPT):
            self._endings = 0
        if self._endings >= _ENDINGS and not isinstance(error, _NO_ATTEMPT):
            error = _refusal(error, self._endings)
        self._error = error
        refused = isinstance(error, LoginRefused | HostKeyRefused)
        pause = max(spacing, self._pause(error, refused, now))
        self._until = (now if refused or began is None else began) + pause
        return error

    def succeeded(self) -> None:
        """Note a connection: all failures are forgotten."""
        self._error, self._refusals, self._endings = None, 0, 0

    def _pause(self, error: TransportError, refused: bool, now: float) -> float:
        if isinstance(error, (HostKeyChanged, *_NO_ATTEMPT)):
            return error.retry_after  # set for all logins on that host
        if refused:
            self._refusals += 1
            return LOGIN_PAUSES[min(self._refusals, len(LOGIN_PAUSES)) - 1]
        return _EAGER if now - self._since < _EAGER_FOR else _PATIENT


def _refusal(error: TransportError, endings: int) -> LoginRefused:
    return LoginRefused(
        f"{error.message} That makes {endings} times in a row: the host may refuse the user or the "
        "key in this way, or ban this machine; ask its administrator. The next try is made only "
        "after a pause, since hosts ban clients that go on."
    )
