"""Refused logins, as all processes of this user remember them: a script that calls one command
after the other must not have the host ban it."""

import contextlib
import json
import time
from collections.abc import Callable

from connectors.transports.backoff import LOGIN_PAUSES, LoginPostponed
from connectors.transports.openssh.directory import PrivateDirectory

END = "refused"  # of the file's name, behind the master's


class Refusals:
    """What is kept beside the control sockets. Called under the master's lock."""

    def __init__(self, directory: PrivateDirectory, now: Callable[[], float] = time.time) -> None:
        """``now``: the wall clock, which all processes share."""
        self._directory, self._now = directory, now

    def check(self, name: str) -> None:
        """Raise ``LoginPostponed``, with the seconds to wait, during the pause after a refused
        login. ``name``: of the master."""
        count, when, message = self._read(name)
        passed = self._now() - when
        left = _pause(count) - passed
        if not count or passed < 0 or left <= 0:
            return
        seconds = max(1, round(left))
        raise LoginPostponed(
            f"{message} That was {passed:.0f} s ago, and the next try is possible in {seconds} s; "
            "on a terminal, the same command tries at once.",
            seconds,
        )

    def note(self, name: str, message: str) -> None:
        """Note a refused login, in the words of its error."""
        count, when, _ = self._read(name)
        is_new = self._now() - when > 2 * _pause(count)
        known = {"count": 1 if is_new else count + 1, "when": self._now(), "message": message}
        self._directory.write(f"{name}.{END}", json.dumps(known))

    def forget(self, name: str) -> None:
        """Note a login that was not refused."""
        self._directory.remove(f"{name}.{END}")

    def _read(self, name: str) -> tuple[int, float, str]:
        """How many logins in a row were refused, when the last one was, and its error."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            with open(self._directory.path(f"{name}.{END}"), encoding="utf-8") as file:
                known = json.load(file)
            return int(known["count"]), float(known["when"]), str(known["message"])
        return 0, 0.0, ""


def _pause(count: int) -> float:
    return LOGIN_PAUSES[min(count, len(LOGIN_PAUSES)) - 1] if count else 0.0
